-- name: registration_for_update: what a shop said of a shipment, locked ($1 shipment)
SELECT * FROM registration WHERE shipment_id = $1 FOR UPDATE;

-- name: registration: what a shop said of a shipment ($1 shipment)
SELECT * FROM registration WHERE shipment_id = $1;

-- name: save_registration: keep a registration, or what the same shop says now ($1-$16 columns in order)
INSERT INTO registration (
    shipment_id, merchant_id, order_ref, merchant_reference, service, language, country, contact,
    promise_from, promise_by, value_cents, value_currency, notify, digest, registered_at, region
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (shipment_id) DO UPDATE SET
    order_ref = EXCLUDED.order_ref,
    merchant_reference = EXCLUDED.merchant_reference,
    service = EXCLUDED.service,
    language = EXCLUDED.language,
    country = EXCLUDED.country,
    contact = EXCLUDED.contact,
    promise_from = EXCLUDED.promise_from,
    promise_by = EXCLUDED.promise_by,
    value_cents = EXCLUDED.value_cents,
    value_currency = EXCLUDED.value_currency,
    notify = EXCLUDED.notify,
    digest = EXCLUDED.digest,
    region = EXCLUDED.region
WHERE registration.merchant_id = EXCLUDED.merchant_id
RETURNING shipment_id;

-- name: registered_numbers: who registered the newest journey of these numbers, the digest of what was told, and when first ($1 carriers, $2 tracking numbers)
SELECT DISTINCT ON (s.carrier, s.tracking_number) s.carrier, s.tracking_number, r.merchant_id,
       r.digest, r.registered_at
FROM unnest($1::text[], $2::text[]) AS asked (carrier, tracking_number)
JOIN shipment AS s ON s.tracking_number = asked.tracking_number AND s.carrier = asked.carrier
JOIN registration AS r USING (shipment_id)
ORDER BY s.carrier, s.tracking_number, s.journey DESC;

-- name: shipments_of_order: the shipments of an order, latest first ($1 order, $2 merchant or null for all)
SELECT shipment_id
FROM registration
WHERE order_ref = $1 AND ($2::uuid IS NULL OR merchant_id = $2)
ORDER BY registered_at DESC, shipment_id
LIMIT 100;
