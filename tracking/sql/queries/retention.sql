-- name: prune_raw_payloads: forget payloads that came before this ($1 before, $2 limit)
DELETE FROM raw_payload WHERE digest = ANY(ARRAY(
    SELECT digest FROM raw_payload WHERE received_at < $1
    ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: prune_quarantine: forget entries that were resolved before this ($1 before, $2 limit)
DELETE FROM quarantine WHERE quarantine_id = ANY(ARRAY(
    SELECT quarantine_id FROM quarantine WHERE resolved_at < $1
    ORDER BY resolved_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: prune_parked: forget messages that were replayed before this ($1 before, $2 limit)
DELETE FROM parked_message WHERE parked_id = ANY(ARRAY(
    SELECT parked_id FROM parked_message WHERE replayed_at < $1
    ORDER BY replayed_at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: prune_sms_quotas: forget meters that began before this ($1 before, $2 limit)
DELETE FROM sms_quota WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM sms_quota WHERE begins < $1
    ORDER BY begins LIMIT $2 FOR UPDATE SKIP LOCKED));
