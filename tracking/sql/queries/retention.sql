-- name: prune_raw_payloads: forget payloads that came before this ($1 before, $2 limit)
DELETE FROM raw_payload WHERE digest = ANY(ARRAY(
    SELECT digest FROM raw_payload WHERE received_at < $1
    ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: prune_raw_parcels: forget of which parcels payloads spoke that came before this ($1 before, $2 limit)
DELETE FROM raw_parcel WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM raw_parcel WHERE received_at < $1
    ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: prune_quarantine: forget entries that were resolved before this ($1 before, $2 limit)
DELETE FROM quarantine WHERE quarantine_id = ANY(ARRAY(
    SELECT quarantine_id FROM quarantine WHERE resolved_at < $1
    ORDER BY resolved_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: prune_parked: forget messages that were replayed before this ($1 before, $2 limit)
DELETE FROM parked_message WHERE parked_id = ANY(ARRAY(
    SELECT parked_id FROM parked_message WHERE replayed_at < $1
    ORDER BY replayed_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: forget_notice_texts: forget the words of notices that ended before this, and where they went ($1 before, $2 limit)
UPDATE notice SET content = NULL, address_hash = NULL
WHERE notice_id = ANY(ARRAY(
    SELECT notice_id FROM notice WHERE changed_at < $1 AND content IS NOT NULL
    ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: prune_notices: forget notices that ended before this ($1 before, $2 limit)
DELETE FROM notice WHERE notice_id = ANY(ARRAY(
    SELECT notice_id FROM notice WHERE changed_at < $1
    ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: prune_links: forget links made before this, of parcels that nothing was heard of since ($1 before, $2 limit)
DELETE FROM public_link WHERE token_hash = ANY(ARRAY(
    SELECT l.token_hash
    FROM public_link AS l
    JOIN shipment AS s USING (shipment_id)
    LEFT JOIN registration AS r USING (shipment_id)
    WHERE l.created_at < $1 AND s.changed_at < $1 AND coalesce(r.promise_by < $1, true)
    ORDER BY l.created_at LIMIT $2 FOR UPDATE OF l SKIP LOCKED));

-- name: prune_sms_quotas: forget meters that began before this ($1 before, $2 limit)
DELETE FROM sms_quota WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM sms_quota WHERE begins < $1
    ORDER BY begins LIMIT $2 FOR UPDATE SKIP LOCKED));
