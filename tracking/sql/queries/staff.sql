-- name: insert_staff: somebody new ($1 id, $2 e-mail, $3 name, $4 role, $5 shops or null, $6 password hash, $7 one-time until, $8 now)
INSERT INTO staff (staff_id, email, name, role, shops, password, one_time_until, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (email) DO NOTHING
RETURNING staff_id;

-- name: list_staff: everybody, with the names of the shops they see
SELECT *, ARRAY(SELECT m.name FROM merchant AS m WHERE m.merchant_id = ANY(shops) ORDER BY m.name)
       AS shop_names
FROM staff ORDER BY email;

-- name: staff_by_email: who logs in by this ($1 e-mail)
SELECT * FROM staff WHERE email = $1;

-- name: staff_by_identity: whom a provider means ($1 issuer, $2 subject)
SELECT staff.* FROM staff_identity JOIN staff USING (staff_id) WHERE issuer = $1 AND subject = $2;

-- name: tie_identity: from now on a provider means somebody by this, unless either is tied already ($1 staff, $2 issuer, $3 subject, $4 now)
INSERT INTO staff_identity (staff_id, issuer, subject, created_at)
SELECT staff_id, $2, $3, $4 FROM staff WHERE staff_id = $1 AND disabled_at IS NULL
ON CONFLICT DO NOTHING
RETURNING staff_id;

-- name: save_password: from now on this one, if that is the one before ($1 id, $2 password hash, $3 one-time until or null, $4 hash of before)
UPDATE staff SET password = $2, one_time_until = $3 WHERE staff_id = $1 AND password = $4
RETURNING staff_id;

-- name: reset_staff: everything begins anew, and every session ends ($1 id, $2 password hash, $3 one-time until)
WITH ended AS (DELETE FROM staff_session WHERE staff_id = $1),
     untied AS (DELETE FROM staff_identity WHERE staff_id = $1)
UPDATE staff SET password = $2, one_time_until = $3, totp = NULL, totp_step = 0, disabled_at = NULL
WHERE staff_id = $1;

-- name: set_totp: a second factor for who has none ($1 id, $2 sealed secret, $3 last step used)
UPDATE staff SET totp = $2, totp_step = $3 WHERE staff_id = $1 AND totp IS NULL
RETURNING staff_id;

-- name: use_totp_step: this code was used, if no later one was ($1 id, $2 step)
UPDATE staff SET totp_step = $2 WHERE staff_id = $1 AND totp_step < $2 RETURNING staff_id;

-- name: disable_staff: nobody works by this any more, and every session ends ($1 id, $2 when)
WITH ended AS (DELETE FROM staff_session WHERE staff_id = $1)
UPDATE staff SET disabled_at = $2 WHERE staff_id = $1;

-- name: insert_session: somebody has logged in, unless the password is another one by now ($1 hash, $2 staff, $3 whether the second factor was given, $4 now, $5 hash of the password they had, $6 whether a provider said who it is, $7 since when they are logged in)
WITH held AS (
    SELECT staff_id FROM staff
    WHERE staff_id = $2 AND password = $5 AND disabled_at IS NULL
    FOR NO KEY UPDATE
)
INSERT INTO staff_session (session_hash, staff_id, second, created_at, seen_at, by_provider)
SELECT $1, staff_id, $3, $7, $4, $6 FROM held
RETURNING staff_id;

-- name: find_session: a session and whose it is ($1 hash)
SELECT s.session_hash, s.second, s.created_at AS session_created_at, s.seen_at, s.by_provider, staff.*
FROM staff_session AS s JOIN staff USING (staff_id)
WHERE s.session_hash = $1 AND staff.disabled_at IS NULL;

-- name: touch_session: it was used ($1 hash, $2 now)
UPDATE staff_session SET seen_at = $2 WHERE session_hash = $1 AND seen_at < $2;

-- name: end_session: it has ended, if it had not before ($1 hash)
DELETE FROM staff_session WHERE session_hash = $1 RETURNING staff_id;

-- name: end_sessions_of: all of somebody have ended ($1 staff)
DELETE FROM staff_session WHERE staff_id = $1;

-- name: sessions_of: where somebody is logged in, the latest used first ($1 staff, $2 used after, $3 begun after, $4 at the most)
SELECT session_hash, created_at, seen_at FROM staff_session
WHERE staff_id = $1 AND seen_at > $2 AND created_at > $3
ORDER BY seen_at DESC LIMIT $4;

-- name: end_sessions: these of somebody have ended ($1 staff, $2 hashes)
DELETE FROM staff_session WHERE staff_id = $1 AND session_hash = ANY($2::bytea[])
RETURNING session_hash;

-- name: change_staff: from now on this role and these shops, and every session ends ($1 id, $2 role, $3 shops or null)
WITH ended AS (DELETE FROM staff_session WHERE staff_id = $1)
UPDATE staff SET role = $2, shops = $3 WHERE staff_id = $1;

-- name: prune_sessions: forget those begun before this ($1 before, $2 limit)
DELETE FROM staff_session WHERE session_hash = ANY(ARRAY(
    SELECT session_hash FROM staff_session WHERE created_at < $1
    LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: claim_login: count one try before it is looked at ($1 hash of who is tried, $2 now, $3 tries, $4 first pause, $5 longest pause)
INSERT INTO login_try AS t (name_hash, wrong, paused_until, at)
VALUES ($1, 1, NULL, $2)
ON CONFLICT (name_hash) DO UPDATE SET
    wrong = t.wrong + 1,
    at = $2,
    paused_until = CASE WHEN (t.wrong + 1) % $3::integer = 0
        THEN $2::timestamptz + least($4::interval * power(2, least((t.wrong + 1) / $3 - 1, 20)), $5::interval)
    END
WHERE t.paused_until IS NULL OR t.paused_until <= $2
RETURNING wrong;

-- name: forget_logins: the answer was right ($1 hashes of who is tried)
DELETE FROM login_try WHERE name_hash = ANY($1::bytea[]);

-- name: prune_logins: forget who was last tried before this ($1 before, $2 limit)
DELETE FROM login_try WHERE name_hash = ANY(ARRAY(
    SELECT name_hash FROM login_try WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: note_audit: somebody saw or did something ($1 id, $2 at, $3 staff, $4 e-mail, $5 action, $6 shipment or null, $7 sealed detail or null, $8 shop or null)
INSERT INTO audit (audit_id, at, staff_id, email, action, shipment_id, detail, merchant_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: note_seen: somebody looks at a parcel, unless that was noted since then ($1 id, $2 at, $3 staff, $4 e-mail, $5 shipment, $6 since)
INSERT INTO audit (audit_id, at, staff_id, email, action, shipment_id)
SELECT $1, $2, $3, $4, 'parcel_seen', $5
WHERE NOT EXISTS (
    SELECT FROM audit WHERE shipment_id = $5 AND at > $6 AND staff_id = $3 AND action = 'parcel_seen');

-- name: audit_of_shipment: who saw or did what with a parcel, the latest first ($1 shipment, $2 at the most, $3 only by who works for no other shops than these, or null)
SELECT at, email, action, detail, audit_id FROM audit AS a
WHERE shipment_id = $1
  AND ($3::uuid[] IS NULL OR EXISTS (
      SELECT FROM staff WHERE staff.staff_id = a.staff_id AND staff.shops <@ $3))
ORDER BY at DESC LIMIT $2;

-- name: audit_of_merchant: what was done to a shop, the latest first; by whom, where they work for no other shops than these ($1 shop, $2 at the most, $3 shops or null for all)
SELECT at, action, detail, audit_id,
       CASE WHEN $3::uuid[] IS NULL OR EXISTS (
           SELECT FROM staff WHERE staff.staff_id = a.staff_id AND staff.shops <@ $3)
       THEN email END AS email
FROM audit AS a WHERE merchant_id = $1
ORDER BY at DESC LIMIT $2;

-- name: list_audit: who saw or did what, the latest first ($1 before, $2 e-mail or null for all, $3 at the most)
SELECT at, email, action, shipment_id, detail, audit_id, merchant_id FROM audit
WHERE at < $1 AND ($2::text IS NULL OR email = $2)
ORDER BY at DESC LIMIT $3;

-- name: forget_searches: forget what was typed into the search before this, and what was found; that somebody searched stays ($1 before, $2 limit)
UPDATE audit SET detail = NULL WHERE audit_id = ANY(ARRAY(
    SELECT audit_id FROM audit WHERE at < $1 AND action = 'searched' AND detail IS NOT NULL
    ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: prune_audit: forget what was seen or done before this ($1 before, $2 limit)
DELETE FROM audit WHERE audit_id = ANY(ARRAY(
    SELECT audit_id FROM audit WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED));

-- name: insert_note: somebody wrote this of a parcel, and whether it is new; nothing where its people were erased ($1 shipment, $2 note, $3 at, $4 e-mail, $5 sealed text)
INSERT INTO staff_note (shipment_id, note_id, at, email, text)
SELECT shipment_id, $2, $3, $4, $5 FROM shipment
WHERE shipment_id = $1 AND erased_at IS NULL
FOR KEY SHARE  -- an erasure sees it, or it sees the erasure
ON CONFLICT (shipment_id, note_id) DO UPDATE SET note_id = EXCLUDED.note_id  -- as it is, to be told
RETURNING xmax = 0;

-- name: notes_of: what staff wrote of a parcel ($1 shipment, $2 only by who works for no other shops than these, or null)
SELECT note_id, at, email, text FROM staff_note AS n
WHERE shipment_id = $1
  AND ($2::uuid[] IS NULL OR EXISTS (
      SELECT FROM staff WHERE staff.email = n.email AND staff.shops <@ $2))
ORDER BY at, note_id;
