-- name: hold_measures: until when it was looked for what has changed; whoever looks next waits
SELECT nullif(looked_at, '-infinity') AS looked_at FROM measure_state WHERE id = 1 FOR UPDATE;

-- name: note_measures_looked: it was looked until then ($1 now)
UPDATE measure_state SET looked_at = $1 WHERE id = 1;

-- name: mark_changed_days: of which something has changed ($1 since, $2 before that all is counted, $3 zone, $4 not before this day)
-- A range with both ends is planned for few rows, OFFSET 0 has each looked up by itself.
WITH touched AS (
    SELECT shipment_id FROM notice WHERE changed_at BETWEEN $1 AND 'infinity'
    UNION
    SELECT o.shipment_id FROM merchant AS m CROSS JOIN LATERAL (
        SELECT shipment_id FROM outcome
        WHERE merchant_id = m.merchant_id AND noted_at BETWEEN $1 AND 'infinity' OFFSET 0) AS o
    UNION
    SELECT c.shipment_id FROM merchant AS m CROSS JOIN LATERAL (
        SELECT shipment_id FROM compensation_move
        WHERE merchant_id = m.merchant_id AND at BETWEEN $1 AND 'infinity'
          AND (granted <> 0 OR committed <> 0) OFFSET 0) AS c
), changed AS (
    SELECT r.merchant_id, r.registered_at AS at FROM touched AS t CROSS JOIN LATERAL (
        SELECT merchant_id, registered_at FROM registration
        WHERE shipment_id = t.shipment_id OFFSET 0) AS r
    UNION
    SELECT m.merchant_id, r.registered_at FROM merchant AS m CROSS JOIN LATERAL (
        SELECT registered_at FROM registration
        WHERE merchant_id = m.merchant_id AND registered_at BETWEEN $1 AND 'infinity'
        OFFSET 0) AS r
    UNION
    SELECT merchant_id, opened_at FROM support_case WHERE changed_at BETWEEN $1 AND 'infinity'
    UNION
    -- Whether it was solved in one contact is known by what follows it.
    SELECT f.merchant_id, f.opened_at FROM support_case AS c CROSS JOIN LATERAL (
        SELECT merchant_id, opened_at FROM support_case
        WHERE shipment_id = c.shipment_id AND case_id = c.follows OFFSET 0) AS f
    WHERE c.changed_at BETWEEN $1 AND 'infinity'
    UNION
    SELECT merchant_id, answered_at FROM survey WHERE answered_at BETWEEN $1 AND 'infinity'
)
INSERT INTO measure_due
SELECT DISTINCT merchant_id, 'day', (at AT TIME ZONE $3)::date, $2::timestamptz FROM changed
WHERE (at AT TIME ZONE $3)::date >= $4::date
ON CONFLICT (span, day, merchant_id) DO NOTHING;

-- name: mark_all_days: every day of which there is something ($1 before that all is counted, $2 zone, $3 not before this day)
INSERT INTO measure_due
SELECT DISTINCT merchant_id, 'day', day, coalesce($1::timestamptz, '-infinity') FROM (
    SELECT merchant_id, (registered_at AT TIME ZONE $2)::date FROM registration
    UNION ALL SELECT merchant_id, (opened_at AT TIME ZONE $2)::date FROM support_case
    UNION ALL SELECT merchant_id, (answered_at AT TIME ZONE $2)::date FROM survey
        WHERE answered_at IS NOT NULL
    UNION ALL SELECT merchant_id, day FROM measure WHERE span = 'day'
) AS told (merchant_id, day)
WHERE day >= $3
ON CONFLICT (span, day, merchant_id) DO NOTHING;

-- name: take_due: which to count now, the latest first; in nobody else's hands ($1 day or month, $2 at the most)
DELETE FROM measure_due WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM measure_due WHERE span = $1 ORDER BY day DESC, merchant_id DESC
    LIMIT $2 FOR UPDATE SKIP LOCKED))
RETURNING merchant_id, day, since;

-- name: mark_months: of which days are counted anew; nobody takes them before that is committed ($1 merchants, $2 days, $3 before that all is counted, of each)
INSERT INTO measure_due AS m
SELECT merchant_id, 'month', date_trunc('month', day::timestamp)::date, min(since)
FROM unnest($1::uuid[], $2::date[], $3::timestamptz[]) AS d (merchant_id, day, since)
GROUP BY 1, 3 ORDER BY 1, 3
ON CONFLICT (span, day, merchant_id) DO UPDATE SET since = least(m.since, EXCLUDED.since);

-- name: forget_measures: before these are counted anew ($1 merchants, $2 days, $3 day or month)
DELETE FROM measure AS m USING unnest($1::uuid[], $2::date[]) AS d (merchant_id, day)
WHERE m.merchant_id = d.merchant_id AND m.span = $3 AND m.day = d.day;

