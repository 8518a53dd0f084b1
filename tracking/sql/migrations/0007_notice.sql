-- What was said to whom, or decided not to be: one row for each notice of a parcel. A sender claims a
-- row, notes right before it speaks to the provider that it does, and notes how that ended.

CREATE TABLE notice (
    shipment_id uuid NOT NULL,
    occasion    text NOT NULL,
    round       text NOT NULL,                  -- tells a second try or another locker from the first
    channel     text NOT NULL,                  -- sms | email | push
    addressee   text NOT NULL,                  -- recipient | buyer
    notice_id   uuid NOT NULL,                  -- derived from the five; what providers are told
    state       text NOT NULL,
    reason      text,                           -- why it was dropped or failed
    due_at      timestamptz NOT NULL,
    until       timestamptz NOT NULL,           -- from then on it is not worth saying
    fact_id     text,                           -- the news after which it was decided
    version     integer NOT NULL,               -- of the shipment, when it was decided or sent
    tries       integer NOT NULL DEFAULT 0,
    language    text,
    provider    text,
    provider_id text,                           -- by what a receipt names it
    content     text,                           -- sealed JSON: the words as they were sent
    planned_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, occasion, round, channel, addressee)
);
CREATE INDEX notice_due ON notice (channel, due_at) WHERE state = 'planned';
CREATE INDEX notice_in_hand ON notice (changed_at) WHERE state IN ('claimed', 'handed');
CREATE INDEX notice_by_provider ON notice (provider, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX notice_by_id ON notice (notice_id);
