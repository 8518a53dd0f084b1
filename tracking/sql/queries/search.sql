-- name: find_by_number: parcels of these numbers or orders, in any case and also without the number of the parcel behind the order, the latest first ($1 tracking numbers without blanks and hyphens, $2 orders, $3 shops or null for all, $4 at the most, $5 nine digits of numbers of the Universal Postal Union)
(SELECT s.shipment_id FROM shipment AS s
 LEFT JOIN registration AS r USING (shipment_id)
 WHERE translate(s.tracking_number, ' -./_~', '') = ANY($1::text[])
   AND ($3::uuid[] IS NULL OR r.merchant_id = ANY($3))
 ORDER BY s.created_at DESC LIMIT $4)
UNION
(SELECT s.shipment_id FROM shipment AS s
 LEFT JOIN registration AS r USING (shipment_id)
 WHERE substring(translate(s.tracking_number, ' -./_~', '')
                 FROM '^[A-Z]{2}([0-9]{9})[A-Z]{2}$') = ANY($5::text[])
   AND ($3::uuid[] IS NULL OR r.merchant_id = ANY($3))
 ORDER BY s.created_at DESC LIMIT $4)
UNION
(SELECT shipment_id FROM registration
 WHERE lower(regexp_replace(order_ref, '[-./][0-9]{1,2}$', '')) = ANY(ARRAY(
           SELECT lower(begun) FROM unnest($2::text[]) AS typed,
           LATERAL (VALUES (typed), (regexp_replace(typed, '[-./][0-9]{1,2}$', ''))) AS b (begun)))
   AND (lower(order_ref) = ANY(ARRAY(SELECT lower(typed) FROM unnest($2::text[]) AS typed))
        OR lower(regexp_replace(order_ref, '[-./][0-9]{1,2}$', ''))
           = ANY(ARRAY(SELECT lower(typed) FROM unnest($2::text[]) AS typed)))
   AND ($3::uuid[] IS NULL OR merchant_id = ANY($3))
 ORDER BY registered_at DESC LIMIT $4);

-- name: find_by_person: parcels whose people have one of each of these terms, the latest first; of a very common name those that are met first ($1-$4 hashes of terms, $5 shops or null for all, $6 at the most, $7 looked at for that)
SELECT shipment_id FROM (
    SELECT shipment_id, registered_at FROM person_index
    WHERE terms && $1::integer[] AND terms && $2::integer[] AND terms && $3::integer[]
      AND terms && $4::integer[] AND ($5::uuid[] IS NULL OR merchant_id = ANY($5))
    LIMIT $7
) AS met
ORDER BY registered_at DESC LIMIT $6;

-- name: find_by_place: parcels that wait where the name or id has all of these words ($1 words, $2 shops or null for all, $3 at the most)
SELECT st.shipment_id FROM standing AS st
LEFT JOIN registration AS r USING (shipment_id)
WHERE st.place IS NOT NULL AND string_to_array(st.place, ' ') @> $1::text[]
  AND ($2::uuid[] IS NULL OR r.merchant_id = ANY($2))
LIMIT $3;

-- name: find_by_link: the parcel of a tracking page ($1 hashes of its token)
SELECT shipment_id FROM public_link WHERE token_hash = ANY($1::bytea[]);

-- name: found_parcels: what a search shows of these, and by what it is made sure ($1 shipment ids, $2 shops or null for all)
SELECT s.shipment_id, s.carrier, s.tracking_number, s.status, s.changed_at, r.order_ref, r.contact,
       r.registered_at, m.name AS merchant_name, st.place
FROM shipment AS s
LEFT JOIN registration AS r USING (shipment_id)
LEFT JOIN merchant AS m USING (merchant_id)
LEFT JOIN standing AS st USING (shipment_id)
WHERE s.shipment_id = ANY($1::uuid[])
  AND ($2::uuid[] IS NULL OR r.merchant_id = ANY($2));

-- name: keep_person_index: by what these people are found from now on; of registrations that are held ($1 shipments, $2 key, $3 terms of each as JSON)
INSERT INTO person_index (shipment_id, merchant_id, registered_at, key_id, of_contact, terms)
SELECT r.shipment_id, r.merchant_id, r.registered_at, $2, md5(r.contact),
       ARRAY(SELECT value::integer FROM json_array_elements_text(t.terms))
FROM unnest($1::uuid[], $3::json[]) AS t (shipment_id, terms)
JOIN registration AS r USING (shipment_id)
WHERE r.contact IS NOT NULL
ORDER BY r.shipment_id
ON CONFLICT (shipment_id) DO UPDATE
SET merchant_id = EXCLUDED.merchant_id, registered_at = EXCLUDED.registered_at,
    key_id = EXCLUDED.key_id, of_contact = EXCLUDED.of_contact, terms = EXCLUDED.terms;

-- name: drop_person_index: nobody is found by these any more ($1 shipment ids)
DELETE FROM person_index WHERE shipment_id = ANY($1::uuid[]);

-- name: compare_person_index: the next so many registrations, and whether the index is of their contact and this key ($1 behind this shipment, $2 key, $3 at the most)
SELECT r.shipment_id,
       CASE WHEN r.contact IS NULL THEN i.shipment_id IS NULL
            ELSE coalesce(i.key_id = $2 AND i.of_contact = md5(r.contact), false) END AS is_indexed
FROM (
    SELECT shipment_id, contact FROM registration
    WHERE shipment_id > $1 ORDER BY shipment_id LIMIT $3
) AS r
LEFT JOIN LATERAL (
    SELECT * FROM person_index AS p WHERE p.shipment_id = r.shipment_id
    OFFSET 0  -- one by one, however few the planner takes them for
) AS i ON true
ORDER BY r.shipment_id;

-- name: hold_contacts: of these registrations, held until the end of the transaction ($1 shipment ids)
SELECT shipment_id, contact FROM registration
WHERE shipment_id = ANY($1::uuid[]) ORDER BY shipment_id
FOR NO KEY UPDATE;

-- name: review_unplaced: parcels that wait, and of which it is not known where, are looked at anew; wakes the clocks ($1 now)
WITH asked AS (
    INSERT INTO deadline (shipment_id, kind, due_at)
    SELECT s.shipment_id, 'review', $1 FROM shipment AS s
    LEFT JOIN standing AS st USING (shipment_id)
    WHERE s.status = 'ready_for_pickup' AND st.place IS NULL
      AND s.state -> 'pickup_place' ->> 'name' IS NOT NULL
    ORDER BY s.shipment_id
    ON CONFLICT (shipment_id, kind) DO NOTHING
)
SELECT pg_notify('klat_clock', '');