-- name: forget_measure_parts: the same of what has many figures ($1 merchants, $2 days, $3 day or month)
DELETE FROM measure_part AS m USING unnest($1::uuid[], $2::date[]) AS d (merchant_id, day)
WHERE m.merchant_id = d.merchant_id AND m.span = $3 AND m.day = d.day;

-- name: count_measures: how these days went ($1 merchants, $2 days, $3 zone, $4 how long a case may be followed by another)
WITH due AS (
    SELECT merchant_id, day, day::timestamp AT TIME ZONE $3 AS starts,
           (day + 1)::timestamp AT TIME ZONE $3 AS ends
    FROM unnest($1::uuid[], $2::date[]) AS d (merchant_id, day)
), parcel AS (
    SELECT d.merchant_id, d.day, s.carrier, r.shipment_id
    FROM due AS d
    CROSS JOIN LATERAL (
        SELECT shipment_id FROM registration
        WHERE merchant_id = d.merchant_id AND registered_at >= d.starts AND registered_at < d.ends
        OFFSET 0) AS r
    CROSS JOIN LATERAL (
        SELECT carrier FROM shipment WHERE shipment_id = r.shipment_id OFFSET 0) AS s
), asked AS (
    SELECT d.day, s.carrier, c.*
    FROM due AS d
    CROSS JOIN LATERAL (
        SELECT * FROM support_case
        WHERE merchant_id = d.merchant_id AND opened_at >= d.starts AND opened_at < d.ends
          AND opened_by <> 'survey' OFFSET 0) AS c
    CROSS JOIN LATERAL (
        SELECT carrier FROM shipment WHERE shipment_id = c.shipment_id OFFSET 0) AS s
), counted AS (
    SELECT merchant_id, day, carrier, 'parcels' AS name, count(*) AS n FROM parcel GROUP BY 1, 2, 3
    UNION ALL
    SELECT p.merchant_id, p.day, p.carrier, v.name, count(*)
    FROM parcel AS p
    CROSS JOIN LATERAL (SELECT * FROM outcome WHERE shipment_id = p.shipment_id OFFSET 0) AS o
    CROSS JOIN LATERAL (VALUES ('judged', true), ('on_time', o.slip = 'kept')) AS v (name, holds)
    WHERE v.holds AND o.promised_by IS NOT NULL AND o.slip IN ('kept', 'broken')
      -- What the carrier never had it has not brought late.
      AND (o.is_lost OR coalesce(o.accepted_at, o.in_transit_at, o.out_for_delivery_at,
                                 o.arrived_at) IS NOT NULL)
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT p.merchant_id, p.day, p.carrier, n.channel || v.name, count(*)
    FROM parcel AS p
    CROSS JOIN LATERAL (
        SELECT channel, state FROM notice WHERE shipment_id = p.shipment_id OFFSET 0) AS n
    CROSS JOIN LATERAL (VALUES
        ('_tried', n.state IN ('sent', 'delivered', 'failed', 'unknown')),
        ('_went', n.state IN ('sent', 'delivered')),
        ('_confirmed', n.state = 'delivered')) AS v (name, holds)
    WHERE v.holds
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT c.merchant_id, c.day, c.carrier, v.name, sum(v.n)
    FROM asked AS c
    CROSS JOIN LATERAL (VALUES
        ('cases', 1), ('contacts', c.contacts),
        ('repeats', c.contacts - (c.follows IS NULL)::integer),
        ('solved', (c.state = 'solved')::integer),
        ('solved_in_one', (c.state = 'solved' AND c.contacts <= 1 AND c.follows IS NULL
            AND NOT EXISTS (
                SELECT FROM support_case AS f
                WHERE f.shipment_id = c.shipment_id AND f.follows = c.case_id
                  AND f.opened_at < coalesce(c.solved_at, c.changed_at) + $4::interval
                OFFSET 0))::integer)
        ) AS v (name, n)
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT d.merchant_id, d.day, s.carrier, v.name, sum(v.n)
    FROM due AS d
    CROSS JOIN LATERAL (
        SELECT * FROM survey
        WHERE merchant_id = d.merchant_id AND answered_at >= d.starts AND answered_at < d.ends
        OFFSET 0) AS s
    CROSS JOIN LATERAL (VALUES
        ('recommended', (s.recommend IS NOT NULL)::integer),
        ('promoters', (s.recommend >= 9)::integer), ('detractors', (s.recommend <= 6)::integer),
        ('starred', (s.courier IS NOT NULL)::integer), ('stars', s.courier::integer),
        ('packed', (s.packaging IS NOT NULL)::integer),
        ('too_big', (s.packaging = 'too_big')::integer),
        ('damaged', (s.packaging = 'damaged')::integer)) AS v (name, n)
    GROUP BY 1, 2, 3, 4
)
INSERT INTO measure
SELECT merchant_id, 'day', day, carrier,
       coalesce(sum(n) FILTER (WHERE name = 'parcels'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'judged'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'on_time'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'sms_tried'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'sms_went'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'sms_confirmed'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'email_tried'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'email_went'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'email_confirmed'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'push_tried'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'push_went'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'push_confirmed'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'cases'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'contacts'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'repeats'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'solved'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'solved_in_one'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'recommended'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'promoters'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'detractors'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'starred'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'stars'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'packed'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'too_big'), 0),
       coalesce(sum(n) FILTER (WHERE name = 'damaged'), 0)
