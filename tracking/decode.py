"""From a body to scans: which reader, what was read, what goes into quarantine."""

import hashlib
from datetime import datetime
from typing import NamedTuple

from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext, Parsed, Problem
from tracking.carriers.klat import places_of_scans
from tracking.incoming import Incoming, incoming
from tracking.sealing import Sealer
from tracking.store.quarantine import Quarantined, Why
from tracking.store.raw import RawPayload

MAX_BODY = 1024 * 1024  # bytes; what is larger is kept by size only


_UNCLEAR = "x-format: neither native nor klat; send it again with the one that it is"


class Decoded(NamedTuple):
    scans: list[Incoming]
    raw: RawPayload | None = None
    quarantined: Quarantined | None = None


class Envelope(NamedTuple):
    """What came with a body. `source` is the routing key, e.g. carrier.omniva.

    `is_clear` False: it is said to be in some format that Klāt does not know.
    """

    source: str
    native: bool
    received_at: datetime
    tracking_number: str | None
    is_clear: bool = True

    @property
    def carrier(self) -> str:
        return self.source.partition(".")[2]


class Decoder:
    """Reads messages by the tables of the release. What the operator mapped is asked later."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def decode(self, body: bytes, about: Envelope) -> Decoded:
        if len(body) > MAX_BODY:
            return Decoded([], None, _too_large(about, body))
        if not about.is_clear:
            return Decoded([], None, _kept(about, body, "unknown_format", _UNCLEAR))
        try:
            parsed = self._parse(body, about)
        except Malformed as finding:
            return Decoded([], None, _malformed(about, body, str(finding)))
        raw = self._raw(body, about) if about.native else None
        digest = raw.digest if raw else None
        scans = [incoming(scan, about.received_at, self._sealer, digest) for scan in parsed.scans]
        return Decoded(scans, raw, _problems(about, body, parsed))

    def _parse(self, body: bytes, about: Envelope) -> Parsed:
        reader = CARRIERS.get(about.carrier if about.native else "klat")
        if reader is None:
            raise Malformed("routing key", f"no reader for the carrier {about.carrier[:32]!r}")
        parsed = reader.parse(body, ParseContext(tracking_number=about.tracking_number))
        return parsed if about.native else _own_only(parsed, about)

    def _raw(self, body: bytes, about: Envelope) -> RawPayload:
        digest = hashlib.blake2b(body, digest_size=16).digest()
        sealed = self._sealer.seal(body, raw_context(digest))
        return RawPayload(digest, about.carrier, about.received_at, sealed)


def raw_context(digest: bytes) -> str:
    """What a kept payload is bound to."""
    return f"raw:{digest.hex()}"


def _own_only(parsed: Parsed, about: Envelope) -> Parsed:
    """An event may only come by the routing key of its own carrier: keys are scoped by it."""
    places = zip(places_of_scans(parsed), parsed.scans, strict=True)
    strangers = [
        Problem(place, "carrier", "differs from the routing key")
        for place, scan in places
        if scan.carrier != about.carrier
    ]
    if not strangers:
        return parsed
    own = [scan for scan in parsed.scans if scan.carrier == about.carrier]
    return Parsed(own, sorted([*parsed.problems, *strangers], key=lambda each: each.index))


def _problems(about: Envelope, body: bytes, parsed: Parsed) -> Quarantined | None:
    if not parsed.problems:
        return None
    first = parsed.problems[0]
    more = f" (and {len(parsed.problems) - 1} more)" if len(parsed.problems) > 1 else ""
    finding = f"{first.field}: {first.problem}".removeprefix(": ")
    return _malformed(about, body, f"item {first.index}: {finding}{more}")


def _malformed(about: Envelope, body: bytes, finding: str) -> Quarantined:
    return _kept(about, body, "malformed", finding)


def _kept(about: Envelope, body: bytes, why: Why, finding: str) -> Quarantined:
    return Quarantined(
        source=about.source,
        why=why,
        detail=finding[:500],
        body=body,
        size=len(body),
        carrier=about.carrier or None,
        native=about.native,
        tracking_number=about.tracking_number,
    )


def _too_large(about: Envelope, body: bytes) -> Quarantined:
    digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    return Quarantined(
        source=about.source,
        why="too_large",
        detail=f"{len(body)} bytes, {MAX_BODY} at the most; hash {digest}; send fewer at a time",
        body=None,
        size=len(body),
        carrier=about.carrier or None,
        native=about.native,
        tracking_number=about.tracking_number,
    )
