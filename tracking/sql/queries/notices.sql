-- name: hold_subjects: one decider at a time ($1 shipment ids)
SELECT FROM registration WHERE shipment_id = ANY($1::uuid[])
ORDER BY shipment_id
FOR NO KEY UPDATE;

-- name: notice_subjects: registered shipments and whom they concern ($1 shipment ids)
SELECT r.shipment_id, s.carrier, s.tracking_number, s.version, s.state::text AS state, r.contact,
       r.country, r.language, r.order_ref, r.promise_by, r.notify::text AS notify, r.registered_at,
       r.merchant_id, m.name AS merchant_name, m.help AS merchant_help,
       m.language AS merchant_language, m.settings::text AS settings, m.terms::text AS terms,
       b.code AS bonus_code, b.currency AS bonus_currency, b.valid_until AS bonus_until,
       b.tell AS bonus_tell, b.granted AS bonus_granted, b.remaining AS bonus_left, b.at AS bonus_at,
       b.is_withdrawn AS bonus_withdrawn, b.for_delay AS bonus_for_delay, e.starts AS eta_starts, e.ends AS eta_ends,
       e.p50 AS eta_p50, e.p90 AS eta_p90, e.samples AS eta_samples
FROM registration AS r
JOIN shipment AS s USING (shipment_id)
JOIN merchant AS m USING (merchant_id)
LEFT JOIN eta AS e USING (shipment_id)
LEFT JOIN LATERAL (
    SELECT * FROM bonus_standing AS bs WHERE bs.shipment_id = r.shipment_id
    OFFSET 0  -- for each parcel by itself: not all of them are summed up to be joined
) AS b ON true
WHERE r.shipment_id = ANY($1::uuid[])
ORDER BY r.shipment_id;

-- name: notices_of: every notice of these shipments ($1 shipment ids)
SELECT shipment_id, occasion, round, channel, addressee, notice_id, state, reason, due_at, until,
       fact_id, version, tries, language, provider, provider_id, content, planned_at, changed_at,
       segments, cost, currency, needs_another_way, said, address_hash
FROM notice WHERE shipment_id = ANY($1::uuid[]);

-- name: decide_notices: keep decisions; what is in a sender's hands stays as it is ($1 shipments, $2 occasions, $3 rounds, $4 channels, $5 addressees, $6 notice ids, $7 states, $8 reasons, $9 due, $10 until, $11 facts, $12 versions, $13 merchants, $14 now)
INSERT INTO notice AS n (shipment_id, occasion, round, channel, addressee, notice_id, state, reason,
                         due_at, until, fact_id, version, merchant_id, planned_at, changed_at)
SELECT d.*, $14, $14
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[],
            $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::integer[],
            $13::uuid[]) AS d (shipment_id, occasion, round, channel, addressee, notice_id)
ORDER BY d.shipment_id, d.notice_id
ON CONFLICT (shipment_id, occasion, round, channel, addressee) DO UPDATE SET
    state = EXCLUDED.state,
    reason = EXCLUDED.reason,
    due_at = EXCLUDED.due_at,
    until = EXCLUDED.until,
    fact_id = EXCLUDED.fact_id,
    version = EXCLUDED.version,
    merchant_id = EXCLUDED.merchant_id,
    changed_at = EXCLUDED.changed_at
WHERE n.state IN ('planned', 'dropped');

