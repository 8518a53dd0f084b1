-- name: hold_code_map: no code is mapped before this transaction ends; many may hold it at once
LOCK TABLE code_map IN ROW SHARE MODE;

-- name: change_code_map: wait for whoever holds the map, and let nobody hold it meanwhile
LOCK TABLE code_map IN EXCLUSIVE MODE;

-- name: map_code: say what a carrier's code means ($1 carrier, $2 code, $3 status, $4 reason, $5 handover, $6 retracts, $7 now)
INSERT INTO code_map (carrier, code, status, reason, handover, retracts, mapped_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (carrier, code) DO UPDATE
SET status = EXCLUDED.status, reason = EXCLUDED.reason, handover = EXCLUDED.handover,
    retracts = EXCLUDED.retracts, mapped_at = EXCLUDED.mapped_at, revision = DEFAULT;

-- name: unmap_code: take back what a carrier's code was said to mean ($1 carrier, $2 code)
DELETE FROM code_map WHERE carrier = $1 AND code = $2 RETURNING code;

-- name: list_code_map: every code that the operator mapped
SELECT carrier, code, status, reason, handover, retracts, mapped_at, revision
FROM code_map ORDER BY carrier, code;

-- name: meanings_of: what the operator says of these codes ($1 carriers, $2 codes)
SELECT carrier, code, status, reason, handover, retracts, mapped_at, revision
FROM code_map JOIN unnest($1::text[], $2::text[]) AS asked (carrier, code) USING (carrier, code);

-- name: insert_unrecognised: remember scans whose code the release does not know, where what is kept is what came now ($1 shipment ids, $2 keys, $3 received, $4 digests, $5 carriers, $6 codes, $7 scans as told, $8 revisions)
INSERT INTO unrecognised_scan (shipment_id, scan_key, digest, carrier, code, told, revision)
SELECT shipment_id, scan_key, new.digest, new.carrier, new.code, new.told::json, new.revision
FROM unnest($1::uuid[], $2::bytea[], $3::timestamptz[], $4::bytea[], $5::text[], $6::text[],
            $7::text[], $8::bigint[])
     AS new (shipment_id, scan_key, received_at, digest, carrier, code, told, revision)
JOIN scan USING (shipment_id, scan_key, received_at, digest)
ORDER BY shipment_id, scan_key
ON CONFLICT (shipment_id, scan_key) DO UPDATE
SET digest = EXCLUDED.digest, carrier = EXCLUDED.carrier, code = EXCLUDED.code,
    told = EXCLUDED.told, revision = EXCLUDED.revision
RETURNING scan_key;

-- name: note_reading: by which meaning these scans are read now ($1 shipment ids, $2 keys, $3 digests, $4 scans as told, $5 revision)
UPDATE unrecognised_scan AS u SET digest = read.digest, told = read.told::json, revision = $5
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[])
     AS read (shipment_id, scan_key, digest, told)
WHERE u.shipment_id = read.shipment_id AND u.scan_key = read.scan_key;

-- name: misread_by_code: scans of a code that are read by another meaning than this one ($1 carrier, $2 code, $3 revision, $4 only those in Klāt's own format, $5 limit)
SELECT shipment_id, scan_key, body ->> 'tracking_number' AS tracking_number
FROM unrecognised_scan AS u JOIN scan AS s USING (shipment_id, scan_key)
WHERE carrier = $1 AND code = $2 AND revision <> $3 AND (NOT $4 OR raw_digest IS NULL)
  AND coalesce(u.digest, s.digest) = s.digest
LIMIT $5;

-- name: misread_of: of these scans, as they were told, those read by another meaning ($1 shipment ids, $2 keys, $3 revision)
SELECT shipment_id, scan_key, s.digest, s.received_at, coalesce(told, body)::text AS told
FROM unnest($1::uuid[], $2::bytea[]) AS asked (shipment_id, scan_key)
JOIN unrecognised_scan AS u USING (shipment_id, scan_key)
JOIN scan AS s USING (shipment_id, scan_key)
WHERE revision <> $3 AND coalesce(u.digest, s.digest) = s.digest;

-- name: count_by_code: how many scans of this code there are that the release did not know ($1 carrier, $2 code)
SELECT count(*) FROM unrecognised_scan AS u JOIN scan AS s USING (shipment_id, scan_key)
WHERE carrier = $1 AND code = $2 AND coalesce(u.digest, s.digest) = s.digest;

-- name: parcels_by_code: of how many shipments scans of this code are, that the release did not know ($1 carrier, $2 code)
SELECT count(DISTINCT shipment_id) FROM unrecognised_scan AS u JOIN scan AS s USING (shipment_id, scan_key)
WHERE carrier = $1 AND code = $2 AND coalesce(u.digest, s.digest) = s.digest;

-- name: forget_unrecognised: these scans need no map any more ($1 shipment ids, $2 scan keys)
DELETE FROM unrecognised_scan u
USING unnest($1::uuid[], $2::bytea[]) AS done (shipment_id, scan_key)
WHERE u.shipment_id = done.shipment_id AND u.scan_key = done.scan_key;

-- name: reread_scans: scans that are read anew, where they still are what was read ($1 shipment ids, $2 scan keys, $3 digests, $4 bodies)
UPDATE scan SET body = reread.body::json
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[])
     AS reread (shipment_id, scan_key, digest, body)
WHERE scan.shipment_id = reread.shipment_id AND scan.scan_key = reread.scan_key
  AND scan.digest = reread.digest;

-- name: has_told: whether an event with an unknown code of this carrier has ever come ($1 carrier)
SELECT carrier FROM unrecognised_scan WHERE carrier = $1 ORDER BY code LIMIT 1;
