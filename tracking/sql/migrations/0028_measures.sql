-- How a shop, its carriers and its support do, counted by day and added up by month; what is read of a
-- year is months, not parcels. Days are those of the zone of home. Names nobody, and outlives what it
-- was counted from.

CREATE TABLE measure (
    merchant_id     uuid NOT NULL,
    span            text NOT NULL,              -- day | month
    day             date NOT NULL,              -- of a month the first
    carrier         text NOT NULL,
    -- Of the parcels registered on that day, whenever it came about.
    parcels         integer NOT NULL,
    judged          integer NOT NULL,           -- had a promise that is kept or broken by now
    on_time         integer NOT NULL,
    sms_tried       integer NOT NULL,           -- messages handed to a provider, or that could not be
    sms_went        integer NOT NULL,           -- of them, those it took and did not bring back
    sms_confirmed   integer NOT NULL,           -- of those, the ones it says arrived
    email_tried     integer NOT NULL,
    email_went      integer NOT NULL,
    email_confirmed integer NOT NULL,
    push_tried      integer NOT NULL,
    push_went       integer NOT NULL,
    push_confirmed  integer NOT NULL,
    -- Of the cases opened on that day by shoppers and staff.
    cases           integer NOT NULL,
    contacts        integer NOT NULL,           -- how often shoppers wrote in them
    repeats         integer NOT NULL,           -- of these, all but the first about a matter
    solved          integer NOT NULL,
    solved_in_one   integer NOT NULL,
    -- Of the surveys answered on that day.
    recommended     integer NOT NULL,           -- marks from 0 to 10 that were given
    promoters       integer NOT NULL,           -- 9 and 10
    detractors      integer NOT NULL,           -- 0 to 6
    starred         integer NOT NULL,           -- couriers that were given stars
    stars           integer NOT NULL,           -- so many in all
    packed          integer NOT NULL,           -- said how it was packed
    too_big         integer NOT NULL,
    damaged         integer NOT NULL,
    PRIMARY KEY (merchant_id, span, day, carrier)
);

-- What has as many figures as there are topics, hours, times to an answer and currencies.
CREATE TABLE measure_part (
    merchant_id uuid NOT NULL,
    span        text NOT NULL,
    day         date NOT NULL,
    carrier     text NOT NULL,
    kind        text NOT NULL,                  -- topic | hour | answered_in | notice_cost | bonus_cost
    label       text NOT NULL,                  -- the hour of the week; a place in
                                                -- tracking.domain.measures.EDGES; a currency
    amount      bigint NOT NULL,                -- a count; millionths of the unit of a currency; cents
    PRIMARY KEY (merchant_id, span, day, carrier, kind, label)
);

-- Days of which something has changed since they were counted, and months of which a day has.
CREATE TABLE measure_due (
    merchant_id uuid NOT NULL,
    span        text NOT NULL,
    day         date NOT NULL,
    since       timestamptz NOT NULL,           -- what changed before is counted
    PRIMARY KEY (span, day, merchant_id)
);

CREATE TABLE measure_state (
    id        integer PRIMARY KEY CHECK (id = 1),
    looked_at timestamptz NOT NULL              -- days that changed until then are due, or counted
);
INSERT INTO measure_state VALUES (1, '-infinity');

CREATE INDEX support_case_of_shop ON support_case (merchant_id, opened_at);
CREATE INDEX survey_of_shop ON survey (merchant_id, answered_at) WHERE answered_at IS NOT NULL;
