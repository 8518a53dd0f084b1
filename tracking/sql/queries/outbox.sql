-- name: next_outbox: what waits to be published, in the order of writing ($1 limit, $2 bytes)
SELECT shipment_id, version, fact_type, fact
FROM (
    SELECT o.*, sum(coalesce(octet_length(fact), 0))
        OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM (SELECT * FROM outbox ORDER BY id LIMIT $1) AS o
) AS first
WHERE coalesce(bytes_before, 0) < $2
ORDER BY id;

-- name: delete_outbox: these were published and confirmed ($1 shipment ids, $2 versions)
DELETE FROM outbox o
USING unnest($1::uuid[], $2::integer[]) AS done (shipment_id, version)
WHERE o.shipment_id = done.shipment_id AND o.version = done.version;

-- name: outbox_depth: how much waits (ten thousand and more are one), and since when
SELECT count(*) AS waiting, min(created_at) AS oldest
FROM (SELECT created_at FROM outbox ORDER BY id LIMIT 10000) AS first;

-- name: take_lead: become the one who publishes, for as long as this connection lives ($1 lock)
SELECT pg_try_advisory_lock($1);

-- name: keep_lead: the connection that holds the lock answers, and counts as idle no longer
SELECT true;
