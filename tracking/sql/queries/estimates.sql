-- name: keep_outcomes: how parcels fare ($1 shipments, $2 merchants, $3 carriers, $4 numbers, $5 orders, $6 services, $7 countries, $8 regions, $9 zones, $10 statuses, $11 reasons, $12 promised by, $13 slips, $14 info received, $15 accepted, $16 in transit, $17 out for delivery, $18 arrived, $19 collected, $20 attempts, $21 lost, $22 silent, $23 stopped, $24 estimated by, $25 p50, $26 p90, $27 now)
INSERT INTO outcome
SELECT o.*, $27 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::text[],
    $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[],
    $18::timestamptz[], $19::timestamptz[], $20::integer[], $21::boolean[], $22::boolean[],
    $23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::timestamptz[]) AS o
ON CONFLICT (shipment_id) DO UPDATE SET
    merchant_id = EXCLUDED.merchant_id, order_ref = EXCLUDED.order_ref,
    service = EXCLUDED.service, country = EXCLUDED.country, region = EXCLUDED.region,
    zone = EXCLUDED.zone, status = EXCLUDED.status, reason = EXCLUDED.reason,
    promised_by = EXCLUDED.promised_by, slip = EXCLUDED.slip,
    info_received_at = EXCLUDED.info_received_at, accepted_at = EXCLUDED.accepted_at,
    in_transit_at = EXCLUDED.in_transit_at, out_for_delivery_at = EXCLUDED.out_for_delivery_at,
    arrived_at = EXCLUDED.arrived_at, collected_at = EXCLUDED.collected_at,
    attempts = EXCLUDED.attempts, is_lost = EXCLUDED.is_lost,
    was_silent = outcome.was_silent OR EXCLUDED.was_silent, stopped_at = EXCLUDED.stopped_at,
    estimate_by = EXCLUDED.estimate_by, eta_p50 = coalesce(EXCLUDED.eta_p50, outcome.eta_p50),
    eta_p90 = coalesce(EXCLUDED.eta_p90, outcome.eta_p90), noted_at = EXCLUDED.noted_at;

-- name: keep_etas: what is expected of parcels ($1 shipments, $2 starts, $3 ends, $4 p50, $5 p90, $6 samples, $7 now)
INSERT INTO eta
SELECT *, $7 FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[],
                         $5::timestamptz[], $6::integer[])
ON CONFLICT (shipment_id) DO UPDATE SET starts = EXCLUDED.starts, ends = EXCLUDED.ends,
    p50 = EXCLUDED.p50, p90 = EXCLUDED.p90, samples = EXCLUDED.samples, made_at = EXCLUDED.made_at;

-- name: drop_etas: of these nothing is expected any more ($1 shipments)
DELETE FROM eta WHERE shipment_id = ANY($1::uuid[]);

-- name: eta_of: what is expected of a parcel ($1 shipment)
SELECT starts, ends, p50, p90, samples FROM eta WHERE shipment_id = $1;

-- name: claim_histograms: whoever finds them so old makes them anew ($1 made until, $2 now)
UPDATE transit_histogram_made SET made_at = $2 WHERE id = 1 AND made_at <= $1 RETURNING id;

-- name: forget_histograms: before they are made anew
DELETE FROM transit_histogram;

-- name: make_histograms: how long it took from each stage on, at each level ($1 edges in hours, $2 arrived since)
WITH took AS (
    SELECT s.stage, o.carrier, o.country, coalesce(o.service, '') AS service, o.merchant_id,
           coalesce(o.region, '') AS region,
           extract(isodow FROM s.at AT TIME ZONE o.zone)::integer AS weekday,
           width_bucket(extract(epoch FROM o.arrived_at - s.at)::float8 / 3600, $1::float8[]) - 1
               AS bin
    FROM outcome AS o
    CROSS JOIN LATERAL (VALUES ('info_received', o.info_received_at), ('accepted', o.accepted_at),
        ('in_transit', o.in_transit_at), ('out_for_delivery', o.out_for_delivery_at))
        AS s (stage, at)
    WHERE o.arrived_at >= $2 AND s.at < o.arrived_at AND o.stopped_at IS NULL
), counted AS (
    SELECT 1 AS level, stage, carrier, NULL::text AS country, NULL::text AS service,
           NULL::uuid AS merchant_id, NULL::text AS region, NULL::integer AS weekday, bin,
           count(*)::integer AS count
    FROM took GROUP BY stage, carrier, bin
    UNION ALL
    SELECT 2, stage, carrier, country, NULL, NULL, NULL, NULL, bin, count(*)::integer
    FROM took GROUP BY stage, carrier, country, bin
    UNION ALL
    SELECT 3, stage, carrier, country, service, NULL, NULL, weekday, bin, count(*)::integer
    FROM took GROUP BY stage, carrier, country, service, weekday, bin
    UNION ALL
    SELECT 4, stage, carrier, country, service, merchant_id, region, NULL, bin, count(*)::integer
    FROM took GROUP BY stage, carrier, country, service, merchant_id, region, bin
)
INSERT INTO transit_histogram
SELECT level, stage, carrier, country, service, merchant_id, region, weekday,
       array_agg(bin ORDER BY bin), array_agg(count ORDER BY bin)
FROM counted GROUP BY level, stage, carrier, country, service, merchant_id, region, weekday;

-- name: all_histograms: how long it took, at each level
SELECT level, stage, carrier, country, service, merchant_id, region, weekday, bins, counts
FROM transit_histogram;

-- name: estimate_errors: by how many hours carriers and we were wrong in the middle, where both had said something ($1 arrived since)
SELECT carrier, count(*)::integer AS parcels,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY
           abs(extract(epoch FROM arrived_at - estimate_by)) / 3600)::float8 AS carrier_error,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY
           abs(extract(epoch FROM arrived_at - eta_p50)) / 3600)::float8 AS our_error
FROM outcome
WHERE arrived_at >= $1 AND estimate_by IS NOT NULL AND eta_p50 IS NOT NULL
GROUP BY carrier;
