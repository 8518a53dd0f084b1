-- name: insert_webhook: a new one, unless the shop has so many ($1 merchant, $2 webhook, $3 url, $4 types, $5 secret, $6 now, $7 at the most)
INSERT INTO webhook (merchant_id, webhook_id, url, types, secret, state, since, turn_at, created_at)
SELECT $1, $2, $3, $4::text[], $5, 'enabled', $6, $6, $6
WHERE (SELECT count(*) FROM webhook WHERE merchant_id = $1) < $7
RETURNING *;

-- name: webhooks_of: every webhook of a shop ($1 merchant)
SELECT * FROM webhook WHERE merchant_id = $1 ORDER BY webhook_id;

-- name: find_webhook: one webhook of a shop ($1 merchant, $2 webhook)
SELECT * FROM webhook WHERE merchant_id = $1 AND webhook_id = $2;

-- name: webhook_for_update: one webhook of a shop, held ($1 merchant, $2 webhook)
SELECT * FROM webhook WHERE merchant_id = $1 AND webhook_id = $2 FOR UPDATE;

-- name: change_webhook: replace what its shop or the operator decides; what failed before is forgotten, and it has to show anew that it is quick ($1 merchant, $2 webhook, $3 url, $4 types, $5 state, $6 reason, $7 since)
UPDATE webhook
SET url = $3, types = $4::text[], state = $5, reason = $6, since = $7,
    failures = 0, failing_since = NULL, paused_until = NULL, slowness = greatest(slowness, 1)
WHERE merchant_id = $1 AND webhook_id = $2
RETURNING *;

-- name: rotate_secret: a new secret; the one of before signs on until then ($1 merchant, $2 webhook, $3 secret, $4 until)
UPDATE webhook SET previous_secret = secret, previous_until = $4, secret = $3
WHERE merchant_id = $1 AND webhook_id = $2
RETURNING *;

-- name: delete_webhook: take one away ($1 merchant, $2 webhook)
DELETE FROM webhook WHERE merchant_id = $1 AND webhook_id = $2 RETURNING webhook_id;

-- name: all_webhooks: every webhook with its shop, for the operator
SELECT w.*, m.name AS merchant_name FROM webhook AS w JOIN merchant AS m USING (merchant_id)
ORDER BY m.name, w.webhook_id;

-- name: webhooks_within: webhooks whose id lies between these, held; two are too many ($1 first, $2 last)
SELECT * FROM webhook WHERE webhook_id BETWEEN $1 AND $2 LIMIT 2 FOR UPDATE;

-- name: count_webhooks: how many there are in each state
SELECT state, count(*) AS count FROM webhook GROUP BY state;
