-- name: deliveries_of_parcel: what was posted of a parcel to the webhooks of its shop, the latest first ($1 merchant, $2 shipment as text, $3 how many)
SELECT d.type, d.state, d.due_at, d.tries, d.tried_at, d.outcome, d.status, d.response_ms,
       d.created_at, w.url
FROM webhook_delivery AS d
LEFT JOIN webhook AS w USING (merchant_id, webhook_id)
WHERE d.merchant_id = $1 AND left(d.fact_id, 36) = $2
ORDER BY d.created_at DESC LIMIT $3;

-- name: deadlines_of: when a parcel is looked at again, and why ($1 shipment)
SELECT kind, due_at FROM deadline WHERE shipment_id = $1 ORDER BY due_at;

-- name: subscribed_at: when browsers asked to be told of a parcel ($1 shipment)
SELECT created_at, language FROM push_subscription WHERE shipment_id = $1 ORDER BY created_at;

-- name: guesses_at: wrong answers to the second factor of a parcel, and until when nobody may try ($1 shipment)
SELECT wrong, paused_until FROM challenge WHERE shipment_id = $1;

-- name: wishes_since: what stands against these addresses, and since when ($1 address hashes, $2 merchant)
SELECT channel, reason, level, since FROM suppression
WHERE address_hash = ANY($1::bytea[])
  AND merchant_id IN ($2, '00000000-0000-0000-0000-000000000000')
ORDER BY since;

-- name: raw_of_scan: a scan as it was read, and the payload that it came in while that is kept ($1 shipment, $2 key)
SELECT s.body::text AS body, s.received_at, s.raw_digest, r.sealed
FROM scan AS s LEFT JOIN raw_payload AS r ON r.digest = s.raw_digest
WHERE s.shipment_id = $1 AND s.scan_key = $2;

-- name: besides: what stands beside each of these parcels, as a sign that changes with it ($1 shipments)
SELECT s.shipment_id, md5(concat_ws(' ',
    (SELECT string_agg(concat(notice_id, state, changed_at), ' ' ORDER BY notice_id)
     FROM notice AS n WHERE n.shipment_id = s.shipment_id),
    (SELECT string_agg(concat(tier, state, changed_at), ' ' ORDER BY tier)
     FROM compensation AS c WHERE c.shipment_id = s.shipment_id),
    (SELECT string_agg(concat(case_id, state, contacts, changed_at), ' ' ORDER BY case_id)
     FROM support_case AS c WHERE c.shipment_id = s.shipment_id),
    (SELECT max(answered_at) FROM survey AS v WHERE v.shipment_id = s.shipment_id),
    (SELECT concat(count(*), max(at)) FROM audit AS a
     WHERE a.shipment_id = s.shipment_id AND action <> 'parcel_seen')
)) AS sign
FROM unnest($1::uuid[]) AS s (shipment_id);
