-- name: save_push_subscription: keep a browser, or what it says now, while its link is good ($1 shipment, $2 subscription id, $3 hashes of the token, $4 language, $5 sealed, $6 now)
INSERT INTO push_subscription (shipment_id, subscription_id, token_hash, language, sealed, created_at)
SELECT $1, $2, l.token_hash, $4, $5, $6
FROM public_link AS l
WHERE l.token_hash = ANY($3::bytea[]) AND l.shipment_id = $1 AND l.revoked_at IS NULL
ON CONFLICT (shipment_id, subscription_id) DO UPDATE SET
    token_hash = EXCLUDED.token_hash,
    language = EXCLUDED.language,
    sealed = EXCLUDED.sealed,
    created_at = EXCLUDED.created_at
RETURNING subscription_id;

-- name: trim_push_subscriptions: forget all but the latest of a parcel ($1 shipment, $2 how many stay)
DELETE FROM push_subscription AS p
USING (
    SELECT subscription_id FROM push_subscription WHERE shipment_id = $1
    ORDER BY created_at DESC, subscription_id OFFSET $2
) AS old
WHERE p.shipment_id = $1 AND p.subscription_id = old.subscription_id;

-- name: push_language: what a browser is told in, null where it did not subscribe ($1 shipment, $2 subscription id)
SELECT p.language
FROM push_subscription AS p
JOIN public_link AS l ON l.token_hash = p.token_hash
WHERE p.shipment_id = $1 AND p.subscription_id = $2 AND l.revoked_at IS NULL;

-- name: push_subscriptions_of: the browsers of these parcels whose links are good, the latest first ($1 shipment ids)
SELECT p.shipment_id, p.subscription_id, p.language, p.sealed
FROM push_subscription AS p
JOIN public_link AS l ON l.token_hash = p.token_hash
WHERE p.shipment_id = ANY($1::uuid[]) AND l.revoked_at IS NULL
ORDER BY p.shipment_id, p.created_at DESC, p.subscription_id;

-- name: drop_push_subscriptions: forget browsers ($1 shipments, $2 subscription ids)
DELETE FROM push_subscription AS p
USING unnest($1::uuid[], $2::bytea[]) AS gone (shipment_id, subscription_id)
WHERE p.shipment_id = gone.shipment_id AND p.subscription_id = gone.subscription_id;

-- name: prune_push_subscriptions: forget those of parcels of which nothing was heard since ($1 before, $2 limit)
DELETE FROM push_subscription WHERE ctid = ANY(ARRAY(
    SELECT p.ctid FROM push_subscription AS p
    WHERE p.created_at < $1 AND coalesce(
        (SELECT s.changed_at FROM shipment AS s WHERE s.shipment_id = p.shipment_id), p.created_at
    ) < $1
    ORDER BY p.created_at LIMIT $2 FOR UPDATE SKIP LOCKED));
