-- name: ensure_merchant: the id of the merchant of that name, made when new ($1 id, $2 name, $3 now)
INSERT INTO merchant (merchant_id, name, created_at)
VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET name = EXCLUDED.name
RETURNING merchant_id;

-- name: insert_key: keep a new key ($1 id, $2 hash, $3 prefix, $4 role, $5 name, $6 carrier, $7 merchant, $8 now)
INSERT INTO api_key (key_id, hash, prefix, role, name, carrier, merchant_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: live_keys: who may call now
SELECT key_id, hash, role, carrier, merchant_id
FROM api_key
WHERE revoked_at IS NULL;

-- name: list_keys: every key there ever was, newest first
SELECT key_id, prefix, role, name, carrier, created_at, last_used_at, revoked_at
FROM api_key
ORDER BY created_at DESC, key_id;

-- name: keys_of: keys of a shop, or of no shop, the newest first ($1 merchant or null, $2 at the most)
SELECT key_id, prefix, role, name, carrier, created_at, last_used_at, revoked_at
FROM api_key WHERE merchant_id IS NOT DISTINCT FROM $1::uuid
ORDER BY revoked_at IS NOT NULL, created_at DESC, key_id LIMIT $2;

-- name: revoke_key_of: end a live key of a shop, or of no shop ($1 merchant or null, $2 key, $3 now)
UPDATE api_key SET revoked_at = $3
WHERE key_id = $2 AND merchant_id IS NOT DISTINCT FROM $1::uuid AND revoked_at IS NULL
RETURNING key_id;

-- name: revoke_keys: end the live keys with this id or shown prefix ($1 id or prefix, $2 now)
UPDATE api_key
SET revoked_at = $2
WHERE revoked_at IS NULL AND (key_id::text = $1 OR prefix = $1)
RETURNING key_id;

-- name: touch_keys: note when keys were last used ($1 ids, $2 instants)
UPDATE api_key
SET last_used_at = used.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS used (key_id, at)
WHERE api_key.key_id = used.key_id
  AND (api_key.last_used_at IS NULL OR api_key.last_used_at < used.at);

-- name: carrier_secrets: with what each carrier signs, sealed
SELECT carrier, sealed
FROM carrier_secret;

-- name: save_carrier_secret: keep a carrier's secret in place of the former ($1 carrier, $2 sealed, $3 now)
INSERT INTO carrier_secret (carrier, sealed, changed_at)
VALUES ($1, $2, $3)
ON CONFLICT (carrier) DO UPDATE SET sealed = EXCLUDED.sealed, changed_at = EXCLUDED.changed_at;
