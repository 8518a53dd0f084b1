-- name: listening_webhooks: which webhooks of these shops are enabled, and what they want ($1 merchants)
SELECT merchant_id, webhook_id, types FROM webhook
WHERE merchant_id = ANY($1::uuid[]) AND state = 'enabled';

-- name: plan_deliveries: facts and tests that are to be posted, from now on ($1 merchants, $2 webhooks, $3 deliveries, $4 positions, $5 fact ids, $6 types, $7 now)
INSERT INTO webhook_delivery (merchant_id, webhook_id, delivery_id, position, fact_id, type, state,
                              due_at, created_at)
SELECT d.*, 'waiting', $7, $7
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[]) AS d;

-- name: settle_deliveries: how tries ended, of those that are still the sender's ($1 merchants, $2 webhooks, $3 deliveries, $4 tries, $5 states, $6 due or null, $7 outcomes, $8 statuses, $9 milliseconds)
UPDATE webhook_delivery AS d
SET state = e.state, due_at = coalesce(e.due_at, d.due_at), outcome = e.outcome,
    status = e.status, response_ms = e.response_ms
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::text[], $6::timestamptz[],
            $7::text[], $8::integer[], $9::integer[])
     AS e (merchant_id, webhook_id, delivery_id, tries, state, due_at, outcome, status, response_ms)
WHERE d.merchant_id = e.merchant_id AND d.webhook_id = e.webhook_id
  AND d.delivery_id = e.delivery_id AND d.state = 'claimed' AND d.tries = e.tries
RETURNING d.delivery_id;

-- name: lock_health: how these webhooks fare, held ($1 merchants, $2 webhooks)
SELECT w.merchant_id, w.webhook_id, w.state, w.failures, w.failing_since, w.paused_until, w.slowness
FROM unnest($1::uuid[], $2::uuid[]) AS k (merchant_id, webhook_id)
JOIN webhook AS w USING (merchant_id, webhook_id)
ORDER BY w.merchant_id, w.webhook_id
FOR UPDATE OF w;

-- name: note_health: how webhooks fare; a reason disables ($1 merchants, $2 webhooks, $3 failures, $4 failing since, $5 paused until, $6 slowness, $7 reasons, $8 now)
UPDATE webhook AS w
SET failures = h.failures, failing_since = h.failing_since, paused_until = h.paused_until,
    slowness = h.slowness,
    state = CASE WHEN h.reason IS NULL THEN w.state ELSE 'disabled' END,
    reason = coalesce(h.reason, w.reason),
    since = CASE WHEN h.reason IS NULL THEN w.since ELSE $8 END
FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::timestamptz[],
            $6::integer[], $7::text[])
     AS h (merchant_id, webhook_id, failures, failing_since, paused_until, slowness, reason)
WHERE w.merchant_id = h.merchant_id AND w.webhook_id = h.webhook_id;

-- name: due_webhooks: to which something is due and may be sent, the longest unserved first, held ($1 now, $2 in hand at the most, $3 how many quick ones, $4 how many slow ones, $5 how many of a shop, $6 shops, $7 how many of each of these instead)
WITH RECURSIVE waiting AS (
    (
        SELECT merchant_id, webhook_id, due_at FROM webhook_delivery
        WHERE state = 'waiting'
        ORDER BY merchant_id, webhook_id, due_at LIMIT 1
    )
    UNION ALL
    SELECT next.merchant_id, next.webhook_id, next.due_at
    FROM waiting AS last
    CROSS JOIN LATERAL (
        SELECT merchant_id, webhook_id, due_at FROM webhook_delivery
        WHERE state = 'waiting'
          AND (merchant_id, webhook_id) > (last.merchant_id, last.webhook_id)
        ORDER BY merchant_id, webhook_id, due_at LIMIT 1
    ) AS next
), open AS (
    SELECT w.merchant_id, w.webhook_id, allowed.most, allowed.most - held.count AS free,
           row_number() OVER (PARTITION BY w.merchant_id ORDER BY w.turn_at) AS place
    FROM waiting
    JOIN webhook AS w USING (merchant_id, webhook_id)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN w.failures = 0 THEN $2::integer ELSE 1 END AS most
    ) AS allowed
    CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM webhook_delivery AS d
        WHERE d.merchant_id = w.merchant_id AND d.webhook_id = w.webhook_id AND d.state = 'claimed'
    ) AS held
    WHERE waiting.due_at <= $1 AND held.count < allowed.most AND w.state = 'enabled'
      AND (w.paused_until IS NULL OR w.paused_until <= $1)
), near AS (
    SELECT o.merchant_id, o.webhook_id, o.most, o.free
    FROM open AS o LEFT JOIN unnest($6::uuid[], $7::integer[]) AS s (merchant_id, room)
         USING (merchant_id)
    WHERE o.place <= coalesce(s.room, $5::integer)
), quick AS (
    SELECT w.*, near.most, near.free FROM near JOIN webhook AS w USING (merchant_id, webhook_id)
    WHERE w.slowness = 0 AND w.state = 'enabled'
      AND (w.paused_until IS NULL OR w.paused_until <= $1)
    ORDER BY w.turn_at LIMIT $3
    FOR UPDATE OF w SKIP LOCKED
), slow AS (
    SELECT w.*, near.most, near.free FROM near JOIN webhook AS w USING (merchant_id, webhook_id)
    WHERE w.slowness > 0 AND w.state = 'enabled'
      AND (w.paused_until IS NULL OR w.paused_until <= $1)
    ORDER BY w.turn_at LIMIT $4
    FOR UPDATE OF w SKIP LOCKED
)
SELECT w.merchant_id, w.webhook_id, w.url, w.secret, w.previous_secret, w.previous_until, w.most,
       w.slowness > 0 AS is_slow, due.count AS due
