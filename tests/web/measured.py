"""A shop whose year is counted: parcels of three carriers, cases, marks and messages.

By rule, not by chance, so that what is shown can be reckoned.
"""

from datetime import timedelta
from uuid import UUID

from tracking.measuring import count_due, mark_due

FILL = (
    # Every 6 hours a parcel, 1,000 of them: 250 days.
    """
    INSERT INTO shipment (shipment_id, carrier, tracking_number, version, status, state, simple,
                          created_at, changed_at)
    SELECT md5($1::text || n)::uuid, (ARRAY['omniva', 'dpd', 'venipak'])[1 + n % 3],
           left($1::text, 8) || n, 1, 'delivered', '{}', true, $2::timestamptz, $2
    FROM generate_series(0, 999) AS n
    """,
    """
    INSERT INTO registration (shipment_id, merchant_id, notify, digest, registered_at)
    SELECT md5($1::text || n)::uuid, $1::text::uuid, '{}', 'd',
           $2::timestamptz - n * interval '6 hours'
    FROM generate_series(0, 999) AS n
    """,
    # Of Venipak every third is late, of the others every fiftieth.
    """
    INSERT INTO outcome (shipment_id, merchant_id, carrier, tracking_number, country, zone, status,
        in_transit_at, arrived_at, promised_by, attempts, is_lost, was_silent, noted_at, slip)
    SELECT shipment_id, merchant_id, carrier, tracking_number, 'LV', 'Europe/Riga', 'delivered',
        registered_at, registered_at, registered_at, 0, false, false, $2::timestamptz,
        CASE WHEN carrier = 'venipak' AND substr(tracking_number, 9)::int % 9 = 2 THEN 'broken'
             WHEN substr(tracking_number, 9)::int % 50 = 0 THEN 'broken' ELSE 'kept' END
    FROM registration JOIN shipment USING (shipment_id) WHERE merchant_id = $1::text::uuid
    """,
    """
    INSERT INTO compensation (shipment_id, tier, compensation_id, merchant_id, policy_version,
        policy, rule, kind, borne_by, currency, cents, used, state, evidence, created_at,
        changed_at)
    SELECT shipment_id, 0, gen_random_uuid(), merchant_id, 1, 'p', 'r', 'code', 'shop', 'EUR', 300,
           0, 'issued', '{}', $2::timestamptz, $2
    FROM outcome WHERE slip = 'broken' AND merchant_id = $1::text::uuid
    """,
    """
    INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id, state, due_at,
                        until, version, planned_at, changed_at, cost, currency)
    SELECT shipment_id, 'delivered', '', c.channel, 'recipient', gen_random_uuid(),
           CASE WHEN c.channel = 'email' THEN 'sent'
                WHEN substr(tracking_number, 9)::int % 10 = 0 THEN 'failed' ELSE 'delivered' END,
           $2::timestamptz, $2, 1, $2, $2, CASE WHEN c.channel = 'sms' THEN 45000 END, 'EUR'
    FROM registration JOIN shipment USING (shipment_id),
         (VALUES ('sms'), ('email')) AS c (channel)
    WHERE merchant_id = $1::text::uuid
    """,
    # Of every twentieth parcel somebody asks, mostly where it is; answered after 1 to 50 hours.
    """
    INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state, language,
        contacts, opened_at, asked_at, answered_at, solved_at, changed_at)
    SELECT md5($1::text || n)::uuid, gen_random_uuid(), $1::text::uuid,
           CASE WHEN n % 60 = 0 THEN 'damaged' ELSE 'where_is_it' END, 'shopper', 'solved', 'lv',
           1 + (n % 100 = 0)::int, at, at, at + (1 + n / 20) * interval '1 hour',
           at + interval '3 days', $2::timestamptz
    FROM generate_series(0, 999, 20) AS n,
         LATERAL (SELECT $2::timestamptz - n * interval '6 hours') AS t (at)
    """,
    """
    INSERT INTO survey (shipment_id, merchant_id, carrier, answered_at, recommend, courier,
                        packaging)
    SELECT s.shipment_id, $1::text::uuid, s.carrier, $2::timestamptz - n * interval '6 hours',
           (ARRAY[10, 9, 9, 8, 3])[1 + n / 10 % 5], 4,
           (ARRAY['right', 'right', 'too_big', 'right', 'damaged'])[1 + n / 10 % 5]
    FROM generate_series(0, 999, 10) AS n
    JOIN shipment AS s ON s.shipment_id = md5($1::text || n)::uuid
    """,
)


async def open_shop(world, name: str) -> UUID:
    """Its id; `world.key("merchant", name)` makes its key."""
    await world.key("merchant", name)
    return await world.pool.fetchval("SELECT merchant_id FROM merchant WHERE name = $1", name)


async def fill(world, shop: UUID) -> None:
    """A year of it, up to an hour ago, and counted."""
    at = world.clock() - timedelta(hours=1)
    for sql in FILL:
        await world.pool.execute(sql, str(shop), at)
    await counted(world)


async def counted(world) -> None:
    await mark_due(world.pool, world.clock(), every=timedelta())
    await count_due(world.pool)