FROM counted GROUP BY merchant_id, day, carrier;

-- name: count_measure_parts: the same of what has many figures ($1 merchants, $2 days, $3 zone, $4 edges of the times to an answer in seconds)
WITH due AS (
    SELECT merchant_id, day, day::timestamp AT TIME ZONE $3 AS starts,
           (day + 1)::timestamp AT TIME ZONE $3 AS ends
    FROM unnest($1::uuid[], $2::date[]) AS d (merchant_id, day)
), parcel AS (
    SELECT d.merchant_id, d.day, s.carrier, r.shipment_id
    FROM due AS d
    CROSS JOIN LATERAL (
        SELECT shipment_id FROM registration
        WHERE merchant_id = d.merchant_id AND registered_at >= d.starts AND registered_at < d.ends
        OFFSET 0) AS r
    CROSS JOIN LATERAL (
        SELECT carrier FROM shipment WHERE shipment_id = r.shipment_id OFFSET 0) AS s
), asked AS (
    SELECT d.day, s.carrier, c.*
    FROM due AS d
    CROSS JOIN LATERAL (
        SELECT * FROM support_case
        WHERE merchant_id = d.merchant_id AND opened_at >= d.starts AND opened_at < d.ends
          AND opened_by <> 'survey' OFFSET 0) AS c
    CROSS JOIN LATERAL (
        SELECT carrier FROM shipment WHERE shipment_id = c.shipment_id OFFSET 0) AS s
), counted AS (
    SELECT c.merchant_id, c.day, c.carrier, v.kind, v.label, 1::bigint AS amount
    FROM asked AS c
    CROSS JOIN LATERAL (VALUES
        ('topic', c.topic),
        ('hour', ((extract(isodow FROM c.day) - 1) * 24
                  + extract(hour FROM c.opened_at AT TIME ZONE $3))::integer::text),
        ('answered_in', CASE WHEN c.opened_by = 'shopper' AND c.answered_at IS NOT NULL THEN
            greatest(width_bucket(extract(epoch FROM c.answered_at - c.opened_at)::float8,
                                  $4::float8[]) - 1, 0)::text END)) AS v (kind, label)
    WHERE v.label IS NOT NULL
    UNION ALL
    SELECT p.merchant_id, p.day, p.carrier, 'notice_cost', n.currency, n.cost
    FROM parcel AS p
    CROSS JOIN LATERAL (
        SELECT cost, currency FROM notice WHERE shipment_id = p.shipment_id OFFSET 0) AS n
    WHERE n.cost IS NOT NULL AND n.currency IS NOT NULL
    UNION ALL
    -- As tracking.domain.ledger.Entry.granted has it.
    SELECT p.merchant_id, p.day, p.carrier, 'bonus_cost', c.currency,
           CASE WHEN c.state = 'proposed' THEN 0
                WHEN c.state IN ('refused', 'failed') THEN c.used ELSE c.cents END
    FROM parcel AS p
    CROSS JOIN LATERAL (
        SELECT * FROM compensation WHERE shipment_id = p.shipment_id OFFSET 0) AS c
)
INSERT INTO measure_part
SELECT merchant_id, 'day', day, carrier, kind, label, sum(amount)
FROM counted GROUP BY merchant_id, day, carrier, kind, label HAVING sum(amount) <> 0;

-- name: count_months: the sums of their days ($1 merchants, $2 months)
INSERT INTO measure
SELECT m.merchant_id, 'month', d.day, m.carrier,
       sum(m.parcels), sum(m.judged), sum(m.on_time), sum(m.sms_tried), sum(m.sms_went),
       sum(m.sms_confirmed), sum(m.email_tried), sum(m.email_went), sum(m.email_confirmed),
       sum(m.push_tried), sum(m.push_went), sum(m.push_confirmed), sum(m.cases),
       sum(m.contacts), sum(m.repeats), sum(m.solved), sum(m.solved_in_one),
       sum(m.recommended), sum(m.promoters), sum(m.detractors), sum(m.starred), sum(m.stars),
       sum(m.packed), sum(m.too_big), sum(m.damaged)
