-- name: keep_inbox_message: keep a message of a notice, once ($1 notice id, $2 channel, $3 content, $4 HTML or null, $5 now)
INSERT INTO inbox_message (shipment_id, notice_id, channel, content, html, created_at)
SELECT shipment_id, notice_id, $2, $3, $4, $5 FROM notice WHERE notice_id = $1
ON CONFLICT DO NOTHING;

-- name: prune_inbox: forget what is older than the newest so many ($1 how many stay)
DELETE FROM inbox_message WHERE created_at < (
    SELECT created_at FROM inbox_message ORDER BY created_at DESC OFFSET $1 - 1 LIMIT 1);

-- name: inbox_messages: the newest messages, without HTML ($1 a shipment or null, $2 at the most)
SELECT i.shipment_id, i.notice_id, i.content, i.created_at, s.tracking_number
FROM (SELECT shipment_id, notice_id, content, created_at FROM inbox_message
      WHERE $1::uuid IS NULL OR shipment_id = $1
      ORDER BY created_at DESC, notice_id LIMIT $2) AS i
JOIN shipment AS s USING (shipment_id)
ORDER BY i.created_at DESC, i.notice_id;

-- name: inbox_parcels: parcels with messages, the latest news first ($1 at the most)
SELECT s.shipment_id, s.tracking_number
FROM (SELECT shipment_id, max(created_at) AS latest FROM inbox_message
      GROUP BY shipment_id ORDER BY latest DESC LIMIT $1) AS i
JOIN shipment AS s USING (shipment_id)
ORDER BY i.latest DESC;

-- name: inbox_html: the HTML of a mail ($1 notice id)
SELECT html FROM inbox_message WHERE notice_id = $1 AND html IS NOT NULL;

-- name: waiting_notices: what is planned, the next first ($1 a shipment or null, $2 at the most)
SELECT n.shipment_id, n.occasion, n.channel, n.due_at, s.tracking_number
FROM (SELECT shipment_id, occasion, channel, due_at FROM notice
      WHERE state = 'planned' AND ($1::uuid IS NULL OR shipment_id = $1)
      ORDER BY due_at LIMIT $2) AS n
JOIN shipment AS s USING (shipment_id)
ORDER BY n.due_at;
