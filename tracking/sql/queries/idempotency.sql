-- name: claim_call: begin a call, or take over one that died ($1 merchant, $2 key, $3 request hash, $4 now, $5 dead before)
INSERT INTO idempotency AS i (merchant_id, key, request_hash, created_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (merchant_id, key) DO UPDATE SET created_at = EXCLUDED.created_at
WHERE i.status IS NULL AND i.request_hash = EXCLUDED.request_hash AND i.created_at < $5
RETURNING key;

-- name: earlier_call: what became of the call with this key ($1 merchant, $2 key)
SELECT request_hash, status, body
FROM idempotency
WHERE merchant_id = $1 AND key = $2;

-- name: finish_call: keep the answer, body sealed ($1 merchant, $2 key, $3 status, $4 body)
UPDATE idempotency
SET status = $3, body = $4
WHERE merchant_id = $1 AND key = $2;

-- name: drop_call: the call came to nothing and may be made again ($1 merchant, $2 key)
DELETE FROM idempotency
WHERE merchant_id = $1 AND key = $2 AND status IS NULL;

-- name: prune_calls: forget answers that nobody will ask for again ($1 older than)
DELETE FROM idempotency
WHERE created_at < $1;
