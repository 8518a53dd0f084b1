-- name: count_scans: how many scans these shipments have together ($1 shipment ids)
SELECT count(*) FROM scan WHERE shipment_id = ANY($1::uuid[]);
