-- name: parcels_of_person: parcels whose people have one of these terms ($1 hashes of terms, $2 shops or null for all, $3 at the most)
SELECT shipment_id FROM person_index
WHERE terms && $1::integer[] AND ($2::uuid[] IS NULL OR merchant_id = ANY($2))
LIMIT $3;

-- name: parcels_known: parcels as they stand, and whom their shops named ($1 shipment ids, $2 shops or null for all)
SELECT s.shipment_id, s.carrier, s.tracking_number, s.journey, s.status, s.changed_at,
       s.erased_at, r.merchant_id, r.contact, r.order_ref, m.name AS merchant_name,
       b.valid_until > now() AND b.remaining > 0 AS has_bonus
FROM shipment AS s
LEFT JOIN registration AS r USING (shipment_id)
LEFT JOIN merchant AS m USING (merchant_id)
LEFT JOIN LATERAL (
    SELECT * FROM bonus_standing AS bs WHERE bs.shipment_id = s.shipment_id
    OFFSET 0  -- for each parcel by itself: not all of them are summed up to be joined
) AS b ON true
WHERE s.shipment_id = ANY($1::uuid[]) AND ($2::uuid[] IS NULL OR r.merchant_id = ANY($2))
ORDER BY s.shipment_id;

-- name: count_personal: rows of these parcels that may name somebody, by class ($1 shipment ids, $2 ids of journey 1)
SELECT 'contacts' AS kind, count(*) AS rows FROM registration
WHERE shipment_id = ANY($1::uuid[]) AND contact IS NOT NULL
UNION ALL SELECT 'scans', count(*) FROM scan WHERE shipment_id = ANY($1)
UNION ALL SELECT 'raw_payloads', count(*) FROM raw_parcel WHERE shipment_id = ANY($2::uuid[])
UNION ALL SELECT 'notices', count(*) FROM notice
WHERE shipment_id = ANY($1) AND (content IS NOT NULL OR address_hash IS NOT NULL)
UNION ALL SELECT 'links', count(*) FROM public_link
WHERE shipment_id = ANY($1) AND revoked_at IS NULL
UNION ALL SELECT 'browsers', count(*) FROM push_subscription WHERE shipment_id = ANY($1)
UNION ALL SELECT 'search_index', count(*) FROM person_index WHERE shipment_id = ANY($1)
UNION ALL SELECT 'staff_notes', count(*) FROM staff_note WHERE shipment_id = ANY($1)
UNION ALL SELECT 'case_words', count(*) FROM case_message WHERE shipment_id = ANY($1)
UNION ALL SELECT 'survey_words', count(*) FROM survey
WHERE shipment_id = ANY($1) AND word IS NOT NULL
UNION ALL SELECT 'audit_words', count(*) FROM audit
WHERE shipment_id = ANY($1) AND detail IS NOT NULL
UNION ALL SELECT 'bonus_codes', count(*) FROM bonus WHERE shipment_id = ANY($1)
UNION ALL SELECT 'inbox_messages', count(*) FROM inbox_message WHERE shipment_id = ANY($1);

-- name: scans_to_anonymise: every scan of these parcels, and as it was told where its code was not known ($1 shipment ids)
SELECT s.shipment_id, s.scan_key, s.digest, s.received_at, s.version, s.body::text AS body,
       s.raw_digest, u.told::text AS told
FROM scan AS s
LEFT JOIN unrecognised_scan AS u USING (shipment_id, scan_key)
WHERE s.shipment_id = ANY($1::uuid[]);

-- name: anonymise_scans: these scans say no more than that, and go by another key where it was made of what they said ($1 shipment ids, $2 keys, $3 new keys, $4 new digests, $5 bodies)
UPDATE scan AS s SET scan_key = a.new_key, digest = a.digest, body = a.body::json, raw_digest = NULL
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[])
     AS a (shipment_id, scan_key, new_key, digest, body)
WHERE s.shipment_id = a.shipment_id AND s.scan_key = a.scan_key;

