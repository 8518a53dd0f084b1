-- name: worth_judging: of these parcels of shops, those that are late or lost, or were compensated ($1 shipment ids)
SELECT r.shipment_id
FROM registration AS r
JOIN shipment AS s USING (shipment_id)
LEFT JOIN standing AS st USING (shipment_id)
WHERE r.shipment_id = ANY($1::uuid[])
  AND (st.slip = 'broken'
       OR s.state ->> 'reason' IN ('carrier_lost', 'carrier_destroyed')
       OR EXISTS (SELECT FROM compensation AS c WHERE c.shipment_id = r.shipment_id));

-- name: cases: parcels as they are judged; read after their lock ($1 shipment ids)
SELECT s.shipment_id, s.carrier, s.tracking_number, s.version, s.state::text AS state,
       r.merchant_id, r.order_ref, r.country, r.contact, r.registered_at, r.value_cents,
       r.value_currency, p.at, p.mover, p.starts, p.by
FROM shipment AS s
JOIN registration AS r USING (shipment_id)
LEFT JOIN LATERAL (
    SELECT array_agg(at) AS at, array_agg(mover) AS mover, array_agg(starts) AS starts,
           array_agg(by) AS by
    FROM promise WHERE promise.shipment_id = s.shipment_id
) AS p ON true
WHERE s.shipment_id = ANY($1::uuid[])
ORDER BY s.shipment_id;

-- name: compensations_of: what was granted for these parcels ($1 shipment ids)
SELECT shipment_id, tier, compensation_id, merchant_id, policy_version, policy, rule, kind,
       borne_by, currency, cents, used, in_hand, barred, state, reason, evidence::text AS evidence,
       due_at, tries, created_at, changed_at
FROM compensation WHERE shipment_id = ANY($1::uuid[]) ORDER BY shipment_id, tier;

-- name: hold_merchants: one at a time counts what these shops have granted ($1 merchant ids)
SELECT count(*) FROM (
    SELECT FROM merchant WHERE merchant_id = ANY($1::uuid[]) ORDER BY merchant_id
    FOR NO KEY UPDATE
) AS held;

-- name: granted_in_month: what a shop has granted in a month; what was taken back in another month gives no room in this one ($1 merchant, $2 currency, $3 beginning, $4 end)
SELECT coalesce(sum(more), 0)::bigint FROM (
    SELECT greatest(0, sum(granted)) AS more FROM compensation_move
    WHERE merchant_id = $1 AND currency = $2 AND at >= $3 AND at < $4
      AND (granted <> 0 OR committed <> 0)
    GROUP BY shipment_id, tier
) AS of_tiers;

-- name: committed_to_shoppers: the same of these shoppers, with what waits for a yes ($1 merchant, $2 currency, $3 hashes of shoppers, $4 beginning, $5 end)
SELECT shopper, sum(more)::bigint AS cents FROM (
    SELECT shopper, greatest(0, sum(committed)) AS more FROM compensation_move
    WHERE shopper = ANY($3::bytea[]) AND at >= $4 AND at < $5
      AND merchant_id = $1 AND currency = $2
    GROUP BY shopper, shipment_id, tier
) AS of_tiers
GROUP BY shopper;

-- name: keep_compensations: rows that are new or changed, and the move of each ($1 shipments, $2 tiers, $3 ids, $4 merchants, $5 policy versions, $6 policies, $7 rules, $8 kinds, $9 borne by, $10 currencies, $11 cents, $12 used, $13 in hand, $14 barred, $15 states, $16 reasons, $17 evidence, $18 due, $19 tries, $20 whys, $21 shoppers, $22 granted more, $23 committed more, $24 by whom, $25 now)
WITH told AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::uuid[], $5::integer[],
                         $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[],
                         $12::bigint[], $13::bigint[], $14::bigint[], $15::text[], $16::text[],
                         $17::text[], $18::timestamptz[], $19::integer[], $20::text[],
                         $21::bytea[], $22::bigint[], $23::bigint[])
         AS t (shipment_id, tier, compensation_id, merchant_id, policy_version, policy, rule, kind,
               borne_by, currency, cents, used, in_hand, barred, state, reason, evidence, due_at,
               tries, why, shopper, granted, committed)
), moved AS (
    INSERT INTO compensation_move (shipment_id, tier, at, state, cents, by, why, merchant_id,
                                   currency, shopper, granted, committed)
    SELECT shipment_id, tier, $25, state, cents, $24, why, merchant_id, currency, shopper, granted,
           committed
    FROM told
)
INSERT INTO compensation (shipment_id, tier, compensation_id, merchant_id, policy_version, policy,
                          rule, kind, borne_by, currency, cents, used, in_hand, barred, state,
                          reason, evidence, due_at, tries, created_at, changed_at)
SELECT shipment_id, tier, compensation_id, merchant_id, policy_version, policy, rule, kind,
       borne_by, currency, cents, used, in_hand, barred, state, reason, evidence::json, due_at,
       tries, $25, $25
