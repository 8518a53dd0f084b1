"""SQL that types cannot see into: every query fits the schema, has one user, and an index."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import tracking
from tracking.sql import SQL

ROOT = Path(tracking.__file__).parent
NAMED = re.compile(r"^-- name: (\w+): .+$", re.MULTILINE)


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(database_url, statement_cache_size=0)
    yield conn
    await conn.close()


async def test_every_query_fits_the_schema_and_names_its_arguments(conn):
    lines = dict(_named_lines())
    assert set(lines) == set(SQL)
    wrong = {}
    for name, sql in SQL.items():
        told = max(map(int, re.findall(r"\$(\d+)", lines[name])), default=0)
        try:
            asked = len((await conn.prepare(sql)).get_parameters())
        except asyncpg.PostgresError as error:
            wrong[name] = str(error)
        else:
            if asked != told:
                wrong[name] = f"takes {asked} arguments, its line names {told}"
    assert wrong == {}


def _named_lines() -> Iterator[tuple[str, str]]:
    for file in (ROOT / "sql" / "queries").glob("*.sql"):
        for found in NAMED.finditer(file.read_text()):
            yield found[1], found[0]


def test_every_query_is_run_by_one_function_of_its_name_in_the_store():
    runs = defaultdict(list)
    for file in ROOT.rglob("*.py"):
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
                for name in _queries(function):
                    runs[name].append((file.parent.name, function.name))
    assert dict(runs) == {name: [("store", name)] for name in SQL}


def _queries(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=ast.Name(id="SQL"), slice=ast.Constant(value=name)):
                yield name


# Shipment-owned tables stand alone on one shard; these are found or kept by something else.
NOT_OF_A_SHIPMENT = {
    "schema_migration": "one row for each migration",
    "lease": "of no use any more, kept for the release before",
    "erasure": "of a person, who may have many parcels; tells nobody which",
    "raw_payload": "a payload may hold many parcels; found by its hash",
    "quarantine": "what could not be read belongs to no parcel; found by its fingerprint",
    "code_map": "a reference table, copied to every shard",
    "parked_message": "a message may hold many parcels",
    "early_receipt": "whose it is, is not known yet",
    "carrier_heard": "of carriers; a reference table, copied to every shard",
    "transit_histogram": "counts of many parcels; a reference table, copied to every shard",
    "transit_histogram_made": "one row",
    "payout_secret": "a shop's; a reference table, copied to every shard",
    "policy": "a shop's; a reference table, copied to every shard",
    "sms_quota": "belongs to a shop, or to all of them; kept on one shard",
    "merchant": "a reference table, copied to every shard",
    "api_key": "a reference table, copied to every shard",
    "carrier_secret": "a reference table, copied to every shard",
    "suppression": "of an address, not of a parcel; outlives them",
    "idempotency": "belongs to a merchant's call, which may not have become a parcel",
    "merchant_log": "a shop's, like the next: its order is that of all its parcels",
    "merchant_fact": "found by a shop's cursor",
    "webhook": "a shop's",
    "staff": "people who work for many shops",
    "support_text": "a shop's; a reference table, copied to every shard",
    "staff_session": "theirs",
    "staff_identity": "the same",
    "login_try": "of who is tried, who may not be there at all",
    "measure": "counts of many parcels of a shop on a day; kept with the shop",
    "measure_part": "the same",
    "measure_due": "days of shops that are to be counted",
    "measure_state": "one row",
    "webhook_delivery": "found by its webhook, so that one webhook delays no other",
}
FOUND_BY_SOMETHING_ELSE = {
    "audit_pkey": "most of what staff do concerns no parcel, or many",
    "bonus_by_code": "a code is all that a checkout has; the row leads to the shipment",
    "public_link_pkey": "a token is all that its bearer has; the row leads to the shipment",
}


async def test_the_shipment_leads_every_key_of_what_it_owns(conn):
    tables = await conn.fetch(
        """
        SELECT c.relname AS name, bool_or(a.attname = 'shipment_id') AS owned
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        GROUP BY c.relname
        """
    )
    assert {row["name"] for row in tables if not row["owned"]} == set(NOT_OF_A_SHIPMENT)
    keys = await conn.fetch(
        """
        SELECT t.relname AS of, i.relname AS name, a.attname AS leader
        FROM pg_index x
        JOIN pg_class t ON t.oid = x.indrelid
        JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
        WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace
        """
    )
    owned = {row["name"] for row in tables if row["owned"]}
    assert {row["of"] for row in keys} >= owned, "each has a key"
    others = {r["name"] for r in keys if r["of"] in owned and r["leader"] != "shipment_id"}
    assert others == set(FOUND_BY_SOMETHING_ELSE)


async def test_no_foreign_key_leaves_a_shard(conn):
    keys = await conn.fetch(
        """
        SELECT conrelid::regclass::text AS table, confrelid::regclass::text AS target,
               (SELECT attname FROM pg_attribute
                WHERE attrelid = conrelid AND attnum = conkey[1]) AS leader
        FROM pg_constraint WHERE contype = 'f'
        """
    )
    leaving = [
        dict(row)
        for row in keys
        if row["leader"] != "shipment_id"
        and not {row["table"], row["target"]} <= set(NOT_OF_A_SHIPMENT)
    ]
    assert leaving == []


async def test_the_schema_is_portable(conn):
    """Nothing that a sharded PostgreSQL or its relatives lack: triggers, procedures, extensions."""
    assert await conn.fetch("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []
    in_public = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    assert await conn.fetch(in_public) == []
    assert await conn.fetch("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'") == []
    assert await conn.fetch("SELECT conname FROM pg_constraint WHERE condeferrable") == []


FILL = """
INSERT INTO merchant SELECT md5(n::text)::uuid, 'Shop ' || n, NULL, 'lv', now()
FROM generate_series(1, 3) n;
INSERT INTO shipment SELECT md5(n::text)::uuid, 'omniva', 'CE' || n, 1, NULL, 3, 'delivered',
    json_build_object('status', 'delivered'), now(), true, now(), now()
