-- name: count_scans: how many scans these shipments were told of since then, together ($1 shipment ids, $2 since)
SELECT count(*) FROM scan WHERE shipment_id = ANY($1::uuid[]) AND received_at > $2;
