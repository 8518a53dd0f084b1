-- name: claims: parcels of a carrier that were late or lost, with what they cost their shops ($1 carrier, $2 due since, $3 due before, $4 merchant or null for all, $5 behind this shipment, $6 at the most)
SELECT o.shipment_id, o.tracking_number, m.name AS merchant_name, o.order_ref, o.service, o.country,
       o.status, o.reason, o.promised_by, o.arrived_at, o.accepted_at, o.in_transit_at,
       o.out_for_delivery_at, o.attempts, o.is_lost, o.stopped_at, o.estimate_by,
       r.value_cents, r.value_currency, c.cents, c.currency
FROM (
    SELECT * FROM outcome
    WHERE carrier = $1 AND coalesce(promised_by, in_transit_at, accepted_at) >= $2
      AND coalesce(promised_by, in_transit_at, accepted_at) < $3
      AND ($4::uuid IS NULL OR merchant_id = $4) AND shipment_id > $5
      AND (is_lost OR (slip = 'broken' AND (stopped_at IS NULL OR stopped_at > promised_by)
                       -- What the carrier never had it has not brought late.
                       AND coalesce(accepted_at, in_transit_at, out_for_delivery_at, arrived_at)
                           IS NOT NULL))
    ORDER BY shipment_id LIMIT $6
) AS o
JOIN merchant AS m USING (merchant_id)
LEFT JOIN registration AS r USING (shipment_id)
LEFT JOIN LATERAL (
    SELECT sum(cents)::bigint AS cents, min(currency) AS currency FROM compensation
    WHERE compensation.shipment_id = o.shipment_id AND state IN ('issued', 'redeemed')
) AS c ON true
ORDER BY o.shipment_id;

-- name: scorecard: how carriers kept their word, by carrier and service ($1 arrived or due since, $2 before, $3 merchant or null for all)
SELECT carrier, coalesce(service, '') AS service, count(*)::integer AS parcels,
       count(*) FILTER (WHERE promised_by IS NOT NULL AND slip IN ('kept', 'broken'))::integer
           AS judged,
       count(*) FILTER (WHERE slip = 'kept')::integer AS on_time,
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM arrived_at - promised_by))
           FILTER (WHERE arrived_at > promised_by) / 3600)::float8 AS late_p50,
       (percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM arrived_at - promised_by))
           FILTER (WHERE arrived_at > promised_by) / 3600)::float8 AS late_p90,
       count(*) FILTER (WHERE arrived_at IS NOT NULL)::integer AS arrived,
       count(*) FILTER (WHERE arrived_at IS NOT NULL AND attempts = 0)::integer AS first_try,
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM collected_at - arrived_at))
           / 86400)::float8 AS locker_days,
       count(*) FILTER (WHERE was_silent)::integer AS silent,
       count(*) FILTER (WHERE is_lost)::integer AS lost
FROM outcome
WHERE coalesce(promised_by, arrived_at, noted_at) >= $1
  AND coalesce(promised_by, arrived_at, noted_at) < $2
  AND ($3::uuid IS NULL OR merchant_id = $3)
  AND (is_lost OR coalesce(accepted_at, in_transit_at, out_for_delivery_at, arrived_at) IS NOT NULL)
GROUP BY carrier, coalesce(service, '')
ORDER BY carrier, service;