FROM generate_series(1, 20000) n;
INSERT INTO scan SELECT md5((n % 20000 + 1)::text)::uuid, decode(md5('k' || n), 'hex'), 'd', now(),
    1, '{"carrier": "omniva"}', NULL
FROM generate_series(1, 60000) n;
INSERT INTO registration (shipment_id, merchant_id, order_ref, notify, digest, registered_at)
SELECT md5(n::text)::uuid, md5((n % 3 + 1)::text)::uuid, 'order-' || n, '{}', 'd', now()
FROM generate_series(1, 20000) n;
INSERT INTO staff_note SELECT md5((n % 5000)::text)::uuid, md5('o' || n)::uuid, now(), 'a', 't'
FROM generate_series(1, 20000) n;
INSERT INTO audit SELECT md5('a' || n)::uuid, now() - n * interval '1 minute',
    md5((n % 20)::text)::uuid, 'a@example.org', 'parcel_seen', md5(n::text)::uuid, NULL,
    CASE WHEN n % 10 = 0 THEN md5((n % 3000 + 1)::text)::uuid END
FROM generate_series(1, 20000) n;
INSERT INTO person_index SELECT md5(n::text)::uuid, md5((n % 3 + 1)::text)::uuid, now(), 'k', 'm',
    ARRAY(SELECT n * 31 + part FROM generate_series(1, 20) part)
FROM generate_series(1, 20000) n;
INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state, language,
    opened_at, asked_at, changed_at, waits_since)
SELECT md5(n::text)::uuid, md5('q' || n)::uuid, md5((n % 3 + 1)::text)::uuid, 'damaged', 'shopper',
    CASE WHEN n % 100 = 0 THEN 'open' ELSE 'solved' END, 'lv', now(), now(),
    now() - n * interval '1 minute',
    CASE WHEN n % 100 = 0 THEN now() - n * interval '1 minute' END
FROM generate_series(1, 20000) n;
INSERT INTO case_message SELECT md5((n % 20000 + 1)::text)::uuid, md5('q' || n % 20000 + 1)::uuid,
    md5('m' || n)::uuid, now(), 'shopper', NULL, 's'
FROM generate_series(1, 40000) n;
INSERT INTO public_link SELECT decode(md5('t' || n), 'hex'), md5(n::text)::uuid, now(), NULL
FROM generate_series(1, 20000) n;
INSERT INTO challenge SELECT md5(n::text)::uuid, 1, NULL FROM generate_series(1, 20000, 4) n;
INSERT INTO outbox (shipment_id, version, fact_type, fact, created_at)
SELECT md5(n::text)::uuid, 1, 'shipment.delivered', '{}', now()
FROM generate_series(1, 20000) n;
INSERT INTO unrecognised_scan (shipment_id, scan_key, carrier, code)
SELECT md5(n::text)::uuid, decode(md5('k' || n), 'hex'), 'omniva', 'CODE' || n % 500
FROM generate_series(1, 20000) n;
INSERT INTO idempotency SELECT md5((n % 3 + 1)::text)::uuid, 'key-' || n, 'h', 201, 'b',
    now() - n * interval '10 seconds'
FROM generate_series(1, 20000) n;
INSERT INTO quarantine (quarantine_id, fingerprint, source, reason, detail, size, first_at, last_at)
SELECT md5(n::text)::uuid, decode(md5('f' || n), 'hex'), 's', 'malformed', 'd', 1, now(),
    now() - n * interval '1 second'
FROM generate_series(1, 20000) n;
INSERT INTO raw_payload SELECT decode(md5('r' || n), 'hex'), 'omniva',
    now() - n * interval '1 hour', 's'
FROM generate_series(1, 20000) n;
INSERT INTO case_message SELECT md5(n::text)::uuid, md5('c' || n)::uuid, md5('m' || n)::uuid, now(),
    'shopper', NULL, 't'
FROM generate_series(1, 20000) n;
INSERT INTO inbox_message SELECT md5(n::text)::uuid, md5('n' || n)::uuid, 'sms', 'c', NULL, now()
FROM generate_series(1, 20000) n;
INSERT INTO raw_parcel SELECT md5(n::text)::uuid, decode(md5('r' || n), 'hex'),
    now() - n * interval '1 hour'
FROM generate_series(1, 20000) n;
INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id, state, due_at,
                    until, version, provider, provider_id, planned_at, changed_at)
SELECT md5(n::text)::uuid, 'delivered', '', 'sms', 'recipient', md5('n' || n)::uuid,
    CASE WHEN n % 100 = 0 THEN 'planned' WHEN n % 100 = 1 THEN 'handed' ELSE 'sent' END,
    now() - n * interval '1 second', now(), 1, 'p', 'id-' || n, now(), now()
FROM generate_series(1, 20000) n;
INSERT INTO suppression SELECT decode(md5('a' || n), 'hex'), 'sms', md5((n % 3 + 1)::text)::uuid,
    'asked', 'all', now()
FROM generate_series(1, 20000) n;
INSERT INTO merchant_log SELECT md5(n::text)::uuid, 200 FROM generate_series(1, 100) n;
INSERT INTO merchant_fact SELECT md5((n % 100 + 1)::text)::uuid, n / 100 + 1, 'fact-' || n,
    'shipment.delivered', '{}', now() - n * interval '1 minute'
FROM generate_series(1, 20000) n;
INSERT INTO webhook (merchant_id, webhook_id, url, secret, state, since, turn_at, created_at)
SELECT md5((n % 1000 + 1)::text)::uuid, md5('w' || n)::uuid, 'u', 's', 'enabled', now(), now(),
    now()