-- name: claim_notices: take what is due, each by one sender, and of each shop its share, beginning behind the shop that had its turn last ($1 channel, $2 now, $3 at the most, $4 that shop)
WITH RECURSIVE shop AS (
    (SELECT merchant_id FROM notice
     WHERE state = 'planned' AND channel = $1 ORDER BY merchant_id LIMIT 1)
    UNION ALL
    SELECT next.merchant_id FROM shop CROSS JOIN LATERAL (
        SELECT n.merchant_id FROM notice AS n
        WHERE n.state = 'planned' AND n.channel = $1 AND n.merchant_id > shop.merchant_id
        ORDER BY n.merchant_id LIMIT 1
    ) AS next
), waiting AS (
    SELECT shop.merchant_id FROM shop CROSS JOIN LATERAL (
        SELECT n.due_at FROM notice AS n
        WHERE n.state = 'planned' AND n.channel = $1 AND n.merchant_id = shop.merchant_id
          AND n.due_at <= $2
        ORDER BY n.due_at LIMIT 1
    ) AS first
    ORDER BY shop.merchant_id <= $4, shop.merchant_id LIMIT $3
), share AS (
    SELECT ceil($3::numeric / greatest(count(*), 1))::integer AS most FROM waiting
), due AS MATERIALIZED (
    SELECT each.* FROM waiting CROSS JOIN share CROSS JOIN LATERAL (
        SELECT n.shipment_id, n.occasion, n.round, n.channel, n.addressee FROM notice AS n
        WHERE n.state = 'planned' AND n.channel = $1 AND n.merchant_id = waiting.merchant_id
          AND n.due_at <= $2
        ORDER BY n.due_at LIMIT share.most
        FOR UPDATE SKIP LOCKED
    ) AS each
    LIMIT $3
)
UPDATE notice AS n SET state = 'claimed', changed_at = $2
FROM due
WHERE (n.shipment_id, n.occasion, n.round, n.channel, n.addressee)
    = (due.shipment_id, due.occasion, due.round, due.channel, due.addressee)
RETURNING n.shipment_id, n.occasion, n.round, n.channel, n.addressee, n.notice_id, n.tries, n.until,
          n.changed_at, n.merchant_id;

-- name: hand_notices: from here on they may have left, of those that are still the sender's and speak of the parcel as it is ($1 shipments, $2 notice ids, $3 claimed at, $4 languages, $5 contents, $6 versions, $7 segments, $8 costs, $9 currencies, $10 hashes of addresses, $11 what is said, $12 provider, $13 now)
UPDATE notice AS n
SET state = 'handed', tries = n.tries + 1, language = h.language, content = h.content,
    version = h.version, segments = h.segments, cost = h.cost, currency = h.currency,
    address_hash = h.address_hash, said = h.said, provider = $12, changed_at = $13
FROM (
    SELECT c.occasion, c.round, c.channel, c.addressee, t.*
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::integer[],
                $7::integer[], $8::bigint[], $9::text[], $10::bytea[], $11::text[])
         AS t (shipment_id, notice_id, claimed_at, language, content, version, segments, cost,
               currency, address_hash, said)
    JOIN notice AS c ON c.shipment_id = t.shipment_id AND c.notice_id = t.notice_id
    JOIN shipment AS s ON s.shipment_id = t.shipment_id AND s.version = t.version
    WHERE c.state = 'claimed' AND c.changed_at = t.claimed_at
    ORDER BY c.shipment_id, c.notice_id  -- as all lock them
    FOR NO KEY UPDATE OF c
) AS h
WHERE (n.shipment_id, n.occasion, n.round, n.channel, n.addressee)
    = (h.shipment_id, h.occasion, h.round, h.channel, h.addressee)
RETURNING n.notice_id;

-- name: settle_notices: how it ended, of those that are still the sender's, unless a receipt was faster; whose end this was, and whether it had been handed over ($1 shipments, $2 notice ids, $3 claimed at, $4 handed at or null, $5 tries before, $6 states, $7 reasons, $8 due, $9 provider ids, $10 whether nothing was spent, $11 whether it was not even tried, $12 whether it may not have been handed over, $13 now)
UPDATE notice AS n
SET state = e.state, reason = e.reason, due_at = coalesce(e.due_at, n.due_at),
    provider_id = coalesce(e.provider_id, n.provider_id),
    cost = CASE WHEN NOT e.is_free THEN n.cost END,
    tries = CASE WHEN e.is_untried THEN e.tries ELSE n.tries END, changed_at = $13,
    needs_another_way = n.channel = 'sms'
        AND (e.state = 'failed' OR e.state = 'dropped' AND e.reason NOT LIKE 'lacks\_%')
