"""No table is released before somebody has said whether it may name a shopper."""

import re
from pathlib import Path

import asyncpg
import pytest

from schemas.retention import DataClass
from tracking.person.classes import TABLES, Names, table_rows
from tracking.person.sealed import CONTEXTS

ROOT = Path(__file__).parents[2]
# Every column of text, JSON or bytes outside of the operator's tables: those that may name
# somebody, which an erasure empties or deletes; behind the bar those that cannot, or stay.
LOOKED_AT = """
audit: detail | email action
bonus: code_hash code | currency
bonus_redemption: | order_ref
carrier_heard: | carrier
case_message: text | author email
code_map: | carrier code status reason handover
compensation: reason | policy rule kind borne_by currency state evidence
compensation_move: why shopper | state by currency
deadline: | kind
early_receipt: | provider provider_id state code
erasure: work | by kind hashes name_hashes rows found
idempotency: key request_hash body |
inbox_message: content html | channel
lease: | name holder
measure: | span carrier
measure_due: | span
measure_part: | span carrier kind label
merchant_fact: | fact_id type body
notice: content address_hash said | occasion round channel addressee state reason fact_id language
    provider provider_id currency
outbox: | fact_type fact frame
outcome: | carrier tracking_number order_ref service country region zone status reason slip
parked_message: sealed | queue exchange routing_key headers error
person_index: of_contact | key_id
promise: | mover
public_link: sent_to | token_hash
push_subscription: subscription_id sealed | token_hash language
quarantine: sealed | fingerprint source reason detail carrier code tracking_number
raw_parcel: | digest
raw_payload: digest sealed | carrier
registration: merchant_reference contact region | order_ref service language country value_currency
    notify digest
scan: scan_key digest body raw_digest |
schema_migration: | name checksum
shipment: state | carrier tracking_number status
sms_quota: | kind name
staff_note: text | email
standing: place | slip
support_case: | topic opened_by state language reply_by
suppression: | address_hash channel reason level
survey: word | carrier packaging
transit_histogram: | stage carrier country service region
unrecognised_scan: scan_key told digest | carrier code
webhook_delivery: | fact_id type state outcome
"""
TEXTS = {"text", "json", "jsonb", "bytea", "_text", "_bytea", "varchar"}


@pytest.fixture
async def columns(database_url: str) -> dict[str, dict[str, str]]:
    """By table: column and its type."""
    conn = await asyncpg.connect(database_url)
    rows = await conn.fetch(
        """
        SELECT table_name, column_name, udt_name FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
        """
    )
    await conn.close()
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], {})[row["column_name"]] = row["udt_name"]
    return found


async def test_every_table_is_classified(columns):
    assert set(columns) == set(TABLES)


async def test_every_column_that_may_hold_words_was_looked_at(columns):
    """A new one fails until somebody has said here whether it may name a shopper."""
    looked_at = {
        f"{table}.{column}"
        for table, told in re.findall(r"^(\w+):((?:.|\n(?= ))*)", LOOKED_AT, re.MULTILINE)
        for column in told.replace("|", " ").split()
    }
    assert looked_at == {
        f"{table}.{column}"
        for table, kinds in columns.items()
        for column, kind in kinds.items()
        if kind in TEXTS and TABLES[table].names is not Names.OPERATOR
    }


async def test_every_sealed_column_has_its_context(columns):
    """Where the schema says "sealed", the check knows how to open it."""
    for column in CONTEXTS:
        table, _, name = column.partition(".")
        assert name in columns[table], column
        for field in re.findall(r"\{(\w+)\}", CONTEXTS[column]):
            assert field in columns[table], column
    of_people = {table for table, kept in TABLES.items() if "sealed" in kept.what}
    # Pickup codes stand within scans and states; what is being erased goes with its receipt.
    within = {"scan", "shipment", "erasure"}
    assert {column.partition(".")[0] for column in CONTEXTS} - {"idempotency"} == (
        of_people - within - {"idempotency"}
    )


def test_what_goes_by_itself_is_said_of_some_table():
    said = {kind for kept in TABLES.values() for kind in kept.until}
    assert said | {DataClass.UNCLAIMED} == set(DataClass)


def test_the_documentation_shows_the_same():
    text = (ROOT / "docs" / "security.md").read_text()
    lines = text.split("\n| table |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    shown = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    assert shown == table_rows()
