-- name: cases_of: what was asked of a parcel, the oldest first ($1 shipment)
SELECT shipment_id, case_id, merchant_id, topic, opened_by, state, language, reply_by, contacts,
       follows, assigned_to, opened_at, asked_at, answered_at, solved_at, changed_at,
       waits_since
FROM support_case WHERE shipment_id = $1 ORDER BY opened_at, case_id;

-- name: case_messages_of: what was said in the cases of a parcel, the oldest first; '' in the place of who works for other shops than these ($1 shipment, $2 shops or null for all)
SELECT case_id, message_id, at, author,
       CASE WHEN $2::uuid[] IS NULL OR email IS NULL OR EXISTS (
           SELECT FROM staff WHERE staff.email = m.email AND staff.shops <@ $2)
       THEN email ELSE '' END AS email, text, proven
FROM case_message AS m WHERE shipment_id = $1 ORDER BY at, message_id;

-- name: case_answers: what support wrote and has not been forgotten, and in which language was asked ($1 shipments, $2 messages)
SELECT m.shipment_id, m.message_id, m.text, c.language
FROM unnest($1::uuid[], $2::uuid[]) AS wanted (shipment_id, message_id)
JOIN case_message AS m USING (shipment_id, message_id)
JOIN support_case AS c USING (shipment_id, case_id)
WHERE m.text IS NOT NULL AND m.author = 'staff';

-- name: count_case_messages: how many messages of this id there are, how many shoppers who were proven or not wrote since then and ever, and when the last was ($1 shipment, $2 message, $3 since, $4 proven)
SELECT count(*) FILTER (WHERE message_id = $2) AS known,
       count(*) FILTER (WHERE author = 'shopper' AND proven = $4 AND at > $3) AS lately,
       count(*) FILTER (WHERE author = 'shopper' AND proven = $4) AS ever,
       max(at) AS last
FROM case_message WHERE shipment_id = $1;

-- name: save_case: a case as it stands ($1 shipment, $2 case, $3 shop, $4 topic, $5 opened by, $6 state, $7 language, $8 reply by, $9 contacts, $10 follows, $11 assigned to, $12 opened at, $13 asked at, $14 answered at, $15 solved at, $16 changed at, $17 waits since or null)
INSERT INTO support_case AS c (
    shipment_id, case_id, merchant_id, topic, opened_by, state, language, reply_by, contacts,
    follows, assigned_to, opened_at, asked_at, answered_at, solved_at, changed_at,
    waits_since)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (shipment_id, case_id) DO UPDATE SET
    state = EXCLUDED.state,
    language = EXCLUDED.language,
    reply_by = EXCLUDED.reply_by,
    contacts = EXCLUDED.contacts,
    assigned_to = EXCLUDED.assigned_to,
    asked_at = EXCLUDED.asked_at,
    answered_at = EXCLUDED.answered_at,
    solved_at = EXCLUDED.solved_at,
    changed_at = EXCLUDED.changed_at,
    waits_since = EXCLUDED.waits_since;

-- name: insert_case_message: somebody wrote this; nothing where it is known ($1 shipment, $2 case, $3 message, $4 at, $5 author, $6 e-mail of the staff or null, $7 sealed text, $8 proven)
WITH written AS (
    INSERT INTO case_message (shipment_id, case_id, message_id, at, author, email, text, proven)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT DO NOTHING
    RETURNING shipment_id, case_id
)
UPDATE support_case AS c SET has_texts = true FROM written AS w
WHERE c.shipment_id = w.shipment_id AND c.case_id = w.case_id AND NOT c.has_texts;

-- name: waiting_cases: those that wait for an answer, the longest first; '' where it is in the hands of who works for other shops too ($1 of these shops or null, $2 of this topic or null, $3 of whom or null, $4 from behind this, $5 at the most, $6 shops of who reads or null)
SELECT c.shipment_id, c.case_id, c.topic, c.state, c.contacts, c.follows, c.asked_at, c.changed_at,
       c.waits_since, s.tracking_number, s.carrier, m.name AS merchant_name,
       CASE WHEN $6::uuid[] IS NULL OR t.shops <@ $6 OR t.name IS NULL THEN t.name ELSE '' END
           AS whose,
       r.order_ref
FROM support_case AS c
JOIN shipment AS s USING (shipment_id)
JOIN merchant AS m ON m.merchant_id = c.merchant_id
LEFT JOIN staff AS t ON t.staff_id = c.assigned_to
LEFT JOIN registration AS r ON r.shipment_id = c.shipment_id AND r.merchant_id = c.merchant_id
WHERE c.state = 'open' AND c.waits_since > $4
  AND ($1::uuid[] IS NULL OR c.merchant_id = ANY($1))
  AND ($2::text IS NULL OR c.topic = $2)
  AND ($3::uuid IS NULL OR c.assigned_to = $3)
