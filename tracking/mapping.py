"""What the operator says a code means: checked, kept, changed and taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

import asyncpg
from pydantic import TypeAdapter, ValidationError

from schemas.scan import CarrierCode, RawCode
from tracking.carriers import READERS
from tracking.carriers.base import Meaning
from tracking.domain.meanings import Field, cannot_be
from tracking.errors import KlatError
from tracking.reread import released
from tracking.sealing import Sealer
from tracking.staff.audit import Noting
from tracking.store.code_map import change_code_map, map_code, unmap_code
from tracking.store.keys import Keys
from tracking.store.pool import connection, transaction
from tracking.store.quarantine import (
    Quarantined,
    keep_quarantined,
    list_quarantine,
    recount_quarantined,
)
from tracking.store.unrecognised import count_by_code, has_told, misread_by_code, misread_of

_CARRIER: TypeAdapter[str] = TypeAdapter(CarrierCode)
_CODE: TypeAdapter[str] = TypeAdapter(RawCode)
_LOOKED_AT = 1000  # entries, for the likes of a misspelt code


class CannotMap(KlatError):  # noqa: N818 - named for what was asked
    """Such a code cannot be mapped."""


class CannotMean(CannotMap):
    """A reason or a hand that its status rules out: `field` says which."""

    def __init__(self, field: Field, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field: Field = field


@dataclass(frozen=True, slots=True)
class MapResult:
    """`seen`: how many scans there are with the code. `near`: codes that wait, written alike."""

    seen: int
    near: tuple[str, ...] = ()


def near(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """At most three known words that look like this one, the likeliest first.

    Only those that differ in case and blanks alone, where there are such.
    """
    forms: dict[str, list[str]] = {}
    for each in sorted(known):
        forms.setdefault(_form(each), []).append(each)
    asked = _form(word)
    found = [asked] if asked in forms else get_close_matches(asked, forms, n=3)
    return tuple(each for form in found for each in forms[form])[:3]


def _form(word: str) -> str:
    return "".join(word.split()).casefold()


def did_you_mean(words: Iterable[str]) -> str:
    """A question for the end of a message; nothing where there is nothing to ask."""
    asked = " or ".join(words)
    return f"; did you mean {asked}?" if asked else ""


async def map_meaning(
    pool: asyncpg.Pool,
    carrier: str,
    code: str,
    meaning: Meaning,
    now: datetime,
    noting: Noting | None = None,
) -> MapResult:
    """Say what the code means, whatever was said before. Raises CannotMap, CannotMean, naming the
    field.

    `noting`: what is written with it.
    """
    _check_meaning(meaning)
    async with connection(pool) as conn:
        _check_words(carrier, code)
        await _check_carrier(pool, conn, carrier)
        seen = await count_by_code(conn, carrier, code)
        _check_unreleased(carrier, code, seen)
        async with conn.transaction():
            await map_code(conn, carrier, code, meaning, now)
            if noting is not None:
                await noting(conn)
        waiting = [] if seen else await list_quarantine(conn, _LOOKED_AT)
    return MapResult(seen, near(code, {e.code for e in waiting if e.code and e.carrier == carrier}))


def _check_meaning(meaning: Meaning) -> None:
    """A slip of the hand would be told to every shopper whose parcel the code comes with."""
    field = cannot_be(meaning.status, meaning.reason, meaning.handover)
    if field is not None:
        status, said = meaning.status or "such a code", getattr(meaning, field)
        raise CannotMean(field, f"{said} cannot be said of {status}")


def _check_words(carrier: str, code: str) -> None:
    for field, value, accepted in (("carrier", carrier, _CARRIER), ("code", code, _CODE)):
        try:
            accepted.validate_python(value)
        except ValidationError:
            hint = did_you_mean(near(value, READERS)) if field == "carrier" else ""
            raise CannotMap(f"{field}: no event can carry {value!r}{hint}") from None


async def _check_carrier(pool: asyncpg.Pool, conn: asyncpg.Connection, carrier: str) -> None:
    """Known by the release, by a key, or because it has told something with an unknown code."""
    speakers = READERS | {key.carrier for key in await Keys(pool).list_keys() if key.carrier}
    if carrier in speakers or await has_told(conn, carrier):
        return
    raise CannotMap(
        f"carrier: nobody knows {carrier!r}, neither the release nor a courier key nor an event"
        + did_you_mean(near(carrier, speakers))
    )


def _check_unreleased(carrier: str, code: str, seen: int) -> None:
    """Words of lockers are open to the carriers whose own format says them too."""
    reading = released(carrier, code)
    if reading is None or (reading.own and seen):
        return
    meaning = reading.meaning
    known_as = "informational" if meaning is None or meaning.status is None else meaning.status
    raise CannotMap(
        f"code: this release reads {code!r} of {carrier} itself, as {known_as}; "
        "only codes without a meaning can be mapped"
    )


async def unmap(
    pool: asyncpg.Pool,
    sealer: Sealer,
    carrier: str,
    code: str,
    now: datetime,
    noting: Noting | None = None,
) -> int:
    """Take the meaning back: what came with the code waits again, so many. Raises CannotMap."""
    async with transaction(pool) as conn:
        await change_code_map(conn)
        if not await unmap_code(conn, carrier, code):
            raise CannotMap(
                f"code: {code!r} of {carrier} is not mapped; `klat quarantine maps` lists what is"
            )
        seen = await count_by_code(conn, carrier, code)
        example = await misread_by_code(conn, carrier, code, 0, own=False, limit=1)
        for each in await misread_of(conn, example, code, 0):
            body = each.told.model_dump_json().encode()
            waits = Quarantined.unknown_code(carrier, code, body, count=seen)
            # An entry that nobody has retried since counts some of these already.
            if not await recount_quarantined(conn, waits, now):
                await keep_quarantined(conn, [waits], sealer, now)
        if noting is not None:
            await noting(conn)
    return seen
