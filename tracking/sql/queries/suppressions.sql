-- name: suppressions_of: who asked for less, or cannot be reached, of these addresses ($1 address hashes)
SELECT address_hash, channel, merchant_id, reason, level
FROM suppression WHERE address_hash = ANY($1::bytea[]);

-- name: suppress: say less or nothing to these addresses from now on ($1 address hashes, $2 channels, $3 shops or zeros for all, $4 reasons, $5 levels, $6 now)
INSERT INTO suppression (address_hash, channel, merchant_id, reason, level, since)
SELECT DISTINCT ON (address_hash, channel, merchant_id, reason) s.*, $6
FROM unnest($1::bytea[], $2::text[], $3::uuid[], $4::text[], $5::text[])
     AS s (address_hash, channel, merchant_id, reason, level)
ON CONFLICT (address_hash, channel, merchant_id, reason)
DO UPDATE SET level = EXCLUDED.level, since = EXCLUDED.since
WHERE suppression.level <> EXCLUDED.level;

-- name: suppress_further: say less or nothing to this address, and never more than before ($1 address hash, $2 channel, $3 shop or zeros for all, $4 reason, $5 level, $6 now)
INSERT INTO suppression (address_hash, channel, merchant_id, reason, level, since)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (address_hash, channel, merchant_id, reason)
DO UPDATE SET level = EXCLUDED.level, since = EXCLUDED.since
WHERE suppression.level <> 'all' AND EXCLUDED.level = 'all';

-- name: lift_suppressions: write to this address again ($1 address hashes, $2 channel, $3 shop or zeros for all, $4 reasons)
DELETE FROM suppression
WHERE address_hash = ANY($1::bytea[]) AND channel = $2 AND merchant_id = $3
  AND reason = ANY($4::text[])
RETURNING reason;

-- name: lift_all_suppressions: forget all that stands against these addresses ($1 address hashes)
DELETE FROM suppression WHERE address_hash = ANY($1::bytea[]);