FROM generate_series(1, 10000) n;
INSERT INTO webhook_delivery (merchant_id, webhook_id, delivery_id, position, type, state, due_at,
                              tried_at, created_at)
SELECT md5((n % 1000 + 1)::text)::uuid, md5('w' || n % 10000 + 1)::uuid, md5('d' || n)::uuid,
    n / 100, 't',
    CASE WHEN n % 50 = 0 THEN 'waiting' WHEN n % 5000 = 1 THEN 'claimed' ELSE 'delivered' END,
    now(), now() - n * interval '1 second', now() - n * interval '1 minute'
FROM generate_series(1, 40000) n;
INSERT INTO early_receipt SELECT 'p', 'foreign-' || n, 'delivered', NULL,
    now() - n * interval '1 second'
FROM generate_series(1, 5000) n;
UPDATE notice SET merchant_id = md5((abs(hashtext(provider_id)) % 3 + 1)::text)::uuid;
INSERT INTO sms_quota SELECT md5((n % 3 + 1)::text)::uuid, 'prefix', md5(n::text),
    date_trunc('hour', now() - n * interval '10 seconds'), 1, NULL, NULL
FROM generate_series(1, 20000) n;
INSERT INTO parked_message SELECT md5(n::text)::uuid, 'q', 'x', 'k', '{}', 's', 'E', 5,
    now() - n * interval '1 second', CASE WHEN n % 10 > 0 THEN now() END
FROM generate_series(1, 20000) n;
INSERT INTO push_subscription SELECT md5(n::text)::uuid, decode(md5('p' || n), 'hex'),
    decode(md5('t' || n), 'hex'), 'lv', 's', now() - n * interval '1 hour'
FROM generate_series(1, 20000) n;
INSERT INTO promise SELECT md5(n::text)::uuid, now() - n * interval '1 second', 'shop', NULL, now()
FROM generate_series(1, 20000) n;
INSERT INTO standing SELECT md5(n::text)::uuid, 'awaited', 0, NULL, NULL, 0, 'akropole ' || n
FROM generate_series(1, 20000) n;
INSERT INTO deadline SELECT md5(n::text)::uuid, 'promise', now() + (n - 100) * interval '1 minute'
FROM generate_series(1, 20000) n;
INSERT INTO compensation (shipment_id, tier, compensation_id, merchant_id, policy_version, policy,
    rule, kind, borne_by, currency, cents, used, state, evidence, due_at, created_at, changed_at)
SELECT md5(n::text)::uuid, 0, md5('c' || n)::uuid, md5((n % 3 + 1)::text)::uuid, 1, 'p', 'r',
    'code', 'shop', 'EUR', 300, 0, CASE WHEN n % 100 = 0 THEN 'proposed' ELSE 'issued' END, '{}',
    CASE WHEN n % 200 = 0 THEN now() END, now(), now()
FROM generate_series(1, 20000) n;
INSERT INTO compensation_move (shipment_id, tier, at, state, cents, by, merchant_id, currency,
    shopper, granted, committed)
SELECT md5(n::text)::uuid, 0, now() - n * interval '1 minute', 'issued', 300, 'policy',
    md5((n % 3 + 1)::text)::uuid, 'EUR', decode(md5('a' || n), 'hex'), 300, 300
FROM generate_series(1, 20000) n;
INSERT INTO bonus SELECT md5(n::text)::uuid, md5((n % 3 + 1)::text)::uuid,
    decode(md5('b' || n), 'hex'), 's', 'EUR', now(), true, now()
FROM generate_series(1, 20000) n;
INSERT INTO bonus_redemption SELECT md5(n::text)::uuid, md5('r' || n)::uuid, 1, 'o', now()
FROM generate_series(1, 20000) n;
INSERT INTO outcome (shipment_id, merchant_id, carrier, tracking_number, country, zone, status,
    in_transit_at, arrived_at, promised_by, attempts, is_lost, was_silent, noted_at, slip)
SELECT md5(n::text)::uuid, md5((n % 3 + 1)::text)::uuid, 'carrier' || n % 9, 'CE' || n, 'LV',
    'Europe/Riga', 'delivered', now() - n * interval '1 hour', now() - n * interval '30 minutes',
    now() - n * interval '40 minutes', 1, false, false, now(), 'broken'
FROM generate_series(1, 20000) n;
INSERT INTO carrier_heard SELECT 'carrier' || n % 30, now() - (n / 30) * interval '15 minutes', 5,
    60, now()
FROM generate_series(1, 30000) n;
INSERT INTO eta SELECT md5(n::text)::uuid, now(), now(), now(), now(), 5, now()
FROM generate_series(1, 20000) n;
INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state, language,
    follows, opened_at, asked_at, changed_at, waits_since)
SELECT md5(n::text)::uuid, md5('case' || n)::uuid, md5((n % 3 + 1)::text)::uuid, 'other', 'shopper',
    'open', 'lv', CASE WHEN n % 9 = 0 THEN md5('case' || n)::uuid END,
    now() - n * interval '1 minute', now(), now() - n * interval '1 minute', now()
FROM generate_series(1, 20000) n;
INSERT INTO survey (shipment_id, merchant_id, carrier, answered_at, recommend)
SELECT md5(n::text)::uuid, md5((n % 3 + 1)::text)::uuid, 'omniva',
    now() - n * interval '1 minute', 9
FROM generate_series(1, 20000) n;
INSERT INTO measure
SELECT md5((n % 3 + 1)::text)::uuid, 'day', current_date - n / 30, 'carrier' || n % 10,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
FROM generate_series(1, 30000) n;
INSERT INTO measure_part
SELECT md5((n % 3 + 1)::text)::uuid, 'day', current_date - n / 30, 'carrier' || n % 10,
    'topic', 'other', 1
