-- name: next_outbox: what waits to be published, in the order of writing ($1 limit)
SELECT shipment_id, version, fact_type, fact, frame FROM outbox ORDER BY id LIMIT $1;

-- name: delete_outbox: these were published and confirmed ($1 shipment ids, $2 versions)
DELETE FROM outbox o
USING unnest($1::uuid[], $2::integer[]) AS done (shipment_id, version)
WHERE o.shipment_id = done.shipment_id AND o.version = done.version;

-- name: outbox_depth: how much waits, and since when
SELECT count(*) AS waiting, min(created_at) AS oldest FROM outbox;

-- name: take_lease: become or stay the holder of a lease ($1 name, $2 holder, $3 now, $4 until)
INSERT INTO lease (name, holder, until) VALUES ($1, $2, $4)
ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
WHERE lease.holder = EXCLUDED.holder OR lease.until < $3
RETURNING holder;

-- name: give_up_lease: let another one have it at once ($1 name, $2 holder)
DELETE FROM lease WHERE name = $1 AND holder = $2;
