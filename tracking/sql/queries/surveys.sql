-- name: survey_standing: whether the shop of a parcel asks how it was, and whether that was answered ($1 shipment)
SELECT coalesce(m.settings ->> 'survey', 'page') AS mode, v.answered_at IS NOT NULL AS is_answered
FROM registration AS r
JOIN shipment AS s USING (shipment_id)
JOIN merchant AS m USING (merchant_id)
LEFT JOIN survey AS v USING (shipment_id)
WHERE r.shipment_id = $1 AND s.erased_at IS NULL;

-- name: answer_survey: keep what a shopper thought, once ($1 shipment, $2 now, $3 recommend, $4 courier, $5 packaging, $6 sealed word)
INSERT INTO survey AS v (shipment_id, merchant_id, carrier, answered_at, recommend, courier,
                         packaging, word)
SELECT r.shipment_id, r.merchant_id, s.carrier, $2, $3, $4, $5, $6
FROM registration AS r
JOIN shipment AS s USING (shipment_id)
WHERE r.shipment_id = $1 AND s.erased_at IS NULL
FOR KEY SHARE OF s  -- an erasure sees it, or it sees the erasure
ON CONFLICT (shipment_id) DO UPDATE SET
    answered_at = EXCLUDED.answered_at,
    recommend = EXCLUDED.recommend,
    courier = EXCLUDED.courier,
    packaging = EXCLUDED.packaging,
    word = EXCLUDED.word
WHERE v.answered_at IS NULL
RETURNING true;