FROM generate_series(1, 30000) n;
INSERT INTO measure_due SELECT md5((n % 3 + 1)::text)::uuid, 'day', current_date - n, now()
FROM generate_series(1, 5000) n;
UPDATE registration SET contact = 'sealed',
    registered_at = now() - substr(order_ref, 7)::int * interval '1 minute';
ANALYZE;
"""
IDS = "ARRAY[" + ",".join(f"md5('{n}')::uuid" for n in range(1, 21)) + "]"
KEYS = "ARRAY[" + ",".join(f"decode(md5('k{n}'), 'hex')" for n in range(1, 21)) + "]"
TEXTS = "array_fill('x'::text, ARRAY[20])"
NUMBERS = "array_fill(1, ARRAY[20])"
TIMES = "array_fill(now(), ARRAY[20])"
YEARS = "array_fill(2026::bigint, ARRAY[20])"
SHOP, DAY = "ARRAY[md5('2')::uuid]", "ARRAY[current_date]"
YEAR = ("current_date - 365", "current_date", "current_date - 350", "current_date - 20")
YES = "array_fill(true, ARRAY[20])"
ID, KEY = "md5('7')::uuid", "decode(md5('k7'), 'hex')"
HASHES = "ARRAY[decode(md5('t7'), 'hex')]"

# Queries on tables that grow, with arguments; the index that each must use.
QUICK = {
    "lock_shipments": ((IDS,), "shipment_pkey"),
    "insert_scans": ((IDS, KEYS, KEYS, TIMES, NUMBERS, "array_fill('{}'::text, ARRAY[20])", KEYS),
                     "scan_pkey"),
    "registrations_of": ((IDS,), "registration_pkey"),
    "scans_of": ((IDS,), "scan_pkey"),
    "lives": ((IDS, "array_fill(3, ARRAY[20])"), "scan_pkey"),
    "count_scans": ((IDS, "now()"), "scan_pkey"),
    "contents_of_scans": ((IDS, KEYS), "scan_pkey"),
    "homes_of_scans": ((IDS, KEYS), "scan_pkey"),
    "reused_event_ids": ((IDS, KEYS, KEYS), "scan_pkey"),
    "move_scans": ((IDS, IDS, KEYS, NUMBERS), "scan_pkey"),
    "reread_scans": ((IDS, KEYS, KEYS, TEXTS), "scan_pkey"),
    "write_changes": ((IDS, YES, TEXTS, TEXTS, NUMBERS, NUMBERS, TEXTS, TEXTS, TIMES, YES, TEXTS,
                       TEXTS, "now()"), "shipment_pkey"),
    "note_journeys": ((ID, "ARRAY[2]"), "shipment_pkey"),
    "find_shipment": ((ID,), "shipment_pkey"),
    "find_shipments": ((IDS,), "shipment_pkey"),
    "shipments_by_number": (("'CE7'",), "shipment_by_number"),
    "next_outbox": (("500", "1000000", YEARS), "outbox_by_id"),
    "link_target": ((HASHES,), "public_link_pkey"),
    "claim_try": ((ID, "now()", "5", "interval '15 minutes'", "interval '1 day'"),
                  "challenge_pkey"),
    "forget_tries": ((ID,), "challenge_pkey"),
    "registered_numbers": (("ARRAY['omniva', 'omniva']", "ARRAY['CE7', 'CE8']"),
                           "shipment_by_number"),
    "registration": ((ID,), "registration_pkey"),
    "registration_for_update": ((ID,), "registration_pkey"),
    "shipments_of_order": (("'order-7'", "NULL"), "registration_by_order"),
    "misread_by_code": (("'omniva'", "'CODE7'", "1", "false", "200"), "unrecognised_scan_by_code"),
    "misread_of": ((IDS, KEYS, "1"), "unrecognised_scan_pkey"),
    "parcels_by_code": (("'omniva'", "'CODE7'"), "unrecognised_scan_by_code"),
    "count_by_code": (("'omniva'", "'CODE7'"), "unrecognised_scan_by_code"),
    "has_told": (("'venipak'",), "unrecognised_scan_by_code"),
    "insert_unrecognised": ((IDS, KEYS, TIMES, KEYS, TEXTS, TEXTS, TEXTS, YEARS),
                            "unrecognised_scan_pkey"),
    "note_reading": ((IDS, KEYS, KEYS, TEXTS, "1"), "unrecognised_scan_pkey"),
    "forget_unrecognised": ((IDS, KEYS), "unrecognised_scan_pkey"),
    "claim_call": ((ID, "'key-7'", KEY, "now()", "now()"), "idempotency_pkey"),
    "earlier_call": ((ID, "'key-7'"), "idempotency_pkey"),
    "finish_call": ((ID, "'key-7'", "201", "'b'"), "idempotency_pkey"),
    "drop_call": ((ID, "'key-7'"), "idempotency_pkey"),
    "prune_calls": (("now() - interval '2 days'",), "idempotency_by_age"),
    "recount_quarantined": ((KEY, "3", "now()"), "quarantine_fingerprint_key"),
    "list_quarantine": (("50",), "quarantine_open"),
    "quarantine_of_reason": (("'malformed'", "50"), "quarantine_open"),
    "find_quarantined": ((ID, ID), "quarantine_pkey"),
    "open_quarantine": ((ID, "200"), "quarantine_pkey"),
    "resolve_quarantined": ((ID, "1", "now()", "now()"), "quarantine_pkey"),
    "list_parked": (("50",), "parked_open"),
    "prune_raw_payloads": (("now() - interval '90 days'", "500"), "raw_payload_by_age"),
    "prune_quarantine": (("now() - interval '30 days'", "500"), "quarantine_resolved"),
    "prune_parked": (("now() - interval '30 days'", "500"), "parked_replayed"),
    "find_parked": ((ID, ID), "parked_message_pkey"),
    "mark_replayed": ((ID, "now()"), "parked_message_pkey"),
    "prune_raw_parcels": (("now() - interval '90 days'", "500"), "raw_parcel_by_age"),
    "parcels_of_person": (("ARRAY[7]", "NULL", "100"), "person_index_by_term"),
    "parcels_known": ((IDS, "NULL"), "shipment_pkey"),
    "count_personal": ((IDS, IDS), "scan_pkey"),
    "scans_to_anonymise": ((IDS,), "scan_pkey"),
    "anonymise_scans": ((IDS, KEYS, KEYS, KEYS, "array_fill('{}'::text, ARRAY[20])"), "scan_pkey"),
    "anonymise_unrecognised": ((IDS, KEYS, KEYS, KEYS, "array_fill('{}'::text, ARRAY[20])"),
                               "unrecognised_scan_pkey"),
    "drop_scans": ((IDS, KEYS), "scan_pkey"),
    "rename_evidence": ((IDS, TEXTS, TEXTS), "compensation_pkey"),
    "drop_raw_payloads": ((KEYS, IDS), "raw_parcel_pkey"),
    "erase_contacts": ((IDS, TEXTS, YES), "registration_pkey"),
    "erase_orders": ((IDS,), "registration_pkey"),
    "write_anonymous": ((IDS, NUMBERS, TEXTS, TIMES, YES, "now()"), "shipment_pkey"),
    "hold_against_erasure": ((ID,), "shipment_pkey"),
    "unmark_erased": ((IDS,), "shipment_pkey"),
    "erase_notices": ((IDS, TEXTS, "now()"), "notice_pkey"),
    "erase_words": ((IDS, "now()"), "staff_note_pkey"),
    "erase_ways_in": ((IDS, "now()"), "public_link_by_shipment"),
    "drop_bonuses": ((IDS,), "bonus_pkey"),
    "kept_quarantine": ((ID, "500", "1000000"), "quarantine_pkey"),
    "drop_quarantined": ((IDS,), "quarantine_pkey"),
    "blank_quarantined": ((IDS,), "quarantine_pkey"),
    "kept_parked": ((ID, "500", "1000000"), "parked_message_pkey"),
    "drop_parked": ((IDS,), "parked_message_pkey"),
    "kept_calls": ((ID, "'key-7'", ID, "500"), "idempotency_pkey"),
    "drop_calls": ((IDS, TEXTS), "idempotency_pkey"),
    "kept_searches": (("now() - interval '1 hour'", ID, "500", "NULL"), "audit_searched"),
    "blank_audit": ((IDS,), "audit_pkey"),
    "next_people": ((ID, "500"), "shipment_pkey"),
    "next_named": (("now() - interval '90 days'", "'1970-01-01Z'", ID, "100"),
                   "shipment_with_people"),
    "next_contacts": (("now() - interval '90 days'", "'1970-01-01Z'", ID, "100"),
                      "registration_with_contact"),
    "ended_parcels": (("now() - interval '90 days'", "now() - interval '180 days'", IDS),
                      "support_case_pkey"),
    "unclaimed_parcels": (("now() - interval '180 days'", IDS), "registration_pkey"),
    "delete_parcels": ((IDS,), "shipment_pkey"),
    "rows_of_parcels": ((IDS, "NULL"), "registration_pkey"),
    "states_of": ((IDS,), "shipment_pkey"),
    "raw_payloads_of": ((KEYS,), "raw_payload_pkey"),
    "suppression_rows": ((HASHES,), "suppression_pkey"),
    "survey_standing": ((ID,), "registration_pkey"),
    "answer_survey": ((ID, "now()", "9", "5", "'right'", "'w'"), "registration_pkey"),
    "insert_note": ((ID, ID, "now()", "'a'", "'t'"), "shipment_pkey"),
    "hold_subjects": ((IDS,), "registration_pkey"),
    "notice_subjects": ((IDS,), "registration_pkey"),
    "notices_of": ((IDS,), "notice_pkey"),
    "decide_notices": ((IDS, TEXTS, TEXTS, TEXTS, TEXTS, IDS, TEXTS, TEXTS, TIMES, TIMES, TEXTS,
                        NUMBERS, IDS, "now()"), "notice_pkey"),
    "claim_notices": (("'sms'", "now()", "20", ID), "notice_due_by_shop"),
    "hand_notices": ((IDS, IDS, TIMES, TEXTS, TEXTS, NUMBERS, NUMBERS, YEARS, TEXTS, HASHES, TEXTS,
                      "'p'",
                      "now()"), "notice_in_hand"),
    "shipments_mailed": (("decode(md5('t7'), 'hex')", ID, "now() - interval '60 days'", "100"),
                        "notice_mailed_to"),
    "unanswered_notices": (("now()", "100", IDS), "notice_needs_another_way"),
    "answer_notices": ((IDS, IDS), "notice_by_id"),
    "settle_notices": ((IDS, IDS, TIMES, TIMES, NUMBERS, TEXTS, TEXTS, TIMES, TEXTS, YES, YES, YES,
                        "now()"), "notice_by_id"),
    "give_up_notices": (("'sms'", "now()", "now()", "now()", "20"), "notice_due"),
    "take_quotas": ((IDS, TEXTS, TEXTS, TIMES, YEARS), "sms_quota_pkey"),
    "return_quotas": ((IDS, TEXTS, TEXTS, TIMES, YEARS), "sms_quota_pkey"),
    "mark_quotas": ((IDS, TEXTS, TEXTS, TIMES, YEARS, YES), "sms_quota_pkey"),
    "spend_alerts": (("now()",), "sms_quota_by_age"),
    "prune_sms_quotas": (("now() - interval '50 hours'", "500"), "sms_quota_by_age"),
    "abandoned_notices": (("now()", "now()", "now()"), "notice_in_hand"),
    "next_due_notice": (("'sms'",), "notice_due"),
    "suppressions_of": ((HASHES,), "suppression_pkey"),
    "suppress": ((HASHES, "ARRAY['sms']", f"ARRAY[{ID}]", "ARRAY['stop']", "ARRAY['all']", "now()"),
                 "suppression_pkey"),
    "suppress_further": ((KEY, "'sms'", ID, "'asked'", "'all'", "now()"), "suppression_pkey"),
    "lift_suppressions": ((HASHES, "'sms'", ID, "ARRAY['asked']"), "suppression_pkey"),
    "lift_all_suppressions": ((HASHES,), "suppression_pkey"),
    "forget_notice_texts": (("now() - interval '90 days'", "500"), "notice_with_text"),
    "prune_notices": (("now() - interval '730 days'", "500"), "notice_by_age"),
    "prune_links": (("now() - interval '200 days'", "500"), "public_link_by_age"),
    "keep_inbox_message": ((ID, "'sms'", "'c'", "NULL", "now()"), "notice_by_id"),
    "waiting_notices": (("NULL", "20"), "notice_due"),
    "lock_logs": ((IDS,), "merchant_log_pkey"),
    "known_facts": ((IDS, TEXTS), "merchant_fact_merchant_id_fact_id_key"),
    "append_facts": ((IDS, YEARS, TEXTS, TEXTS, TEXTS, "now()"), ""),
    "facts_after": ((ID, "100", "100"), "merchant_fact_pkey"),
    "first_fact": ((ID,), "merchant_fact_pkey"),
    "prune_facts": (("now() - interval '13 days'", "500"), "merchant_fact_by_age"),
    "prune_deliveries": (("now() - interval '27 days'", "500"), "webhook_delivery_by_age"),
    "insert_webhook": ((ID, ID, "'u'", "NULL", "'s'", "now()", "10"), "webhook_pkey"),
    "webhooks_of": ((ID,), "webhook_pkey"),
    "find_webhook": ((ID, ID), "webhook_pkey"),
    "webhook_for_update": ((ID, ID), "webhook_pkey"),
    "change_webhook": ((ID, ID, "'u'", "NULL", "'enabled'", "NULL", "now()"), "webhook_pkey"),
    "rotate_secret": ((ID, ID, "'s'", "now()"), "webhook_pkey"),
    "delete_webhook": ((ID, ID), "webhook_pkey"),
    "listening_webhooks": ((IDS,), "webhook_pkey"),
    "settle_deliveries": ((IDS, IDS, IDS, NUMBERS, TEXTS, TIMES, TEXTS, NUMBERS, NUMBERS),
                          "webhook_delivery_claimed"),
    "lock_health": ((IDS, IDS), "webhook_pkey"),
    "note_health": ((IDS, IDS, NUMBERS, TIMES, TIMES, NUMBERS, TEXTS, "now()"), "webhook_pkey"),
    "due_webhooks": (("now()", "4", "64", "32", "16", IDS, NUMBERS), "webhook_delivery_waiting"),
    "claim_deliveries": ((IDS, IDS, NUMBERS, NUMBERS, "64", "now()"), "webhook_delivery_waiting"),
    "abandoned_deliveries": (("now()", "now()"), "webhook_delivery_claimed"),
    "attempts_of": ((ID, ID, "100"), "webhook_delivery_pkey"),
    "deliveries_of_parcel": ((ID, "md5('7')::uuid::text", "200"), "webhook_delivery_of_parcel"),
    "deadlines_of": ((ID,), "deadline_pkey"),
    "subscribed_at": ((ID,), "push_subscription_pkey"),
    "guesses_at": ((ID,), "challenge_pkey"),
    "wishes_since": ((HASHES, ID), "suppression_pkey"),
    "raw_of_scan": ((ID, KEY), "scan_pkey"),
    "besides": ((IDS,), "audit_of_shipment"),
    "hasten_deliveries": ((ID, ID, "now()"), "webhook_delivery_waiting"),
    "resend_delivery": ((ID, ID, ID, "now()"), "webhook_delivery_pkey"),
    "find_delivery": ((ID, ID, ID), "webhook_delivery_pkey"),
    "waiting_deliveries": (("10000", "now()"), "webhook_delivery_waiting"),
    "save_push_subscription": ((ID, KEY, HASHES, "'lv'", "'s'", "now()"),
                               "push_subscription_pkey"),
    "trim_push_subscriptions": ((ID, "5"), "push_subscription_pkey"),
    "push_language": ((ID, KEY), "push_subscription_pkey"),
    "push_subscriptions_of": ((IDS,), "push_subscription_pkey"),
    "drop_push_subscriptions": ((IDS, KEYS), "push_subscription_pkey"),
    "prune_push_subscriptions": (("now() - interval '90 days'", "500"),
                                 "push_subscription_by_age"),
    "notices_for_receipts": (("'p'", TEXTS, IDS, "now() - interval '900 days'"),
                             "notice_by_provider"),
    "note_receipts": ((IDS, IDS, TEXTS, TEXTS, TEXTS, "now()"), "notice_by_id"),
    "take_early_receipts": (("500", "now() - interval '900 days'"), "notice_by_provider"),
    "forget_early_receipts": (("now() - interval '1 hour'",), "early_receipt_by_age"),
    "due_shipments": (("now()", "20"), "deadline_due"),
    "next_deadline": ((), "deadline_due"),
    "deadlines_waiting": (("now()",), "deadline_due"),
    "hold_shipments": ((IDS,), "shipment_pkey"),
    "watched": ((IDS,), "shipment_pkey"),
    "keep_standing": ((IDS, TEXTS, NUMBERS, TIMES, TIMES, NUMBERS, TEXTS), "standing_pkey"),
    "keep_deadlines": ((IDS, IDS, TEXTS, TIMES, IDS, TIMES), "deadline_pkey"),
    "write_news": ((IDS, NUMBERS, TEXTS, TEXTS, "now()"), "shipment_pkey"),
    "ask_reviews": ((IDS, "now()"), "deadline_pkey"),
    "worth_judging": ((IDS,), "registration_pkey"),
    "cases": ((IDS,), "shipment_pkey"),
    "registered_since": ((ID, "now() - interval '1 hour'", ID, "100"), "registration_by_shop"),
    "compensations_of": ((IDS,), "compensation_pkey"),
    "granted_in_month": ((ID, "'EUR'", "now() - interval '1 day'", "now()"),
                         "compensation_move_of_shop"),
    "committed_to_shoppers": ((ID, "'EUR'", KEYS, "now() - interval '30 days'", "now()"),
                              "compensation_move_of_shopper"),
    "redeemed_by": ((ID, ID), "bonus_redemption_pkey"),
    "moves_of": ((ID,), "compensation_move_pkey"),
    "open_compensations": (("NULL", "20"), "compensation_open"),
    "bonuses_of": ((IDS,), "bonus_pkey"),
    "bonus_by_code": ((HASHES,), "bonus_by_code"),
    "keep_bonuses": ((IDS, IDS, KEYS, TEXTS, TEXTS, TIMES, YES, "now()"), "bonus_pkey"),
    "insert_redemption": ((ID, ID, "1", "'o'", "now()"), "bonus_redemption_pkey"),
    "keep_compensations": ((IDS, NUMBERS, IDS, IDS, NUMBERS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS,
                            YEARS, YEARS, YEARS, YEARS, TEXTS, TEXTS,
                            "array_fill('{}'::text, ARRAY[20])", TIMES, NUMBERS, TEXTS, KEYS, YEARS,
                            YEARS, "'policy'", "now()"), "compensation_pkey"),
    "claims": (("'carrier7'", "now() - interval '2 days'", "now() - interval '1 day'", "NULL", ID,
                "100"), "outcome_due"),
    "note_heard": ((TEXTS, TIMES, NUMBERS, TIMES, TIMES), "carrier_heard_pkey"),
    "prune_heard": (("now() - interval '30 days'",), "carrier_heard_by_age"),
    "keep_outcomes": ((IDS, IDS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS,
                       TIMES, TEXTS, TIMES, TIMES, TIMES, TIMES, TIMES, TIMES, NUMBERS, YES, YES,
                       TIMES, TIMES, TIMES, TIMES, "now()"), "outcome_pkey"),
    "keep_etas": ((IDS, TIMES, TIMES, TIMES, TIMES, NUMBERS, "now()"), "eta_pkey"),
    "drop_etas": ((IDS,), "eta_pkey"),
    "eta_of": ((ID,), "eta_pkey"),
    "due_payouts": (("now()", "20"), "compensation_due"),
    "put_off_payouts": ((IDS, NUMBERS, TIMES, NUMBERS, YEARS, YEARS), "compensation_pkey"),
    "cases_of": ((ID,), "support_case_pkey"),
    "case_messages_of": ((ID, "NULL"), "case_message_once"),
    "case_answers": ((IDS, IDS), "case_message_once"),
    "count_case_messages": ((ID, ID, "now()", "true"), "case_message_once"),
    "save_case": ((ID, ID, ID, "'t'", "'shopper'", "'open'", "'lv'", "NULL", "1", "NULL", "NULL",
                   "now()", "now()", "NULL", "NULL", "now()", "now()"), "support_case_pkey"),
    "insert_case_message": ((ID, ID, ID, "now()", "'shopper'", "NULL", "'s'", "true"),
                            "support_case_pkey"),
    "waiting_cases": (("NULL", "NULL", "NULL", "'2000-01-01'", "51", "NULL"),
                      "support_case_waiting"),
    "latest_cases": (("NULL", "NULL", "now()", "51", "NULL"), "support_case_changed"),
    "usual_answer": ((ID, "now() - interval '1 hour'", "now()"), "support_case_of_shop"),
    "count_waiting_cases": (("NULL", ID), "support_case_waiting"),
    "forget_case_texts": (("now() - interval '13 days'", "500"), "support_case_texts"),
    "prune_cases": (("now() - interval '13 days'", "500"), "support_case_changed"),
    "notes_of": ((ID, "NULL"), "staff_note_pkey"),
    "revoke_links": ((ID, "now()"), "public_link_by_shipment"),
    "note_seen": ((ID, "now()", ID, "'e'", ID, "now() - interval '1 hour'"), "audit_of_shipment"),
    "audit_of_shipment": ((ID, "100", "NULL"), "audit_of_shipment"),
    "audit_of_merchant": ((ID, "30", "NULL"), "audit_of_merchant"),
    "list_audit": (("now()", "NULL", "100"), "audit_by_age"),
    "forget_searches": (("now() - interval '13 days'", "500"), "audit_searched"),
    "prune_audit": (("now() - interval '13 days'", "500"), "audit_by_age"),
    "find_by_number": (("ARRAY['CE7']", "ARRAY['order-7']", "NULL", "200", "ARRAY['000000007']"),
                       "shipment_by_bare_number"),
    "find_by_person": (("ARRAY[7]", "ARRAY[7]", "ARRAY[7]", "ARRAY[7]", "NULL", "100", "5000"),
                       "person_index_by_term"),
    "find_by_place": (("ARRAY['akropole']", "NULL", "200"), "standing_by_place"),
    "find_by_link": ((HASHES,), "public_link_pkey"),
    "found_parcels": ((IDS, "NULL"), "shipment_pkey"),
    "keep_person_index": ((IDS, KEY, "array_fill('[7]'::json, ARRAY[20])"), "person_index_pkey"),
    "drop_person_index": ((IDS,), "person_index_pkey"),
    "compare_person_index": ((ID, KEY, "20"), "registration_pkey"),
    "hold_contacts": ((IDS,), "registration_pkey"),
    "mark_changed_days": (("now()", "now()", "'Europe/Riga'", "current_date - 180"),
                          "notice_by_age"),
    "take_due": (("'day'", "20"), "measure_due_pkey"),
    "mark_months": ((SHOP, DAY, "ARRAY[now()]"), "measure_due_pkey"),
    "forget_measures": ((SHOP, DAY, "'day'"), "measure_pkey"),
    "forget_measure_parts": ((SHOP, DAY, "'day'"), "measure_part_pkey"),
    "count_months": ((SHOP, DAY), "measure_pkey"),
    "count_month_parts": ((SHOP, DAY), "measure_part_pkey"),
    "count_measures": ((SHOP, DAY, "'Europe/Riga'", "interval '14 days'"), "registration_by_shop"),
    "count_measure_parts": ((SHOP, DAY, "'Europe/Riga'", "ARRAY[0, 60]::float8[]"),
                            "support_case_of_shop"),
    "sum_measures": ((*YEAR, SHOP, "NULL", "'month'"), "measure_pkey"),
    "sum_measure_parts": ((*YEAR, SHOP, "NULL", "'month'"), "measure_part_pkey"),
    "promises_of": ((ID,), "promise_pkey"),
    "insert_promise": ((ID, "now()", "'shop'", "NULL", "now()"), "promise_pkey"),
    "standing_of": ((ID,), "standing_pkey"),
}  # fmt: skip
SMALL = {"merchant", "code_map", "lease", "api_key", "carrier_secret", "merchant_log"}
SMALL |= {"staff", "staff_identity", "staff_session", "login_try"}  # tens of people
SMALL |= {"early_receipt"}  # what came within an hour, and is nobody's
NOTHING_TO_FIND = {
    *("hold_measures", "note_measures_looked", "measures_as_of"),  # one row, and what is due
    "shops_measured",  # a row for each shop
    "mark_all_days",  # reads all registrations, once and when they are counted anew
    *("insert_links", "insert_raw_payloads", "park_message"),
    *("keep_quarantined", "save_registration"),  # rows found by their key
    "keep_early_receipts",  # the same
    *("outbox_depth", "count_parked", "count_quarantine"),  # a count reads what it counts
    *("take_lead", "keep_lead"),  # no table at all
    *("claim_histograms", "forget_histograms", "all_histograms"),  # counts, not parcels
    *("hold_merchants", "payout_secrets", "save_payout_secret"),  # a row for each shop
    "review_shipments",  # reads all registrations of a shop, once for a policy
    "review_unplaced",  # reads all parcels, once at the start of a clock
    *("insert_policy", "policies_of"),  # a few rows for each shop
    *("map_code", "unmap_code"),  # tables of a few rows
    *("list_code_map", "meanings_of", "hold_code_map", "change_code_map"),
    *(
        "list_merchants",
        "list_shops",
        "merchant_named",
        "shop",
        "shop_for_update",
        "link_sites",
        "save_shop",
    ),  # a row for each shop
    *("ensure_merchant", "insert_key", "live_keys", "list_keys", "revoke_keys", "touch_keys"),
    *("keys_of", "revoke_key_of"),  # some for each shop
    *("carrier_secrets", "save_carrier_secret"),
    *("prune_inbox", "inbox_messages", "inbox_parcels", "inbox_html"),  # 500 rows
    *("all_webhooks", "webhooks_within", "count_webhooks"),  # ten for each shop at the most
    *("begin_erasure", "unfinished_erasure", "count_erased", "finish_erasure", "list_erasures"),
    *("all_tables", "unhurried"),  # the catalogue, and no table at all
    "plan_deliveries",  # only writes
    "note_audit",  # the same
    *("support_texts", "save_support_text", "drop_support_text"),  # tens for each shop
    *("shops_to_choose", "colleagues"),  # a row for each shop; tens of people
    *("insert_staff", "list_staff", "staff_by_email", "save_password"),
    *("staff_by_identity", "tie_identity"),
    *(
        "use_totp_step",
        "disable_staff",
        "reset_staff",
        "set_totp",
        "insert_session",
        "find_session",
        "touch_session",
    ),
    *("end_session", "end_sessions_of", "prune_sessions"),  # tens of people
    *("sessions_of", "end_sessions", "change_staff"),
    *("claim_login", "forget_logins", "prune_logins"),  # of a day
    *(
        "make_histograms",
        "estimate_errors",
        "scorecard",
        "heard_around",
    ),  # read all outcomes of months, once an hour
}


def test_every_query_is_looked_at():
    assert set(SQL) == {*QUICK, *NOTHING_TO_FIND}


async def test_queries_on_tables_that_grow_use_an_index(conn):
    """Planned with the arguments in sight, and once for all arguments."""
    await conn.execute(FILL)
    slow = {}
    for plans in ("force_custom_plan", "force_generic_plan"):
        await conn.execute(f"SET plan_cache_mode = {plans}")
        for name, (arguments, index) in QUICK.items():
            nodes = await _plan(conn, name, arguments)
            scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
            used = {part for node in nodes for part in _indexes(node)}
            if scanned - SMALL or index not in used:
                slow[name, plans] = (scanned, used)
        await conn.execute("DEALLOCATE ALL")
    assert slow == {}


async def _plan(
    conn: asyncpg.Connection, name: str, arguments: tuple[str, ...]
) -> list[dict[str, Any]]:
    await conn.execute(f"PREPARE {name} AS {SQL[name]}")
    given = f"({', '.join(arguments)})" if arguments else ""
    explain = f"EXPLAIN (FORMAT JSON) EXECUTE {name} {given}"
    return list(_nodes(json.loads(await conn.fetchval(explain))[0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _indexes(node: dict[str, Any]) -> set[str]:
    return {*node.get("Conflict Arbiter Indexes", ()), node.get("Index Name", "")}
