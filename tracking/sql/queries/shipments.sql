-- name: lock_shipments: the shipments of these ids, locked in one order ($1 shipment ids)
SELECT shipment_id, carrier, tracking_number, journey, other_journeys, version,
       state::text AS state, last_at, simple, erased_at IS NOT NULL AS is_erased
FROM shipment
WHERE shipment_id = ANY($1::uuid[])
ORDER BY shipment_id
FOR UPDATE;

-- name: registrations_of: who registered these shipments; read after their lock, or a registration that committed meanwhile would not be seen ($1 shipment ids)
SELECT shipment_id, merchant_id, order_ref, registered_at
FROM registration WHERE shipment_id = ANY($1::uuid[]);

-- name: homes_of_scans: in which of these shipments which of these scans are kept ($1 shipment ids, $2 scan keys)
SELECT shipment_id, scan_key FROM scan
WHERE shipment_id = ANY($1::uuid[]) AND scan_key = ANY($2::bytea[]);

-- name: insert_scans: keep scans, the first receipt of each ($1 shipment ids, $2 keys, $3 digests, $4 received, $5 versions, $6 bodies, $7 raw digests)
INSERT INTO scan (shipment_id, scan_key, digest, received_at, version, body, raw_digest)
SELECT shipment_id, scan_key, digest, received_at, version, body::json, raw_digest
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::timestamptz[], $5::integer[], $6::text[],
            $7::bytea[])
     AS new (shipment_id, scan_key, digest, received_at, version, body, raw_digest)
ORDER BY shipment_id, scan_key
ON CONFLICT (shipment_id, scan_key) DO UPDATE
SET received_at = EXCLUDED.received_at, digest = EXCLUDED.digest, body = EXCLUDED.body,
    raw_digest = EXCLUDED.raw_digest
WHERE (EXCLUDED.received_at, EXCLUDED.digest) < (scan.received_at, scan.digest)
RETURNING shipment_id, scan_key, (xmax = 0) AS inserted;

-- name: reused_event_ids: of these scans, which stand here with another content, and with which ($1 shipment ids, $2 keys, $3 digests)
SELECT new.place, scan.body::text AS body
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) WITH ORDINALITY
     AS new (shipment_id, scan_key, digest, place)
JOIN scan USING (shipment_id, scan_key)
WHERE scan.digest <> new.digest;

-- name: scans_of: every scan of these shipments ($1 shipment ids)
SELECT shipment_id, scan_key, received_at, version, body::text AS body
FROM scan WHERE shipment_id = ANY($1::uuid[]);

-- name: move_scans: scans that turned out to belong to another journey ($1 from, $2 to, $3 keys, $4 versions)
WITH moved AS (
    SELECT source, target, scan_key, version
    FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::integer[])
         AS moved (source, target, scan_key, version)
), unmapped AS (
    UPDATE unrecognised_scan SET shipment_id = moved.target FROM moved
    WHERE unrecognised_scan.shipment_id = moved.source
      AND unrecognised_scan.scan_key = moved.scan_key
)
UPDATE scan SET shipment_id = moved.target, version = moved.version FROM moved
WHERE scan.shipment_id = moved.source AND scan.scan_key = moved.scan_key;

-- name: write_changes: shipments that are new or changed, and what they owe to the world; wakes the relay ($1 ids, $2 new, $3 carriers, $4 numbers, $5 journeys, $6 versions, $7 statuses, $8 states, $9 last_at, $10 simple, $11 fact types, $12 facts, $13 now)
WITH change AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::integer[],
                         $6::integer[], $7::text[], $8::text[], $9::timestamptz[], $10::boolean[],
                         $11::text[], $12::text[]) WITH ORDINALITY
         AS c (shipment_id, is_new, carrier, tracking_number, journey, version, status, state,
               last_at, simple, fact_type, fact, place)
), inserted AS (
    INSERT INTO shipment (shipment_id, carrier, tracking_number, journey, version, status, state,
                          last_at, simple, created_at, changed_at)
    SELECT shipment_id, carrier, tracking_number, journey, version, status, state::json,
           last_at, simple, $13, $13
    FROM change WHERE is_new ORDER BY shipment_id
), updated AS (
    UPDATE shipment
    SET version = change.version, status = change.status, state = change.state::json,
        last_at = change.last_at, simple = change.simple, changed_at = $13
    FROM change WHERE shipment.shipment_id = change.shipment_id AND NOT change.is_new
), owed AS (
    INSERT INTO outbox (shipment_id, version, fact_type, fact, created_at)
    SELECT shipment_id, version, fact_type, fact, $13 FROM change ORDER BY place
)
SELECT pg_notify('klat_outbox', '');

-- name: note_journeys: on journey 1, that the number has other journeys ($1 shipment id, $2 journeys)
UPDATE shipment SET other_journeys = $2::integer[] WHERE shipment_id = $1;

-- name: find_shipment: one shipment as it stands ($1 shipment id)
SELECT shipment_id, carrier, tracking_number, journey, other_journeys, version,
       state::text AS state, simple, changed_at
FROM shipment WHERE shipment_id = $1;

-- name: find_shipments: shipments as they stand, the newest journey first ($1 shipment ids)
SELECT shipment_id, carrier, tracking_number, journey, other_journeys, version,
       state::text AS state, simple, changed_at
FROM shipment WHERE shipment_id = ANY($1::uuid[]) ORDER BY journey DESC;

-- name: lives: shipments as they stand, those that moved with the scans that came after a version of each, or with all where they explain each other ($1 shipment ids, $2 versions)
SELECT s.shipment_id, s.carrier, s.tracking_number, s.journey, s.version, s.state::text AS state,
       s.simple, s.changed_at, scan.scan_key, scan.received_at, scan.scan_version, scan.body
FROM unnest($1::uuid[], $2::integer[]) AS seen (shipment_id, version)
JOIN shipment s ON s.shipment_id = seen.shipment_id
LEFT JOIN LATERAL (
    SELECT array_agg(scan_key) AS scan_key, array_agg(received_at) AS received_at,
           array_agg(scan.version) AS scan_version, array_agg(body::text) AS body
    FROM scan
    WHERE scan.shipment_id = s.shipment_id
      AND s.version > seen.version  -- here, or the scans of those that stand still are read too
      AND scan.version > CASE WHEN s.simple THEN seen.version ELSE 0 END
) AS scan ON true;

-- name: shipments_by_number: every journey of every carrier under this number ($1 tracking number)
SELECT shipment_id, carrier, tracking_number, journey, other_journeys, version,
       state::text AS state, simple, changed_at
FROM shipment WHERE tracking_number = $1 ORDER BY changed_at DESC, shipment_id;
