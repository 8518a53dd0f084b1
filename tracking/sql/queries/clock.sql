-- name: due_shipments: those with a deadline that has passed, the longest overdue first, locked; what another clock has in hand is left to it ($1 now, $2 at the most)
SELECT s.shipment_id
FROM deadline AS d JOIN shipment AS s USING (shipment_id)
WHERE d.due_at <= $1
ORDER BY d.due_at
LIMIT $2
FOR UPDATE OF s SKIP LOCKED;

-- name: next_deadline: when the next one is due
SELECT due_at FROM deadline ORDER BY due_at LIMIT 1;

-- name: hold_shipments: nobody else looks at these or changes them meanwhile ($1 shipment ids)
SELECT count(*) FROM (
    SELECT FROM shipment WHERE shipment_id = ANY($1::uuid[]) ORDER BY shipment_id FOR UPDATE
) AS held;

-- name: watched: parcels as they stand, what was promised and told of them; read after their lock ($1 shipment ids)
SELECT s.shipment_id, s.carrier, s.tracking_number, s.version, s.state::text AS state, s.created_at,
       r.merchant_id, r.order_ref, r.country, r.region, r.service, r.registered_at,
       st.slip, coalesce(st.tiers, 0) AS tiers, st.silent_since, st.pickup_until, st.place,
       coalesce(st.statutory, 0) AS statutory, p.at, p.mover, p.starts, p.by, d.review_at, e.starts AS eta_starts, e.ends AS eta_ends,
       e.p50 AS eta_p50, e.p90 AS eta_p90, e.samples AS eta_samples,
       EXISTS (SELECT FROM outcome AS o WHERE o.shipment_id = s.shipment_id) AS has_outcome
FROM shipment AS s
LEFT JOIN registration AS r USING (shipment_id)
LEFT JOIN standing AS st USING (shipment_id)
LEFT JOIN eta AS e USING (shipment_id)
LEFT JOIN LATERAL (
    SELECT array_agg(at) AS at, array_agg(mover) AS mover, array_agg(starts) AS starts,
           array_agg(by) AS by
    FROM promise WHERE promise.shipment_id = s.shipment_id
) AS p ON true
LEFT JOIN LATERAL (
    SELECT due_at AS review_at FROM deadline
    WHERE deadline.shipment_id = s.shipment_id AND kind = 'review'
) AS d ON true
WHERE s.shipment_id = ANY($1::uuid[]);

-- name: keep_standing: what was published of parcels ($1 shipment ids, $2 slips, $3 tiers, $4 silent since, $5 pickup until, $6 stages of the law, $7 where they wait)
INSERT INTO standing AS known (shipment_id, slip, tiers, silent_since, pickup_until, statutory,
                               place)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[],
                     $6::integer[], $7::text[])
ON CONFLICT (shipment_id) DO UPDATE
SET slip = EXCLUDED.slip, tiers = EXCLUDED.tiers, silent_since = EXCLUDED.silent_since,
    pickup_until = EXCLUDED.pickup_until, statutory = EXCLUDED.statutory, place = EXCLUDED.place;

-- name: keep_deadlines: of these parcels just these, moved where they were ($1 shipment ids, $2 of each deadline the shipment, $3 the kind, $4 when it is due, $5 parcels that were reviewed, $6 as it was asked for then)
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($2::uuid[], $3::text[], $4::timestamptz[]) AS w (shipment_id, kind, due_at)
), gone AS (
    DELETE FROM deadline AS d
    WHERE d.shipment_id = ANY($1::uuid[])
      AND NOT EXISTS (SELECT FROM wanted AS w
                      WHERE w.shipment_id = d.shipment_id AND w.kind = d.kind)
      -- Who loads a policy asks for reviews without holding parcels: what was asked since is kept.
      AND (d.kind <> 'review' OR EXISTS (
          SELECT FROM unnest($5::uuid[], $6::timestamptz[]) AS r (shipment_id, due_at)
          WHERE r.shipment_id = d.shipment_id AND r.due_at = d.due_at))
)
INSERT INTO deadline AS known (shipment_id, kind, due_at)
SELECT shipment_id, kind, due_at FROM wanted
ON CONFLICT (shipment_id, kind) DO UPDATE SET due_at = EXCLUDED.due_at
WHERE known.due_at <> EXCLUDED.due_at;

-- name: write_news: facts that time has brought, each a version of its parcel; wakes the relay ($1 shipment ids, $2 versions, $3 fact types, $4 facts, $5 now)
WITH news AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[]) WITH ORDINALITY
         AS n (shipment_id, version, fact_type, fact, place)
), moved AS (
    UPDATE shipment SET version = latest.version, changed_at = $5
    FROM (SELECT shipment_id, max(version) AS version FROM news GROUP BY shipment_id) AS latest
    WHERE shipment.shipment_id = latest.shipment_id
), owed AS (
    INSERT INTO outbox (shipment_id, version, fact_type, fact, created_at)
    SELECT shipment_id, version, fact_type, fact, $5 FROM news ORDER BY place
)
SELECT pg_notify('klat_outbox', '');

-- name: deadlines_waiting: how many are overdue (ten thousand and more are one), and since when ($1 now)
SELECT count(*) AS waiting, min(due_at) AS oldest
FROM (SELECT due_at FROM deadline WHERE due_at <= $1 ORDER BY due_at LIMIT 10000) AS first;

-- name: review_shipments: parcels of a shop registered or promised since then are looked at anew, and it is told; wakes the clocks ($1 merchant, $2 since, $3 now)
WITH asked AS (
    INSERT INTO deadline (shipment_id, kind, due_at)
    SELECT shipment_id, 'review', $3 FROM registration AS r
    WHERE merchant_id = $1 AND (registered_at >= $2 OR EXISTS (
        SELECT FROM promise AS p WHERE p.shipment_id = r.shipment_id AND p.at >= $2))
    ORDER BY shipment_id
    ON CONFLICT (shipment_id, kind) DO UPDATE SET due_at = EXCLUDED.due_at
)
SELECT pg_notify('klat_clock', '');

-- name: ask_reviews: parcels are looked at anew as soon as may be; wakes the clocks ($1 shipment ids, $2 now)
WITH asked AS (
    INSERT INTO deadline (shipment_id, kind, due_at)
    SELECT shipment_id, 'review', $2 FROM unnest($1::uuid[]) AS s (shipment_id)
    ON CONFLICT (shipment_id, kind) DO UPDATE SET due_at = least(deadline.due_at, EXCLUDED.due_at)
)
SELECT pg_notify('klat_clock', '');
