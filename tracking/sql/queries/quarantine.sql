-- name: keep_quarantined: keep what could not be applied, the same thing once with a count since it was last resolved ($1 ids, $2 fingerprints, $3 sources, $4 reasons, $5 details, $6 carriers, $7 codes, $8 sealed, $9 sizes, $10 counts, $11 native, $12 tracking numbers, $13 now)
INSERT INTO quarantine (quarantine_id, fingerprint, source, reason, detail, carrier, code, sealed,
                        size, count, native, tracking_number, first_at, last_at)
SELECT quarantine_id, fingerprint, source, reason, detail, carrier, code, sealed, size, count,
       native, tracking_number, $13, $13
FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::bytea[], $9::integer[], $10::integer[], $11::boolean[], $12::text[])
     AS new (quarantine_id, fingerprint, source, reason, detail, carrier, code, sealed, size,
             count, native, tracking_number)
ORDER BY fingerprint
ON CONFLICT (fingerprint) DO UPDATE
SET count = EXCLUDED.count + CASE WHEN quarantine.resolved_at IS NULL THEN quarantine.count ELSE 0 END,
    last_at = EXCLUDED.last_at, resolved_at = NULL;

-- name: recount_quarantined: so often this has come, where it waits already ($1 fingerprint, $2 count, $3 now)
UPDATE quarantine SET count = $2, last_at = $3 WHERE fingerprint = $1 AND resolved_at IS NULL
RETURNING quarantine_id;

-- name: list_quarantine: what waits in quarantine, the latest first ($1 limit)
SELECT quarantine_id, fingerprint, source, reason, detail, carrier, code, NULL::bytea AS sealed,
       size, count, native, tracking_number, first_at, last_at
FROM quarantine WHERE resolved_at IS NULL ORDER BY last_at DESC, quarantine_id LIMIT $1;

-- name: quarantine_of_reason: what waits for this reason, the latest first ($1 reason, $2 limit)
SELECT quarantine_id, fingerprint, source, reason, detail, carrier, code, NULL::bytea AS sealed,
       size, count, native, tracking_number, first_at, last_at
FROM quarantine WHERE resolved_at IS NULL AND reason = $1
ORDER BY last_at DESC, quarantine_id LIMIT $2;

-- name: count_quarantine: how many entries wait, by reason
SELECT reason, count(*) AS entries FROM quarantine WHERE resolved_at IS NULL GROUP BY reason;

-- name: find_quarantined: entries whose ids begin alike, with their sealed bytes, two at the most ($1 first id, $2 last id)
SELECT quarantine_id, fingerprint, source, reason, detail, carrier, code, sealed, size, count,
       native, tracking_number, first_at, last_at
FROM quarantine WHERE quarantine_id BETWEEN $1 AND $2 ORDER BY quarantine_id LIMIT 2;

-- name: open_quarantine: every entry that waits, with its sealed bytes, oldest first ($1 after, $2 limit)
SELECT quarantine_id, fingerprint, source, reason, detail, carrier, code, sealed, size, count,
       native, tracking_number, first_at, last_at
FROM quarantine WHERE resolved_at IS NULL AND quarantine_id > $1
ORDER BY quarantine_id LIMIT $2;

-- name: resolve_quarantined: this entry is done with, unless more of it came meanwhile ($1 quarantine id, $2 count, $3 when it last came, $4 now)
UPDATE quarantine SET resolved_at = $4 WHERE quarantine_id = $1 AND count = $2 AND last_at = $3
RETURNING quarantine_id;

-- name: insert_raw_payloads: payloads in the carrier's own format, as received, and of which parcels they speak ($1 digests, $2 carriers, $3 received, $4 sealed; $5 parcels, $6 digests, $7 received)
WITH parcels AS (
    INSERT INTO raw_parcel (shipment_id, digest, received_at)
    SELECT * FROM unnest($5::uuid[], $6::bytea[], $7::timestamptz[])
         AS new (shipment_id, digest, received_at)
    ORDER BY shipment_id, digest
    ON CONFLICT DO NOTHING
)
INSERT INTO raw_payload (digest, carrier, received_at, sealed)
SELECT digest, carrier, received_at, sealed
FROM unnest($1::bytea[], $2::text[], $3::timestamptz[], $4::bytea[])
     AS new (digest, carrier, received_at, sealed)
ORDER BY digest
ON CONFLICT DO NOTHING;

-- name: park_message: keep a message whose handling failed again and again ($1 id, $2 queue, $3 exchange, $4 routing key, $5 headers, $6 sealed, $7 error, $8 tries, $9 now)
INSERT INTO parked_message (parked_id, queue, exchange, routing_key, headers, sealed, error, tries, parked_at)
VALUES ($1, $2, $3, $4, $5::text::json, $6, $7, $8, $9)
ON CONFLICT (parked_id) DO UPDATE
SET error = EXCLUDED.error, tries = EXCLUDED.tries, parked_at = EXCLUDED.parked_at,
    replayed_at = NULL;

-- name: list_parked: messages that wait to be replayed, oldest first ($1 limit)
SELECT parked_id, queue, exchange, routing_key, headers::text AS headers, sealed, error, tries,
       parked_at
FROM parked_message WHERE replayed_at IS NULL ORDER BY parked_at, parked_id LIMIT $1;

-- name: find_parked: messages that wait and whose ids begin alike, two at the most ($1 first id, $2 last id)
SELECT parked_id, queue, exchange, routing_key, headers::text AS headers, sealed, error, tries,
       parked_at
FROM parked_message
WHERE parked_id BETWEEN $1 AND $2 AND replayed_at IS NULL ORDER BY parked_id LIMIT 2;

-- name: mark_replayed: this parked message was published again ($1 parked id, $2 now)
UPDATE parked_message SET replayed_at = $2 WHERE parked_id = $1;

-- name: count_parked: how many messages wait to be replayed
SELECT count(*) FROM parked_message WHERE replayed_at IS NULL;
