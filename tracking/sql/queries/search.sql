-- name: find_by_number: parcels of these numbers or orders, the latest first ($1 tracking numbers, $2 orders, $3 shops or null for all, $4 at the most)
(SELECT s.shipment_id FROM shipment AS s
 LEFT JOIN registration AS r USING (shipment_id)
 WHERE s.tracking_number = ANY($1::text[])
   AND ($3::uuid[] IS NULL OR r.merchant_id = ANY($3))
 ORDER BY s.created_at DESC LIMIT $4)
UNION
(SELECT shipment_id FROM registration
 WHERE order_ref = ANY($2::text[])
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

-- name: found_parcels: what a search shows of these, and by what it is made sure ($1 shipment ids)
SELECT s.shipment_id, s.carrier, s.tracking_number, s.status, s.changed_at, r.order_ref, r.contact,
       r.registered_at, m.name AS merchant_name, st.place
FROM shipment AS s
LEFT JOIN registration AS r USING (shipment_id)
LEFT JOIN merchant AS m USING (merchant_id)
LEFT JOIN standing AS st USING (shipment_id)
WHERE s.shipment_id = ANY($1::uuid[]);

-- name: keep_person_index: by what these people are found from now on ($1 shipments, $2 shops, $3 registered at, $4 key, $5 terms of each as JSON)
INSERT INTO person_index (shipment_id, merchant_id, registered_at, key_id, terms)
SELECT shipment_id, merchant_id, registered_at, $4,
       ARRAY(SELECT value::integer FROM json_array_elements_text(terms))
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $5::json[])
     AS t (shipment_id, merchant_id, registered_at, terms)
ORDER BY shipment_id
ON CONFLICT (shipment_id) DO UPDATE
SET merchant_id = EXCLUDED.merchant_id, registered_at = EXCLUDED.registered_at,
    key_id = EXCLUDED.key_id, terms = EXCLUDED.terms;

-- name: drop_person_index: nobody is found by these any more ($1 shipment ids)
DELETE FROM person_index WHERE shipment_id = ANY($1::uuid[]);

-- name: next_registrations: the next so many, held, and whether each is indexed under this key ($1 behind this shipment, $2 key, $3 at the most)
SELECT r.shipment_id, r.merchant_id, r.registered_at, r.contact,
       i.key_id IS NOT DISTINCT FROM $2 AS is_indexed
FROM registration AS r
LEFT JOIN person_index AS i USING (shipment_id)
WHERE r.shipment_id > $1
ORDER BY r.shipment_id
LIMIT $3
FOR NO KEY UPDATE OF r;