FROM told
ON CONFLICT (shipment_id, tier) DO UPDATE
SET policy_version = EXCLUDED.policy_version, policy = EXCLUDED.policy, rule = EXCLUDED.rule,
    kind = EXCLUDED.kind, borne_by = EXCLUDED.borne_by, currency = EXCLUDED.currency,
    cents = EXCLUDED.cents, used = EXCLUDED.used, in_hand = EXCLUDED.in_hand,
    barred = EXCLUDED.barred, state = EXCLUDED.state, reason = EXCLUDED.reason,
    evidence = EXCLUDED.evidence, due_at = EXCLUDED.due_at, tries = EXCLUDED.tries,
    changed_at = EXCLUDED.changed_at;

-- name: moves_of: every move of the compensations of a parcel, in order ($1 shipment)
SELECT tier, at, state, cents, by, why FROM compensation_move
WHERE shipment_id = $1 ORDER BY id;

-- name: open_compensations: what waits for a yes, for the shop's endpoint or for a hand, and what failed, the oldest first ($1 merchant or null for all, $2 at the most)
SELECT c.shipment_id, c.tier, s.carrier, s.tracking_number, m.name AS merchant_name, c.currency,
       c.cents, c.rule, c.state, c.reason, c.created_at
FROM (
    SELECT * FROM compensation
    WHERE state IN ('proposed', 'approved', 'failed') AND ($1::uuid IS NULL OR merchant_id = $1)
    ORDER BY created_at LIMIT $2
) AS c
JOIN shipment AS s USING (shipment_id)
JOIN merchant AS m USING (merchant_id)
ORDER BY c.created_at;

-- name: bonuses_of: the codes of these parcels ($1 shipment ids)
SELECT shipment_id, merchant_id, code, currency, valid_until, created_at
FROM bonus WHERE shipment_id = ANY($1::uuid[]);

-- name: keep_bonuses: new codes; the first of a parcel stands, as long as its latest grant is valid ($1 shipments, $2 merchants, $3 hashes, $4 sealed codes, $5 currencies, $6 valid until, $7 whether a withdrawal is told, $8 now)
INSERT INTO bonus (shipment_id, merchant_id, code_hash, code, currency, valid_until, tell,
                   created_at)
SELECT *, $8 FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::text[],
                         $6::timestamptz[], $7::boolean[])
ON CONFLICT (shipment_id) DO UPDATE
SET valid_until = greatest(bonus.valid_until, EXCLUDED.valid_until);

-- name: bonus_by_code: the parcel and the shop of a code ($1 hashes of the code under every key)
SELECT shipment_id, merchant_id, currency, valid_until FROM bonus
WHERE code_hash = ANY($1::bytea[]);

-- name: insert_redemption: so much of a code was used for an order, once ($1 shipment, $2 redemption, $3 cents, $4 order, $5 now)
INSERT INTO bonus_redemption (shipment_id, redemption_id, cents, order_ref, at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (shipment_id, redemption_id) DO NOTHING
RETURNING redemption_id;

-- name: redeemed_by: how much a redemption took ($1 shipment, $2 redemption)
SELECT cents FROM bonus_redemption WHERE shipment_id = $1 AND redemption_id = $2;

-- name: registered_since: parcels of a shop registered since then, in order ($1 merchant, $2 registered at, $3 and behind this shipment, $4 at the most)
SELECT shipment_id, registered_at FROM registration
WHERE merchant_id = $1 AND (registered_at, shipment_id) > ($2, $3)
ORDER BY registered_at, shipment_id LIMIT $4;

-- name: due_payouts: what the endpoints of shops are to carry out now, the longest due first ($1 now, $2 at the most)
SELECT shipment_id, tier FROM compensation WHERE due_at <= $1 ORDER BY due_at LIMIT $2;

-- name: put_off_payouts: these are in somebody's hands, or are tried again later ($1 shipments, $2 tiers, $3 due, $4 tries, $5 used, $6 in hand)
UPDATE compensation AS c
SET due_at = p.due_at, tries = p.tries, used = p.used, in_hand = p.in_hand
FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::integer[], $5::bigint[],
            $6::bigint[]) AS p (shipment_id, tier, due_at, tries, used, in_hand)
WHERE c.shipment_id = p.shipment_id AND c.tier = p.tier;

-- name: payout_secrets: by what the endpoints of these shops know us, sealed ($1 merchant ids)
SELECT merchant_id, secret FROM payout_secret WHERE merchant_id = ANY($1::uuid[]);

-- name: save_payout_secret: a new secret in the place of the one before ($1 merchant, $2 sealed, $3 now)
INSERT INTO payout_secret (merchant_id, secret, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (merchant_id) DO UPDATE SET secret = EXCLUDED.secret, changed_at = EXCLUDED.changed_at;