ORDER BY c.waits_since LIMIT $5;

-- name: latest_cases: all, those with the latest word first; hands as in waiting_cases ($1 of these shops or null, $2 of this topic or null, $3 before this, $4 at the most, $5 shops of who reads or null)
SELECT c.shipment_id, c.case_id, c.topic, c.state, c.contacts, c.follows, c.asked_at, c.changed_at,
       c.waits_since, s.tracking_number, s.carrier, m.name AS merchant_name,
       CASE WHEN $5::uuid[] IS NULL OR t.shops <@ $5 OR t.name IS NULL THEN t.name ELSE '' END
           AS whose,
       r.order_ref
FROM support_case AS c
JOIN shipment AS s USING (shipment_id)
JOIN merchant AS m ON m.merchant_id = c.merchant_id
LEFT JOIN staff AS t ON t.staff_id = c.assigned_to
LEFT JOIN registration AS r ON r.shipment_id = c.shipment_id AND r.merchant_id = c.merchant_id
WHERE c.changed_at < $3
  AND ($1::uuid[] IS NULL OR c.merchant_id = ANY($1))
  AND ($2::text IS NULL OR c.topic = $2)
ORDER BY c.changed_at DESC LIMIT $4;

-- name: count_waiting_cases: how many wait for an answer, how many of them for me, and since when the longest ($1 of these shops or null, $2 me)
SELECT count(*) AS waiting, count(*) FILTER (WHERE assigned_to = $2) AS mine,
       min(waits_since) AS since
FROM support_case
WHERE state = 'open' AND ($1::uuid[] IS NULL OR merchant_id = ANY($1));

-- name: colleagues: who may see parcels of this shop, and works for no other shops than these ($1 shop, $2 shops or null for all)
SELECT staff_id, name FROM staff
WHERE disabled_at IS NULL AND (shops IS NULL OR $1 = ANY(shops))
  AND ($2::uuid[] IS NULL OR shops <@ $2)
ORDER BY name, staff_id;

-- name: support_texts: what a shop says in this language ($1 shop, $2 language)
SELECT kind, topic, place, title, text FROM support_text
WHERE merchant_id = $1 AND language = $2 ORDER BY kind, topic, place;

-- name: save_support_text: from now on in these words ($1 shop, $2 kind, $3 language, $4 topic, $5 place, $6 title, $7 text, $8 now)
INSERT INTO support_text VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (merchant_id, kind, language, topic, place) DO UPDATE SET
    title = EXCLUDED.title, text = EXCLUDED.text, changed_at = EXCLUDED.changed_at;

-- name: drop_support_text: no longer in words of its own ($1 shop, $2 kind, $3 language, $4 topic, $5 place)
DELETE FROM support_text
WHERE merchant_id = $1 AND kind = $2 AND language = $3 AND topic = $4 AND place = $5;

-- name: forget_case_texts: forget the words of cases that nobody has touched since this and that do not wait ($1 before, $2 limit)
WITH old AS (
    UPDATE support_case SET has_texts = false
    WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM support_case
        WHERE has_texts AND state <> 'open' AND changed_at < $1
        ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING shipment_id, case_id
), forgotten AS (
    UPDATE case_message AS m SET text = NULL FROM old
    WHERE m.shipment_id = old.shipment_id AND m.case_id = old.case_id
)
SELECT count(*) FROM old;

-- name: prune_cases: forget cases that nobody has touched since this ($1 before, $2 limit)
WITH old AS (
    DELETE FROM support_case
    WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM support_case WHERE changed_at < $1
        ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING shipment_id, case_id
), gone AS (
    DELETE FROM case_message AS m USING old
    WHERE m.shipment_id = old.shipment_id AND m.case_id = old.case_id
)
SELECT count(*) FROM old;

-- name: shops_to_choose: shops by name ($1 only these or null, $2 at the most)
SELECT merchant_id, name FROM merchant
WHERE $1::uuid[] IS NULL OR merchant_id = ANY($1) ORDER BY name, merchant_id LIMIT $2;

-- name: usual_answer: how many questions of shoppers a shop had since then, and within how long three of four were answered, those that still wait included ($1 shop, $2 since, $3 now)
SELECT count(*) AS asked,
       percentile_cont(0.75) WITHIN GROUP (ORDER BY coalesce(answered_at, $3) - opened_at) AS within
FROM support_case
WHERE merchant_id = $1 AND opened_at > $2 AND opened_by = 'shopper';
