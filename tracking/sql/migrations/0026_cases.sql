-- What shoppers ask, and what they are told: one case for one matter of one parcel.

CREATE TABLE support_case (
    shipment_id uuid NOT NULL,
    case_id     uuid NOT NULL,
    merchant_id uuid NOT NULL,
    topic       text NOT NULL,                  -- schemas.case.Topic
    opened_by   text NOT NULL,                  -- schemas.case.Opener
    state       text NOT NULL,                  -- schemas.case.CaseState
    language    text NOT NULL,                  -- the shopper's
    reply_by    text,                           -- sms | email; null: on the page only
    contacts    integer NOT NULL DEFAULT 1,     -- how often the shopper has written in it
    follows     uuid,                           -- the case before it about the same matter
    assigned_to uuid,                           -- of the staff
    opened_at   timestamptz NOT NULL,
    asked_at    timestamptz NOT NULL,           -- when the shopper wrote last
    answered_at timestamptz,                    -- when somebody of the staff answered first
    solved_at   timestamptz,
    changed_at  timestamptz NOT NULL,
    waits_since timestamptz,                    -- null: nobody waits for an answer
    has_texts   boolean NOT NULL DEFAULT true,  -- false: they were forgotten
    PRIMARY KEY (shipment_id, case_id)
);
CREATE INDEX support_case_waiting ON support_case (waits_since) WHERE state = 'open';
CREATE INDEX support_case_changed ON support_case (changed_at);
CREATE INDEX support_case_texts ON support_case (changed_at) WHERE has_texts AND state <> 'open';

CREATE TABLE case_message (
    shipment_id uuid NOT NULL,
    case_id     uuid NOT NULL,
    message_id  uuid NOT NULL,
    at          timestamptz NOT NULL,
    author      text NOT NULL,                  -- schemas.case.Author
    email       text,                           -- of the staff who wrote it (down), as it was then
    text        text,                           -- sealed; null: forgotten
    proven      boolean NOT NULL DEFAULT true,  -- false: whoever wrote it had the link only
    PRIMARY KEY (shipment_id, case_id, message_id)
);
CREATE UNIQUE INDEX case_message_once ON case_message (shipment_id, message_id);

-- What a shop says in place of our help answers and prepared answers, or beside them.
CREATE TABLE support_text (
    merchant_id uuid NOT NULL,
    kind        text NOT NULL,                  -- schemas.case.TextKind
    language    text NOT NULL,
    topic       text NOT NULL,                  -- schemas.case.Topic
    place       smallint NOT NULL,              -- 0: in place of ours; else beside it
    title       text NOT NULL,                  -- the question; what staff choose by
    text        text NOT NULL,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, kind, language, topic, place)
);
