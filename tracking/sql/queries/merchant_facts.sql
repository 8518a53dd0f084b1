-- name: lock_logs: the logs of these shops, made where they are missing, each by one writer at a time ($1 merchants)
INSERT INTO merchant_log AS l (merchant_id, position)
SELECT m, 0 FROM unnest($1::uuid[]) AS m ORDER BY m
ON CONFLICT (merchant_id) DO UPDATE SET position = l.position
RETURNING l.merchant_id, l.position;

-- name: known_facts: which of these facts are in the logs already ($1 merchants, $2 fact ids)
SELECT f.merchant_id, f.fact_id
FROM unnest($1::uuid[], $2::text[]) AS k (merchant_id, fact_id)
JOIN merchant_fact AS f USING (merchant_id, fact_id);

-- name: append_facts: put facts at the ends of their logs ($1 merchants, $2 positions, $3 fact ids, $4 types, $5 bodies, $6 now)
WITH appended AS (
    INSERT INTO merchant_fact (merchant_id, position, fact_id, type, body, appended_at)
    SELECT f.*, $6
    FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[]) AS f
)
UPDATE merchant_log AS l SET position = latest.position
FROM (
    SELECT merchant_id, max(position) AS position
    FROM unnest($1::uuid[], $2::bigint[]) AS f (merchant_id, position)
    GROUP BY merchant_id
) AS latest
WHERE l.merchant_id = latest.merchant_id;

-- name: facts_after: the end of a shop's log, and what stands behind this position ($1 merchant, $2 position, $3 at the most)
SELECT l.position AS latest, f.position, f.body
FROM merchant_log AS l
LEFT JOIN LATERAL (
    SELECT position, body FROM merchant_fact
    WHERE merchant_id = l.merchant_id AND position > $2
    ORDER BY position LIMIT $3
) AS f ON true
WHERE l.merchant_id = $1
ORDER BY f.position;

-- name: first_fact: the position of the oldest fact that is kept ($1 merchant)
SELECT position FROM merchant_fact WHERE merchant_id = $1 ORDER BY position LIMIT 1;

-- name: prune_facts: forget facts that were appended before this ($1 before, $2 limit)
WITH old AS MATERIALIZED (
    SELECT merchant_id, position FROM merchant_fact WHERE appended_at < $1
    ORDER BY appended_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM merchant_fact AS f
-- As arrays, for which the planner expects a handful: a join with the rows would read the table.
USING unnest(ARRAY(SELECT merchant_id FROM old), ARRAY(SELECT position FROM old))
    AS k (merchant_id, position)
WHERE f.merchant_id = k.merchant_id AND f.position = k.position;

-- name: prune_deliveries: forget what was planned before this, however it ended ($1 before, $2 limit)
WITH old AS MATERIALIZED (
    SELECT merchant_id, webhook_id, delivery_id FROM webhook_delivery WHERE created_at < $1
    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM webhook_delivery AS d
USING unnest(
    ARRAY(SELECT merchant_id FROM old),
    ARRAY(SELECT webhook_id FROM old),
    ARRAY(SELECT delivery_id FROM old)
) AS k (merchant_id, webhook_id, delivery_id)
WHERE d.merchant_id = k.merchant_id AND d.webhook_id = k.webhook_id
  AND d.delivery_id = k.delivery_id;
