-- name: lock_shipments: the shipments of these ids, locked in one order ($1 shipment ids)
SELECT shipment_id, carrier, tracking_number, journey, other_journeys, version,
       state::text AS state, last_at, simple
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

-- name: scans_since: scans of shipments that came after a version of each ($1 shipment ids, $2 versions)
SELECT scan.shipment_id, scan_key, received_at, scan.version, body::text AS body
FROM unnest($1::uuid[], $2::integer[]) AS seen (shipment_id, version)
JOIN scan ON scan.shipment_id = seen.shipment_id AND scan.version > seen.version;

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

-- name: insert_shipments: shipments seen for the first time ($1 ids, $2 carriers, $3 numbers, $4 journeys, $5 versions, $6 statuses, $7 states, $8 last_at, $9 simple, $10 now)
INSERT INTO shipment (shipment_id, carrier, tracking_number, journey, version, status, state,
                      last_at, simple, created_at, changed_at)
SELECT shipment_id, carrier, tracking_number, journey, version, status, state::json,
       last_at, simple, $10, $10
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::text[],
            $7::text[], $8::timestamptz[], $9::boolean[])
     AS new (shipment_id, carrier, tracking_number, journey, version, status, state,
             last_at, simple)
ORDER BY shipment_id;

-- name: update_shipments: shipments that changed ($1 ids, $2 versions, $3 statuses, $4 states, $5 last_at, $6 simple, $7 now)
UPDATE shipment
SET version = new.version, status = new.status, state = new.state::json, last_at = new.last_at,
    simple = new.simple, changed_at = $7
FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[])
     AS new (shipment_id, version, status, state, last_at, simple)
WHERE shipment.shipment_id = new.shipment_id;

-- name: note_journeys: on journey 1, that the number has other journeys ($1 shipment id, $2 journeys)
UPDATE shipment SET other_journeys = $2::integer[] WHERE shipment_id = $1;

-- name: insert_outbox: what these changes owe to the world; wakes the relay ($1 shipment ids, $2 versions, $3 fact types, $4 facts, $5 now)
WITH written AS (
    INSERT INTO outbox (shipment_id, version, fact_type, fact, created_at)
    SELECT shipment_id, version, fact_type, fact, $5
    FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[])
         AS new (shipment_id, version, fact_type, fact)
)
SELECT pg_notify('klat_outbox', '');

-- name: find_shipment: one shipment as it stands ($1 shipment id)
SELECT shipment_id, carrier, tracking_number, journey, other_journeys, version,
       state::text AS state, simple, changed_at
FROM shipment WHERE shipment_id = $1;

-- name: find_shipments: shipments as they stand, the newest journey first ($1 shipment ids)
SELECT shipment_id, carrier, tracking_number, journey, other_journeys, version,
       state::text AS state, simple, changed_at
FROM shipment WHERE shipment_id = ANY($1::uuid[]) ORDER BY journey DESC;

-- name: shipments_by_number: every journey of every carrier under this number ($1 tracking number)
SELECT shipment_id, carrier, tracking_number, journey, other_journeys, version,
       state::text AS state, simple, changed_at
FROM shipment WHERE tracking_number = $1 ORDER BY changed_at DESC, shipment_id;
