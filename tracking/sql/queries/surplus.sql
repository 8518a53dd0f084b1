-- name: count_scans: how many scans each of these shipments was told of since then ($1 shipment ids, $2 since)
SELECT shipment_id, count(*) FROM scan
WHERE shipment_id = ANY($1::uuid[]) AND received_at > $2
GROUP BY shipment_id;
