-- name: insert_links: keep new links ($1 token hashes, $2 shipments, $3 proofs of whom they are sent to or nulls, $4 now)
INSERT INTO public_link (token_hash, shipment_id, sent_to, created_at)
SELECT token_hash, shipment_id, sent_to, $4
FROM unnest($1::bytea[], $2::uuid[], $3::bytea[]) AS new (token_hash, shipment_id, sent_to);

-- name: link_target: what a link leads to and whom it concerns ($1 hashes of the token)
SELECT
    l.shipment_id,
    s.carrier,
    s.tracking_number,
    s.status,
    (s.state ->> 'since')::timestamptz AS since,
    s.changed_at,
    l.created_at AS issued_at,
    l.sent_to,
    r.language,
    r.service,
    r.country,
    r.contact,
    e.starts AS eta_starts,
    e.ends AS eta_ends,
    e.samples AS eta_samples,
    r.promise_from,
    r.promise_by,
    coalesce(m.settings #>> '{brand,name}', m.name) AS merchant_name,
    r.merchant_id,
    m.terms ->> 'links' AS merchant_site,
    m.help AS merchant_help,
    m.language AS merchant_language,
    coalesce(c.wrong, 0) AS wrong,
    c.paused_until,
    b.code AS bonus_code,
    b.currency AS bonus_currency,
    b.valid_until AS bonus_until,
    b.remaining AS bonus_left,
    b.for_delay AS bonus_for_delay
FROM public_link AS l
JOIN shipment AS s USING (shipment_id)
LEFT JOIN registration AS r USING (shipment_id)
LEFT JOIN eta AS e ON e.shipment_id = l.shipment_id
LEFT JOIN merchant AS m ON m.merchant_id = r.merchant_id
LEFT JOIN challenge AS c ON c.shipment_id = l.shipment_id
LEFT JOIN LATERAL (
    SELECT * FROM bonus_standing AS bs WHERE bs.shipment_id = l.shipment_id
    OFFSET 0  -- for each parcel by itself: not all of them are summed up to be joined
) AS b ON true
WHERE l.token_hash = ANY($1::bytea[]) AND l.revoked_at IS NULL;

-- name: claim_try: count one answer to the challenge before it is looked at ($1 shipment, $2 now, $3 tries, $4 first pause, $5 longest pause)
INSERT INTO challenge AS c (shipment_id, wrong, paused_until)
VALUES ($1, 1, NULL)
ON CONFLICT (shipment_id) DO UPDATE SET
    wrong = c.wrong + 1,
    paused_until = CASE WHEN (c.wrong + 1) % $3::integer = 0
        THEN $2::timestamptz + least($4::interval * power(2, least((c.wrong + 1) / $3 - 1, 20)), $5::interval)
    END
WHERE c.paused_until IS NULL OR c.paused_until <= $2
RETURNING wrong, paused_until;

-- name: forget_tries: the answer was right ($1 shipment)
DELETE FROM challenge WHERE shipment_id = $1;

-- name: revoke_links: no link to this parcel works any more; how many did ($1 shipment, $2 now)
WITH gone AS (
    UPDATE public_link SET revoked_at = $2 WHERE shipment_id = $1 AND revoked_at IS NULL
    RETURNING token_hash
)
SELECT count(*) FROM gone;
