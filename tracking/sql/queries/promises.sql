-- name: promises_of: every promise that was made for a parcel, in order ($1 shipment)
SELECT at, mover, starts, by FROM promise WHERE shipment_id = $1 ORDER BY at;

-- name: insert_promise: a promise that was made; twice at one instant is once ($1 shipment, $2 at, $3 mover, $4 starts, $5 by)
INSERT INTO promise (shipment_id, at, mover, starts, by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (shipment_id, at) DO NOTHING;

-- name: standing_of: how the promise of a parcel stands, as it was published ($1 shipment)
SELECT slip FROM standing WHERE shipment_id = $1;
