-- name: take_quotas: add to meters, which stay locked, and how much each has ($1 merchants, $2 kinds, $3 names, $4 begins, $5 amounts)
INSERT INTO sms_quota AS q (merchant_id, kind, name, begins, used)
SELECT t.merchant_id, t.kind, t.name, t.begins, t.amount
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[])
     AS t (merchant_id, kind, name, begins, amount)
ON CONFLICT (merchant_id, kind, name, begins) DO UPDATE SET used = q.used + EXCLUDED.used
RETURNING merchant_id, kind, name, begins, used;

-- name: return_quotas: give back what was taken and not used ($1 merchants, $2 kinds, $3 names, $4 begins, $5 amounts)
WITH held AS MATERIALIZED (
    SELECT q.merchant_id, q.kind, q.name, q.begins, t.amount
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[])
         AS t (merchant_id, kind, name, begins, amount)
    JOIN sms_quota AS q USING (merchant_id, kind, name, begins)
    ORDER BY q.merchant_id, q.kind COLLATE "C", q.name COLLATE "C", q.begins
    FOR NO KEY UPDATE OF q
)
UPDATE sms_quota AS q SET used = q.used - held.amount
FROM held
WHERE (q.merchant_id, q.kind, q.name, q.begins)
    = (held.merchant_id, held.kind, held.name, held.begins);

-- name: mark_quotas: which of these limits nobody has told of yet ($1 merchants, $2 kinds, $3 names, $4 begins, $5 limits, $6 whether each is reached)
UPDATE sms_quota AS q
SET near = greatest(q.near, t.line), reached = CASE WHEN t.is_reached THEN t.line ELSE q.reached END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::boolean[])
     AS t (merchant_id, kind, name, begins, line, is_reached)
WHERE (q.merchant_id, q.kind, q.name, q.begins) = (t.merchant_id, t.kind, t.name, t.begins)
  AND CASE WHEN t.is_reached THEN q.reached IS NULL OR q.reached < t.line
           ELSE q.near IS NULL OR q.near < t.line END
RETURNING q.merchant_id, q.kind, q.name, q.begins, t.line, t.is_reached;

-- name: spend_alerts: how many are near their cap of a day, how many have reached it ($1 the day's beginning)
SELECT merchant_id = '00000000-0000-0000-0000-000000000000' AS is_operators,
       count(*) FILTER (WHERE reached IS NULL OR used > reached) AS near,
       count(*) FILTER (WHERE used <= reached) AS reached
FROM sms_quota
WHERE begins = $1 AND kind = 'spend' AND near IS NOT NULL
GROUP BY 1;
