-- name: insert_policy: the next version of a shop's policy; its number ($1 merchant, $2 valid from, $3 body, $4 source, $5 now)
INSERT INTO policy (merchant_id, version, valid_from, body, source, loaded_at)
SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5 FROM policy WHERE merchant_id = $1
RETURNING version;

-- name: policies_of: every version of these shops' policies ($1 merchants)
SELECT merchant_id, version, valid_from, body::text AS body, source, loaded_at
FROM policy WHERE merchant_id = ANY($1::uuid[]) ORDER BY merchant_id, version;