FROM (SELECT * FROM quick UNION ALL SELECT * FROM slow) AS w
CROSS JOIN LATERAL (
    SELECT count(*) AS count
    FROM (
        SELECT FROM webhook_delivery AS d
        WHERE d.merchant_id = w.merchant_id AND d.webhook_id = w.webhook_id
          AND d.state = 'waiting' AND d.due_at <= $1
        LIMIT w.free
    ) AS first
) AS due
ORDER BY w.turn_at;

-- name: claim_deliveries: take so many of what is due to webhooks that are held ($1 merchants, $2 webhooks, $3 in hand at the most, $4 how many of each, $5 how many in all, $6 now)
WITH served AS (
    UPDATE webhook AS w SET turn_at = $6
    FROM unnest($1::uuid[], $2::uuid[]) AS k (merchant_id, webhook_id)
    WHERE w.merchant_id = k.merchant_id AND w.webhook_id = k.webhook_id
), due AS (
    SELECT k.merchant_id, k.webhook_id, d.delivery_id, d.position
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[])
         AS k (merchant_id, webhook_id, most, wanted)
    CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM webhook_delivery AS c
        WHERE c.merchant_id = k.merchant_id AND c.webhook_id = k.webhook_id AND c.state = 'claimed'
    ) AS held
    CROSS JOIN LATERAL (
        SELECT w.delivery_id, w.position FROM webhook_delivery AS w
        WHERE w.merchant_id = k.merchant_id AND w.webhook_id = k.webhook_id
          AND w.state = 'waiting' AND w.due_at <= $6
        ORDER BY w.due_at, w.position
        LIMIT greatest(least(k.wanted, k.most - held.count), 0)
    ) AS d
    LIMIT $5
)
UPDATE webhook_delivery AS w
SET state = 'claimed', tries = w.tries + 1, tried_at = $6
FROM due LEFT JOIN merchant_fact AS f USING (merchant_id, position)
WHERE w.merchant_id = due.merchant_id AND w.webhook_id = due.webhook_id
  AND w.delivery_id = due.delivery_id AND w.state = 'waiting'
RETURNING w.merchant_id, w.webhook_id, w.delivery_id, w.fact_id, w.tries, w.created_at,
          w.position, f.body;

-- name: abandoned_deliveries: left behind by a sender that died: they are due again ($1 tried before, $2 now)
UPDATE webhook_delivery SET state = 'waiting', due_at = $2, outcome = 'sender_died'
WHERE state = 'claimed' AND tried_at < $1
RETURNING webhook_id, delivery_id;

-- name: attempts_of: the latest deliveries to a webhook ($1 merchant, $2 webhook, $3 how many)
SELECT delivery_id, fact_id, type, state, tries, outcome, status, response_ms, tried_at, due_at,
       created_at
FROM webhook_delivery
WHERE merchant_id = $1 AND webhook_id = $2
ORDER BY delivery_id DESC LIMIT $3;

-- name: resend_delivery: send it from the beginning, unless it is just being sent ($1 merchant, $2 webhook, $3 delivery, $4 now)
UPDATE webhook_delivery SET state = 'waiting', due_at = $4, tries = 0
WHERE merchant_id = $1 AND webhook_id = $2 AND delivery_id = $3 AND state <> 'claimed'
RETURNING delivery_id;

-- name: hasten_deliveries: what waits longer because it failed is due now ($1 merchant, $2 webhook, $3 now)
UPDATE webhook_delivery SET due_at = $3
WHERE merchant_id = $1 AND webhook_id = $2 AND state = 'waiting' AND due_at > $3;

-- name: find_delivery: in which state one is ($1 merchant, $2 webhook, $3 delivery)
SELECT state FROM webhook_delivery
WHERE merchant_id = $1 AND webhook_id = $2 AND delivery_id = $3;

-- name: waiting_deliveries: how many wait for enabled webhooks, counted to so many for each, since when the oldest, and since when one is due that nothing holds up ($1 at the most, $2 now)
WITH RECURSIVE waiting AS (
    (
        SELECT merchant_id, webhook_id FROM webhook_delivery WHERE state = 'waiting'
        ORDER BY merchant_id, webhook_id LIMIT 1
    )
    UNION ALL
    SELECT next.merchant_id, next.webhook_id
    FROM waiting AS last
    CROSS JOIN LATERAL (
        SELECT merchant_id, webhook_id FROM webhook_delivery
        WHERE state = 'waiting'
          AND (merchant_id, webhook_id) > (last.merchant_id, last.webhook_id)
        ORDER BY merchant_id, webhook_id LIMIT 1
    ) AS next
)
SELECT coalesce(sum(d.count), 0)::bigint AS waiting, min(d.oldest) AS oldest,
       min(d.due) FILTER (
           WHERE d.due <= $2 AND w.failures = 0 AND (w.paused_until IS NULL OR w.paused_until <= $2)
       ) AS due
FROM waiting
CROSS JOIN LATERAL (
    SELECT e.merchant_id, e.webhook_id, e.failures, e.paused_until FROM webhook AS e
    WHERE e.merchant_id = waiting.merchant_id AND e.webhook_id = waiting.webhook_id
      AND e.state = 'enabled'
    LIMIT 1
) AS w
CROSS JOIN LATERAL (
    SELECT count(*) AS count, min(created_at) AS oldest, min(due_at) AS due
    FROM (
        SELECT created_at, due_at FROM webhook_delivery AS x
        WHERE x.merchant_id = w.merchant_id AND x.webhook_id = w.webhook_id AND x.state = 'waiting'
        ORDER BY x.due_at LIMIT $1
    ) AS first
) AS d;