FROM (
    SELECT h.occasion, h.round, h.channel, h.addressee, h.state AS before, t.*
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::integer[],
                $6::text[], $7::text[], $8::timestamptz[], $9::text[], $10::boolean[],
                $11::boolean[], $12::boolean[])
         AS t (shipment_id, notice_id, claimed_at, handed_at, tries, state, reason, due_at,
               provider_id, is_free, is_untried, in_doubt)
    JOIN notice AS h ON h.shipment_id = t.shipment_id AND h.notice_id = t.notice_id
    WHERE (h.state = 'claimed' AND h.changed_at = t.claimed_at)
       OR (h.state = 'handed' AND h.changed_at = t.handed_at)
       OR (h.state = 'unknown' AND h.reason = 'sender_died'
           AND t.handed_at IS NOT NULL AND NOT t.in_doubt)
    ORDER BY h.shipment_id, h.notice_id  -- as receipts lock them
    FOR NO KEY UPDATE OF h
) AS e
WHERE (n.shipment_id, n.occasion, n.round, n.channel, n.addressee)
    = (e.shipment_id, e.occasion, e.round, e.channel, e.addressee)
RETURNING n.notice_id, e.before <> 'claimed' AS was_handed;

-- name: abandoned_notices: left behind by a sender that died: untouched ones are due again, of others nobody knows ($1 claimed before, $2 handed before, $3 now)
UPDATE notice
SET state = CASE state WHEN 'claimed' THEN 'planned' ELSE 'unknown' END,
    reason = CASE state WHEN 'claimed' THEN NULL ELSE 'sender_died' END,
    changed_at = $3
WHERE (state = 'claimed' AND changed_at < $1) OR (state = 'handed' AND changed_at < $2)
RETURNING notice_id, state;

-- name: give_up_notices: what could not be handed over and soon is too late ($1 channel, $2 due before, $3 too late at, $4 now, $5 at the most)
UPDATE notice AS n SET state = 'failed', reason = 'not_taken_in_time', changed_at = $4,
    needs_another_way = n.channel = 'sms'
FROM (
    SELECT shipment_id, occasion, round, channel, addressee FROM notice
    WHERE state = 'planned' AND channel = $1 AND due_at <= $2 AND until <= $3
    ORDER BY due_at LIMIT $5
    FOR UPDATE SKIP LOCKED
) AS late
WHERE (n.shipment_id, n.occasion, n.round, n.channel, n.addressee)
    = (late.shipment_id, late.occasion, late.round, late.channel, late.addressee)
RETURNING n.shipment_id, n.occasion, n.round, n.channel, n.addressee, n.notice_id, n.tries, n.until,
          n.changed_at, n.merchant_id;

-- name: unanswered_notices: texts that ended without having been sent, after which nobody looked for another way ($1 ended before, $2 at the most, $3 but these)
SELECT shipment_id, notice_id FROM notice
WHERE needs_another_way AND changed_at < $1 AND notice_id <> ALL($3::uuid[])
  AND EXISTS (SELECT FROM registration AS r WHERE r.shipment_id = notice.shipment_id)
ORDER BY changed_at LIMIT $2;

-- name: answer_notices: another way was looked for ($1 shipments, $2 notice ids)
UPDATE notice AS n SET needs_another_way = false
FROM unnest($1::uuid[], $2::uuid[]) AS a (shipment_id, notice_id)
WHERE n.shipment_id = a.shipment_id AND n.notice_id = a.notice_id;

-- name: next_due_notice: when the next planned one is due ($1 channel)
SELECT min(due_at) FROM notice WHERE state = 'planned' AND channel = $1;

-- name: shipments_mailed: parcels of a shop of which a mail went to this address ($1 hash of the address, $2 shop, $3 since, $4 at the most)
SELECT DISTINCT shipment_id FROM notice
WHERE address_hash = $1 AND channel = 'email' AND merchant_id = $2 AND changed_at >= $3
LIMIT $4;