-- name: anonymise_unrecognised: the same of what was told with codes that were not known ($1 shipment ids, $2 keys, $3 new keys, $4 new digests, $5 told)
UPDATE unrecognised_scan AS u SET scan_key = a.new_key, digest = a.digest, told = a.told::json
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[])
     AS a (shipment_id, scan_key, new_key, digest, told)
WHERE u.shipment_id = a.shipment_id AND u.scan_key = a.scan_key;

-- name: drop_scans: scans that say the same as another one, now that nobody is named ($1 shipment ids, $2 keys)
WITH gone AS (SELECT * FROM unnest($1::uuid[], $2::bytea[]) AS g (shipment_id, scan_key)),
unknown AS (
    DELETE FROM unrecognised_scan AS u USING gone
    WHERE u.shipment_id = gone.shipment_id AND u.scan_key = gone.scan_key
)
DELETE FROM scan AS s USING gone
WHERE s.shipment_id = gone.shipment_id AND s.scan_key = gone.scan_key;

-- name: rename_evidence: compensations stand on scans that go by another key ($1 shipment ids, $2 keys as text, $3 new keys as text)
UPDATE compensation AS c
SET evidence = (SELECT replace(c.evidence::text, r.old, r.new)::json)
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS r (shipment_id, old, new)
WHERE c.shipment_id = r.shipment_id AND c.evidence ->> 'decided_by' = r.old;

-- name: drop_raw_payloads: these payloads, and those that speak of these parcels; how many ($1 digests, $2 ids of journey 1)
WITH spoken AS (
    DELETE FROM raw_parcel WHERE shipment_id = ANY($2::uuid[]) RETURNING digest
), gone AS (
    DELETE FROM raw_payload
    WHERE digest = ANY($1::bytea[]) OR digest = ANY(ARRAY(SELECT digest FROM spoken))
    RETURNING digest
)
SELECT count(*) FROM gone;

-- name: erase_contacts: what is left of whom these registrations concern ($1 shipment ids, $2 sealed contacts or nulls, $3 whether the recipient is gone)
UPDATE registration AS r
SET contact = c.contact,
    merchant_reference = CASE WHEN NOT c.is_gone THEN r.merchant_reference END,
    region = CASE WHEN NOT c.is_gone THEN r.region END
FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS c (shipment_id, contact, is_gone)
WHERE r.shipment_id = c.shipment_id;

-- name: erase_orders: order numbers of these parcels that name somebody ($1 shipment ids)
WITH bills AS (
    UPDATE outcome SET order_ref = NULL WHERE shipment_id = ANY($1::uuid[])
)
UPDATE registration SET order_ref = NULL WHERE shipment_id = ANY($1);

-- name: write_anonymous: from now on these parcels name nobody, which is a new version and no news; wakes the relay, for pages that are open ($1 shipment ids, $2 versions, $3 states, $4 last_at, $5 simple, $6 now)
WITH change AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[], $5::boolean[])
         AS c (shipment_id, version, state, last_at, simple)
), updated AS (
    UPDATE shipment AS s
    SET version = change.version, state = change.state::json, last_at = change.last_at,
        simple = change.simple, erased_at = $6
    FROM change WHERE s.shipment_id = change.shipment_id
), owed AS (
    INSERT INTO outbox (shipment_id, version, created_at)
    SELECT shipment_id, version, $6 FROM change ORDER BY shipment_id
)
SELECT pg_notify('klat_outbox', '');

-- name: hold_against_erasure: whether the people of a parcel were erased; an erasure sees what is written then, or it is seen ($1 shipment)
SELECT erased_at IS NOT NULL FROM shipment WHERE shipment_id = $1 FOR KEY SHARE;

-- name: unmark_erased: their shop names somebody anew ($1 shipment ids)
UPDATE shipment SET erased_at = NULL WHERE shipment_id = ANY($1::uuid[]) AND erased_at IS NOT NULL;

