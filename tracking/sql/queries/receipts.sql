-- name: notices_for_receipts: which notices receipts speak of, locked ($1 provider, $2 the provider's ids, $3 our ids, $4 since when theirs are not used anew)
SELECT shipment_id, notice_id, channel, addressee, state, provider_id, merchant_id, address_hash,
       changed_at
FROM notice
WHERE provider = $1
  AND (provider_id = ANY($2::text[]) AND changed_at > $4 OR notice_id = ANY($3::uuid[]))
ORDER BY shipment_id, notice_id
FOR UPDATE;

-- name: note_receipts: what the provider says became of them ($1 shipments, $2 notice ids, $3 states, $4 codes, $5 the provider's ids, $6 now)
UPDATE notice AS n
SET state = r.state, reason = r.code, provider_id = coalesce(n.provider_id, r.provider_id),
    changed_at = $6, needs_another_way = n.channel = 'sms' AND r.state = 'failed'
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
     AS r (shipment_id, notice_id, state, code, provider_id)
WHERE n.shipment_id = r.shipment_id AND n.notice_id = r.notice_id;

-- name: keep_early_receipts: of messages that nobody here has sent, as far as is known ($1 provider, $2 the provider's ids, $3 states, $4 codes, $5 now)
INSERT INTO early_receipt (provider, provider_id, state, code, received_at)
SELECT $1, r.provider_id, r.state, r.code, $5
FROM unnest($2::text[], $3::text[], $4::text[]) AS r (provider_id, state, code)
ON CONFLICT DO NOTHING;

-- name: take_early_receipts: those whose notice is known by now ($1 at the most, $2 since when ids are not used anew)
DELETE FROM early_receipt WHERE (provider, provider_id, state) IN (
    SELECT e.provider, e.provider_id, e.state
    FROM early_receipt AS e
    WHERE EXISTS (
        SELECT FROM notice AS n WHERE n.provider = e.provider AND n.provider_id = e.provider_id
          AND n.changed_at > $2)
    ORDER BY e.received_at LIMIT $1
    FOR UPDATE OF e SKIP LOCKED)
RETURNING provider, provider_id, state, code;

-- name: forget_early_receipts: how many of each provider came before this, and are of nobody's message ($1 before)
WITH gone AS (DELETE FROM early_receipt WHERE received_at < $1 RETURNING provider)
SELECT provider, count(*) AS receipts FROM gone GROUP BY provider;
