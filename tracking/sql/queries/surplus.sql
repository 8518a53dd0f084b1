-- name: count_scans: how many scans each of these shipments was told of since then ($1 shipment ids, $2 since)
SELECT shipment_id, count(*) FROM scan
WHERE shipment_id = ANY($1::uuid[]) AND received_at > $2
GROUP BY shipment_id;

-- name: contents_of_scans: which of these scan keys stand in these shipments, and for what content ($1 shipment ids, $2 scan keys)
SELECT shipment_id, scan_key, digest FROM scan
WHERE shipment_id = ANY($1::uuid[]) AND scan_key = ANY($2::bytea[]);