FROM unnest($1::uuid[], $2::date[]) AS d (merchant_id, day)
CROSS JOIN LATERAL (
    SELECT * FROM measure
    WHERE merchant_id = d.merchant_id AND span = 'day' AND day >= d.day
      AND day < d.day + interval '1 month' OFFSET 0) AS m
GROUP BY m.merchant_id, d.day, m.carrier;

-- name: count_month_parts: the same of what has many figures ($1 merchants, $2 months)
INSERT INTO measure_part
SELECT m.merchant_id, 'month', d.day, m.carrier, m.kind, m.label, sum(m.amount)
FROM unnest($1::uuid[], $2::date[]) AS d (merchant_id, day)
CROSS JOIN LATERAL (
    SELECT * FROM measure_part
    WHERE merchant_id = d.merchant_id AND span = 'day' AND day >= d.day
      AND day < d.day + interval '1 month' OFFSET 0) AS m
GROUP BY m.merchant_id, d.day, m.carrier, m.kind, m.label;

-- name: sum_measures: by period, and by carrier ($1 from, $2 before, $3 from which day by month, $4 before which, $5 merchants or null for all, $6 carrier or null for all, $7 length of a period)
WITH shop AS MATERIALIZED (
    SELECT merchant_id FROM merchant WHERE $5::uuid[] IS NULL OR merchant_id = ANY($5)
), told AS (
    SELECT m.* FROM shop AS s CROSS JOIN LATERAL (
        SELECT * FROM measure
        WHERE merchant_id = s.merchant_id AND span = 'month' AND day >= $3 AND day < $4
        OFFSET 0) AS m
    UNION ALL
    SELECT m.* FROM shop AS s
    CROSS JOIN (VALUES ($1::date, $3::date), ($4::date, $2::date)) AS e (first, before)
    CROSS JOIN LATERAL (
        SELECT * FROM measure
        WHERE merchant_id = s.merchant_id AND span = 'day' AND day >= e.first AND day < e.before
        OFFSET 0) AS m
)
SELECT date_trunc($7, day::timestamp)::date AS period, carrier,
       sum(parcels)::bigint, sum(judged)::bigint, sum(on_time)::bigint, sum(sms_tried)::bigint,
       sum(sms_went)::bigint, sum(sms_confirmed)::bigint, sum(email_tried)::bigint,
       sum(email_went)::bigint, sum(email_confirmed)::bigint, sum(push_tried)::bigint,
       sum(push_went)::bigint, sum(push_confirmed)::bigint, sum(cases)::bigint,
       sum(contacts)::bigint, sum(repeats)::bigint, sum(solved)::bigint,
       sum(solved_in_one)::bigint, sum(recommended)::bigint, sum(promoters)::bigint,
       sum(detractors)::bigint, sum(starred)::bigint, sum(stars)::bigint, sum(packed)::bigint,
       sum(too_big)::bigint, sum(damaged)::bigint
FROM told WHERE $6::text IS NULL OR carrier = $6
GROUP BY GROUPING SETS ((1), (carrier));

-- name: sum_measure_parts: the same of what has many figures; of topics and hours for all periods together ($1 from, $2 before, $3 from which day by month, $4 before which, $5 merchants or null for all, $6 carrier or null for all, $7 length of a period)
WITH shop AS MATERIALIZED (
    SELECT merchant_id FROM merchant WHERE $5::uuid[] IS NULL OR merchant_id = ANY($5)
), told AS (
    SELECT m.* FROM shop AS s CROSS JOIN LATERAL (
        SELECT * FROM measure_part
        WHERE merchant_id = s.merchant_id AND span = 'month' AND day >= $3 AND day < $4
        OFFSET 0) AS m
    UNION ALL
    SELECT m.* FROM shop AS s
    CROSS JOIN (VALUES ($1::date, $3::date), ($4::date, $2::date)) AS e (first, before)
    CROSS JOIN LATERAL (
        SELECT * FROM measure_part
        WHERE merchant_id = s.merchant_id AND span = 'day' AND day >= e.first AND day < e.before
        OFFSET 0) AS m
)
SELECT CASE WHEN kind NOT IN ('topic', 'hour') THEN date_trunc($7, day::timestamp)::date END
           AS period,
       carrier, kind, label, sum(amount)::bigint AS amount
FROM told WHERE $6::text IS NULL OR carrier = $6
GROUP BY GROUPING SETS ((1, kind, label), (carrier, kind, label));

-- name: measures_as_of: until when everything is counted
SELECT nullif(least(looked_at, (SELECT min(since) FROM measure_due)), '-infinity') AS as_of
FROM measure_state WHERE id = 1;

-- name: shops_measured: their names, of all or of some ($1 merchants or null for all)
SELECT merchant_id, name FROM merchant
WHERE $1::uuid[] IS NULL OR merchant_id = ANY($1)
ORDER BY lower(name), merchant_id;
