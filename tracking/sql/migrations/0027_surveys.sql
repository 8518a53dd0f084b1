-- What shoppers thought of a delivery: asked once for a parcel, answered once.

CREATE TABLE survey (
    shipment_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    carrier     text NOT NULL,
    answered_at timestamptz,
    recommend   smallint CHECK (recommend BETWEEN 0 AND 10),
    courier     smallint CHECK (courier BETWEEN 1 AND 5),
    packaging   text,                           -- schemas.survey.Packaging
    word        text                            -- sealed; what else they said
);
CREATE INDEX survey_answered ON survey (answered_at) WHERE answered_at IS NOT NULL;