-- name: erase_notices: what these people were told, and what they were to be told ($1 shipment ids, $2 addressees, $3 now)
UPDATE notice AS n
SET content = NULL, address_hash = NULL, said = NULL, needs_another_way = false,
    state = CASE WHEN n.state IN ('planned', 'claimed') THEN 'dropped' ELSE n.state END,
    reason = CASE WHEN n.state IN ('planned', 'claimed') THEN 'erased' ELSE n.reason END,
    changed_at = CASE WHEN n.state IN ('planned', 'claimed') THEN $3 ELSE n.changed_at END
FROM (
    SELECT k.shipment_id, k.occasion, k.round, k.channel, k.addressee
    FROM unnest($1::uuid[], $2::text[]) AS p (shipment_id, addressee)
    JOIN notice AS k USING (shipment_id, addressee)
    ORDER BY k.shipment_id, k.notice_id  -- as all lock them
    FOR NO KEY UPDATE OF k
) AS e
WHERE (n.shipment_id, n.occasion, n.round, n.channel, n.addressee)
    = (e.shipment_id, e.occasion, e.round, e.channel, e.addressee);

-- name: erase_words: what people wrote of these parcels, and what staff typed, and nobody is to answer it; rows of each class ($1 shipment ids, $2 now)
WITH waiting AS (
    UPDATE support_case
    SET state = 'solved', solved_at = $2, changed_at = greatest(changed_at, $2), has_texts = false
    WHERE shipment_id = ANY($1::uuid[]) AND state = 'open'
), notes AS (
    DELETE FROM staff_note WHERE shipment_id = ANY($1::uuid[]) RETURNING 1
), cases AS (
    DELETE FROM case_message WHERE shipment_id = ANY($1) RETURNING 1
), surveys AS (
    UPDATE survey SET word = NULL WHERE shipment_id = ANY($1) AND word IS NOT NULL RETURNING 1
), looks AS (
    UPDATE audit SET detail = NULL WHERE shipment_id = ANY($1) AND detail IS NOT NULL RETURNING 1
), inbox AS (
    DELETE FROM inbox_message WHERE shipment_id = ANY($1) RETURNING 1
), moves AS (
    UPDATE compensation_move SET shopper = NULL,
        why = CASE WHEN by IN ('policy', 'endpoint') THEN why END
    WHERE shipment_id = ANY($1)
      AND (shopper IS NOT NULL OR why IS NOT NULL AND by NOT IN ('policy', 'endpoint'))
    RETURNING 1
), refusals AS (
    UPDATE compensation SET reason = NULL
    WHERE shipment_id = ANY($1) AND state = 'refused' AND reason IS NOT NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM notes) AS staff_notes, (SELECT count(*) FROM cases) AS case_words,
       (SELECT count(*) FROM surveys) AS survey_words, (SELECT count(*) FROM looks) AS audit_words,
       (SELECT count(*) FROM inbox) AS inbox_messages,
       (SELECT count(*) FROM moves) + (SELECT count(*) FROM refusals) AS payments;

-- name: erase_ways_in: nobody opens these pages any more, or is told of them by a browser; rows of each class ($1 shipment ids, $2 now)
WITH links AS (
    UPDATE public_link SET revoked_at = coalesce(revoked_at, $2), sent_to = NULL
    WHERE shipment_id = ANY($1::uuid[]) AND (revoked_at IS NULL OR sent_to IS NOT NULL)
    RETURNING 1
), browsers AS (
    DELETE FROM push_subscription WHERE shipment_id = ANY($1) RETURNING 1
), tries AS (
    DELETE FROM challenge WHERE shipment_id = ANY($1)
), places AS (
    UPDATE standing SET place = NULL WHERE shipment_id = ANY($1) AND place IS NOT NULL
)
SELECT (SELECT count(*) FROM links) AS links, (SELECT count(*) FROM browsers) AS browsers;

