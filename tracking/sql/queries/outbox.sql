-- name: next_outbox: what waits to be published, in the order of writing; what was published is deleted ($1 limit, $2 bytes, $3 rows that were published)
WITH published AS (
    DELETE FROM outbox WHERE id = ANY($3::bigint[])
)
SELECT id, shipment_id, version, fact_type, fact
FROM (
    SELECT o.*, sum(coalesce(octet_length(fact), 0))
        OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM (
        SELECT * FROM outbox WHERE id <> ALL($3::bigint[]) ORDER BY id LIMIT $1
    ) AS o
) AS first
WHERE coalesce(bytes_before, 0) < $2
ORDER BY id;

-- name: outbox_depth: how much waits (ten thousand and more are one), and since when
SELECT count(*) AS waiting, min(created_at) AS oldest
FROM (SELECT created_at FROM outbox ORDER BY id LIMIT 10000) AS first;

-- name: take_lead: become the one who publishes, for as long as this connection lives ($1 lock)
SELECT pg_try_advisory_lock($1);

-- name: keep_lead: the connection that holds the lock answers, and counts as idle no longer
SELECT true;
