-- The demo's inbox: messages that reached nobody, as their readers would have them. Empty outside it.

CREATE TABLE inbox_message (
    shipment_id uuid NOT NULL,
    notice_id   uuid NOT NULL,
    channel     text NOT NULL,              -- sms | email | push
    content     text NOT NULL,              -- sealed JSON, without the HTML of a mail
    html        text,                       -- sealed
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, notice_id)    -- given twice, kept once
);
CREATE INDEX inbox_message_by_age ON inbox_message (created_at);