-- name: drop_bonuses: these codes pay for nothing any more; what was granted stays with its sum ($1 shipment ids)
DELETE FROM bonus WHERE shipment_id = ANY($1::uuid[]);

-- name: kept_quarantine: what could not be applied, with its sealed bytes; fewer rows where they are long ($1 behind this id, $2 at the most, $3 and none behind so many bytes)
SELECT id, fingerprint, reason, sealed, carrier, native, tracking_number
FROM (
    SELECT quarantine_id AS id, fingerprint, reason, sealed, carrier, native, tracking_number,
           sum(octet_length(sealed)) OVER (
               ORDER BY quarantine_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS bytes
    FROM quarantine
    WHERE quarantine_id > $1 ORDER BY quarantine_id LIMIT $2
) AS page
WHERE coalesce(bytes, 0) < $3 ORDER BY id;

-- name: drop_quarantined: these are not tried again ($1 ids)
DELETE FROM quarantine WHERE quarantine_id = ANY($1::uuid[]);

-- name: blank_quarantined: codes that wait for a meaning, without their example ($1 ids)
UPDATE quarantine SET sealed = NULL WHERE quarantine_id = ANY($1::uuid[]);

-- name: kept_parked: messages whose handling failed, with their sealed bytes; fewer rows where they are long ($1 behind this id, $2 at the most, $3 and none behind so many bytes)
SELECT id, sealed, routing_key, format, tracking_number
FROM (
    SELECT parked_id AS id, sealed, routing_key, headers ->> 'x-format' AS format,
           headers ->> 'x-tracking-number' AS tracking_number,
           sum(octet_length(sealed)) OVER (
               ORDER BY parked_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS bytes
    FROM parked_message
    WHERE parked_id > $1 ORDER BY parked_id LIMIT $2
) AS page
WHERE coalesce(bytes, 0) < $3 ORDER BY id;

-- name: drop_parked: these are not replayed ($1 ids)
DELETE FROM parked_message WHERE parked_id = ANY($1::uuid[]);

-- name: kept_calls: answers that shops were given, sealed ($1 behind this shop, $2 and this key, $3 up to this shop, $4 at the most)
SELECT merchant_id, key, body FROM idempotency
WHERE (merchant_id, key) > ($1, $2) AND merchant_id <= $3 ORDER BY merchant_id, key LIMIT $4;

-- name: drop_calls: these calls are made anew when they are sent again ($1 shops, $2 keys)
DELETE FROM idempotency AS i USING unnest($1::uuid[], $2::text[]) AS g (merchant_id, key)
WHERE i.merchant_id = g.merchant_id AND i.key = g.key;

-- name: kept_searches: what staff looked for, sealed; the earliest first ($1 behind this instant, $2 and this line, $3 at the most, $4 only by who works for this shop alone, or null)
SELECT audit_id AS id, at, detail FROM audit AS a
WHERE at >= $1 AND (at, audit_id) > ($1, $2) AND action = 'searched' AND detail IS NOT NULL
  AND ($4::uuid IS NULL OR EXISTS (
      SELECT FROM staff WHERE staff.staff_id = a.staff_id AND staff.shops <@ ARRAY[$4]))
ORDER BY at, audit_id LIMIT $3;

-- name: blank_audit: what was typed is forgotten, that it was asked stays ($1 ids)
UPDATE audit SET detail = NULL WHERE audit_id = ANY($1::uuid[]);

-- name: begin_erasure: note that somebody is being erased ($1 id, $2 now, $3 by whom, $4 kind, $5 hashes, $6 hashes of the name or null, $7 shop or null, $8 sealed work)
INSERT INTO erasure (erasure_id, begun_at, by, kind, hashes, name_hashes, merchant_id, rows, work)
VALUES ($1, $2, $3, $4, $5::bytea[], $6::bytea[], $7, '{}', $8)
ON CONFLICT (erasure_id) DO NOTHING;

-- name: unfinished_erasure: the one of this person that was cut off ($1 kind, $2 hashes, $3 hashes of the name or null, $4 shop or null)
SELECT * FROM erasure
WHERE done_at IS NULL AND kind = $1 AND hashes && $2::bytea[]
  AND (CASE WHEN $3::bytea[] IS NULL THEN name_hashes IS NULL ELSE name_hashes && $3 END)
  AND merchant_id IS NOT DISTINCT FROM $4
ORDER BY begun_at LIMIT 1;

-- name: count_erased: how much has been erased so far ($1 erasure, $2 rows as JSON, $3 sealed work, or null where it is as before)
UPDATE erasure SET rows = $2::text::json, work = coalesce($3, work) WHERE erasure_id = $1;

-- name: finish_erasure: all of it is done, and what the check found ($1 erasure, $2 now, $3 found as JSON or null)
UPDATE erasure SET done_at = coalesce(done_at, $2), found = coalesce($3::text::json, found),
    work = NULL
WHERE erasure_id = $1;

-- name: list_erasures: who was erased, the latest first ($1 at the most)
SELECT * FROM erasure ORDER BY begun_at DESC, erasure_id LIMIT $1;

-- name: next_people: the next parcels and whom they concern, in the order of their ids ($1 behind this parcel, $2 at the most)
SELECT s.shipment_id, s.created_at, r.registered_at, r.merchant_id, r.contact
FROM (
    SELECT shipment_id, created_at FROM shipment
    WHERE shipment_id > $1 ORDER BY shipment_id LIMIT $2
) AS s
LEFT JOIN LATERAL (
    SELECT * FROM registration AS r WHERE r.shipment_id = s.shipment_id
    OFFSET 0  -- one by one, however few the planner takes them for
) AS r ON true
ORDER BY s.shipment_id;

-- name: next_named: parcels that may name somebody, the oldest first ($1 made before, $2 and $3 behind this one, $4 at the most)
SELECT shipment_id, created_at AS at FROM shipment
WHERE erased_at IS NULL AND created_at < $1 AND (created_at, shipment_id) > ($2, $3::uuid)
ORDER BY created_at, shipment_id LIMIT $4;

-- name: next_contacts: registrations that name somebody, the oldest first ($1 made before, $2 and $3 behind this one, $4 at the most)
SELECT shipment_id, registered_at AS at FROM registration
WHERE contact IS NOT NULL AND registered_at < $1
  AND (registered_at, shipment_id) > ($2, $3::uuid)
ORDER BY registered_at, shipment_id LIMIT $4;

-- name: ended_parcels: of these parcels, the registered ones that may name somebody and whose story has ended, held ($1 ended before, $2 or silent since, $3 shipment ids)
SELECT s.shipment_id FROM shipment AS s
JOIN registration AS r USING (shipment_id)
WHERE s.shipment_id = ANY($3::uuid[]) AND (s.erased_at IS NULL OR r.contact IS NOT NULL)
  AND (s.changed_at < $2 OR s.changed_at < $1
       AND s.status IN ('delivered', 'returned', 'cancelled', 'expired'))
  AND coalesce(r.promise_by < $1, true)
  AND NOT EXISTS (
      SELECT FROM support_case AS c
      WHERE c.shipment_id = s.shipment_id AND (c.state = 'open' OR c.changed_at >= $1))
FOR UPDATE OF s, r SKIP LOCKED;

-- name: unclaimed_parcels: of these parcels, those that no shop registered and that were silent since, held; whether the number named no other one ($1 silent since, $2 shipment ids)
SELECT s.shipment_id, s.journey = 1 AND s.other_journeys IS NULL AS is_lone FROM shipment AS s
LEFT JOIN LATERAL (
    SELECT true AS is_claimed FROM registration AS r WHERE r.shipment_id = s.shipment_id
    OFFSET 0  -- one by one, however few the planner takes them for
) AS shop ON true
WHERE s.shipment_id = ANY($2::uuid[]) AND s.erased_at IS NULL AND s.changed_at < $1
  AND shop.is_claimed IS NULL
FOR UPDATE OF s SKIP LOCKED;

-- name: delete_parcels: forget parcels that are nobody's, and all that hangs on them ($1 shipment ids)
WITH scans AS (DELETE FROM scan WHERE shipment_id = ANY($1::uuid[])),
unknown AS (DELETE FROM unrecognised_scan WHERE shipment_id = ANY($1)),
raw AS (DELETE FROM raw_parcel WHERE shipment_id = ANY($1)),
deadlines AS (DELETE FROM deadline WHERE shipment_id = ANY($1)),
standings AS (DELETE FROM standing WHERE shipment_id = ANY($1)),
etas AS (DELETE FROM eta WHERE shipment_id = ANY($1)),
owed AS (DELETE FROM outbox WHERE shipment_id = ANY($1)),
notes AS (DELETE FROM staff_note WHERE shipment_id = ANY($1)),
looks AS (UPDATE audit SET detail = NULL WHERE shipment_id = ANY($1) AND detail IS NOT NULL)
DELETE FROM shipment WHERE shipment_id = ANY($1);

-- name: rows_of_parcels: everything else that is kept of these parcels, as JSON by class; what staff wrote and did only of who works for no other shops than these ($1 shipment ids, $2 shops or null for all)
SELECT 'registration' AS kind, shipment_id, to_json(t)::text AS row, registered_at AS at
FROM registration AS t WHERE shipment_id = ANY($1::uuid[])
UNION ALL SELECT 'promise', shipment_id, to_json(t)::text, at
FROM promise AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'notice', shipment_id, to_json(t)::text, planned_at
FROM notice AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'compensation', shipment_id, to_json(t)::text, created_at
FROM compensation AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'compensation_move', shipment_id, to_json(t)::text, at
FROM compensation_move AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'bonus', shipment_id, to_json(t)::text, created_at
FROM bonus AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'bonus_redemption', shipment_id, to_json(t)::text, at
FROM bonus_redemption AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'public_link', shipment_id, to_json(t)::text, created_at
FROM public_link AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'push_subscription', shipment_id, to_json(t)::text, created_at
FROM push_subscription AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'staff_note', shipment_id, to_json(t)::text, at
FROM staff_note AS t WHERE shipment_id = ANY($1)
  AND ($2::uuid[] IS NULL OR EXISTS (
      SELECT FROM staff WHERE staff.email = t.email AND staff.shops <@ $2))
UNION ALL SELECT 'support_case', shipment_id, to_json(t)::text, opened_at
FROM support_case AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'case_message', shipment_id, to_json(t)::text, at
FROM case_message AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'survey', shipment_id, to_json(t)::text, answered_at
FROM survey AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'audit', shipment_id, to_json(t)::text, at
FROM audit AS t WHERE shipment_id = ANY($1)
  AND ($2::uuid[] IS NULL OR EXISTS (
      SELECT FROM staff WHERE staff.staff_id = t.staff_id AND staff.shops <@ $2))
UNION ALL SELECT 'outcome', shipment_id, to_json(t)::text, noted_at
FROM outcome AS t WHERE shipment_id = ANY($1)
UNION ALL SELECT 'inbox_message', shipment_id, to_json(t)::text, created_at
FROM inbox_message AS t WHERE shipment_id = ANY($1)
ORDER BY kind, at, shipment_id;

-- name: states_of: how these parcels stand ($1 shipment ids)
SELECT shipment_id, state::text AS state FROM shipment WHERE shipment_id = ANY($1::uuid[]);

-- name: raw_payloads_of: these payloads, sealed ($1 digests)
SELECT digest, carrier, sealed FROM raw_payload WHERE digest = ANY($1::bytea[]);

-- name: suppression_rows: what stands against these addresses, as JSON ($1 address hashes)
SELECT to_json(t)::text AS row FROM suppression AS t WHERE address_hash = ANY($1::bytea[])
ORDER BY since;
