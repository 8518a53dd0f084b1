-- What shops promise and owe, what was told of that, and when to look again.

-- A shop's promise and bonus rules, every version that was loaded. The latest of those that are
-- valid on the day of the promise holds.
CREATE TABLE policy (
    merchant_id uuid NOT NULL REFERENCES merchant,
    version     integer NOT NULL,
    valid_from  date NOT NULL,
    body        json NOT NULL,                  -- schemas.policy.ShopPolicy
    source      text NOT NULL,                  -- the file as it was loaded
    loaded_at   timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, version)
);

CREATE INDEX registration_by_shop ON registration (merchant_id, registered_at);

-- Every promise that was made for a parcel, and who made it. None is ever changed or deleted.
CREATE TABLE promise (
    shipment_id uuid NOT NULL,
    at          timestamptz NOT NULL,           -- when it was made
    mover       text NOT NULL,                  -- shop | rule | shopper
    starts      timestamptz,
    by          timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, at)
);
INSERT INTO promise (shipment_id, at, mover, starts, by)
SELECT shipment_id, registered_at, 'shop', promise_from, promise_by
FROM registration WHERE promise_by IS NOT NULL;

-- What was published of a parcel as time went by, so that it is published once.
CREATE TABLE standing (
    shipment_id  uuid PRIMARY KEY,
    slip         text,                          -- awaited | at_risk | broken | kept | void
    tiers        integer NOT NULL,              -- of lateness that were reached
    silent_since timestamptz,
    pickup_until timestamptz,
    statutory    integer NOT NULL DEFAULT 0     -- 1: overdue by law, 2: the shopper may withdraw
) WITH (fillfactor = 80);

-- When to look at a parcel again, and why. Whoever changes its rows holds the row of the shipment.
CREATE TABLE deadline (
    shipment_id uuid NOT NULL,
    kind        text NOT NULL,                  -- tracking.domain.standing.DeadlineKind
    due_at      timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, kind)
);
CREATE INDEX deadline_due ON deadline (due_at);

-- Parcels that are under way are looked at once, in the order in which they came. What was broken
-- before this release is told now: nobody was told.
INSERT INTO deadline (shipment_id, kind, due_at)
SELECT shipment_id, 'review', created_at FROM shipment
WHERE status NOT IN ('delivered', 'returned', 'cancelled', 'expired');
