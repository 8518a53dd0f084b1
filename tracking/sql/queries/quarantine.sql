-- name: keep_quarantined: keep what could not be applied, the same thing once with a count ($1 ids, $2 fingerprints, $3 sources, $4 reasons, $5 details, $6 carriers, $7 codes, $8 sealed, $9 sizes, $10 counts, $11 native, $12 tracking numbers, $13 now)
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
SET count = quarantine.count + EXCLUDED.count, last_at = EXCLUDED.last_at, resolved_at = NULL;

-- name: list_quarantine: what waits in quarantine, the latest first ($1 limit)
SELECT quarantine_id, fingerprint, source, reason, detail, carrier, code, NULL::bytea AS sealed,
       size, count, native, tracking_number, first_at, last_at
FROM quarantine WHERE resolved_at IS NULL ORDER BY last_at DESC, quarantine_id LIMIT $1;

-- name: count_quarantine: how many entries wait, by reason
SELECT reason, count(*) AS entries FROM quarantine WHERE resolved_at IS NULL GROUP BY reason;

-- name: find_quarantined: one entry with its sealed bytes ($1 quarantine id)
SELECT quarantine_id, fingerprint, source, reason, detail, carrier, code, sealed, size, count,
       native, tracking_number, first_at, last_at
FROM quarantine WHERE quarantine_id = $1;

-- name: open_quarantine: every entry that waits, with its sealed bytes, oldest first ($1 after, $2 limit)
SELECT quarantine_id, fingerprint, source, reason, detail, carrier, code, sealed, size, count,
       native, tracking_number, first_at, last_at
FROM quarantine WHERE resolved_at IS NULL AND quarantine_id > $1
ORDER BY quarantine_id LIMIT $2;

-- name: resolve_quarantined: this entry is done with, unless more of it came meanwhile ($1 quarantine id, $2 count, $3 now)
UPDATE quarantine SET resolved_at = $3 WHERE quarantine_id = $1 AND count = $2
RETURNING quarantine_id;

-- name: map_code: say what a carrier's code means ($1 carrier, $2 code, $3 status, $4 reason, $5 handover, $6 retracts, $7 now)
INSERT INTO code_map (carrier, code, status, reason, handover, retracts, mapped_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (carrier, code) DO UPDATE
SET status = EXCLUDED.status, reason = EXCLUDED.reason, handover = EXCLUDED.handover,
    retracts = EXCLUDED.retracts, mapped_at = EXCLUDED.mapped_at;

-- name: load_code_map: every code that the operator mapped
SELECT carrier, code, status, reason, handover, retracts FROM code_map;

-- name: insert_unrecognised: remember where a code that nobody mapped was seen ($1 shipment ids, $2 keys, $3 carriers, $4 codes)
INSERT INTO unrecognised_scan (shipment_id, scan_key, carrier, code)
SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[])
ON CONFLICT DO NOTHING;

-- name: unrecognised_by_code: scans of one unmapped code ($1 carrier, $2 code, $3 limit)
SELECT shipment_id, scan_key FROM unrecognised_scan
WHERE carrier = $1 AND code = $2 ORDER BY shipment_id, scan_key LIMIT $3;

-- name: forget_unrecognised: these scans are recognised now ($1 shipment ids, $2 scan keys)
DELETE FROM unrecognised_scan u
USING unnest($1::uuid[], $2::bytea[]) AS done (shipment_id, scan_key)
WHERE u.shipment_id = done.shipment_id AND u.scan_key = done.scan_key;

-- name: reread_scans: scans that are read anew ($1 shipment ids, $2 scan keys, $3 bodies)
UPDATE scan SET body = reread.body::json
FROM unnest($1::uuid[], $2::bytea[], $3::text[]) AS reread (shipment_id, scan_key, body)
WHERE scan.shipment_id = reread.shipment_id AND scan.scan_key = reread.scan_key;

-- name: insert_raw_payloads: payloads in the carrier's own format, as received ($1 digests, $2 carriers, $3 received, $4 sealed)
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

-- name: mark_replayed: this parked message was published again ($1 parked id, $2 now)
UPDATE parked_message SET replayed_at = $2 WHERE parked_id = $1;

-- name: count_parked: how many messages wait to be replayed
SELECT count(*) FROM parked_message WHERE replayed_at IS NULL;
