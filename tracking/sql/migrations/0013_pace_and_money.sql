-- What text messages cost, and what may be spent: quotas are taken from before a notice is handed over,
-- and given back where it surely was not taken.

CREATE TABLE sms_quota (
    merchant_id uuid NOT NULL,                  -- all zeros: all shops together
    kind        text NOT NULL,                  -- spend | prefix
    name        text NOT NULL,                  -- the currency; or the keyed hash of a prefix of numbers
    begins      timestamptz NOT NULL,           -- of the day, or of the hour, UTC
    used        bigint NOT NULL CHECK (used >= 0),  -- millionths of the currency's unit; or texts
    near        bigint,                         -- the limit to which it was said to be near
    reached     bigint,                         -- the limit that was said to be reached
    PRIMARY KEY (merchant_id, kind, name, begins)
);
CREATE INDEX sms_quota_by_age ON sms_quota (begins);

ALTER TABLE notice
    ADD COLUMN merchant_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN segments    integer,
    ADD COLUMN cost        bigint,              -- millionths; null: nothing was spent, or nobody knows
    ADD COLUMN currency    text;

-- Each shop has its turn, however much another one has waiting. Rows of the release before name no
-- shop and are served as one of their own.
CREATE INDEX notice_due_by_shop ON notice (channel, merchant_id, due_at) WHERE state = 'planned';
