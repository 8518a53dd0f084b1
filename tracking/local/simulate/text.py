"""What a visitor of the demo is told: links, keys, commands to copy. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tracking.local.simulate.cast import DemoParcel
from tracking.local.simulate.journey import Journey
from tracking.local.simulate.people import Person
from tracking.local.simulate.shop import CONSOLE, STAFF

_EXAMPLE = "rigavelo"  # whose format is Klāt's own


@dataclass(frozen=True, slots=True)
class Addresses:
    """`text` is the file in which the text always tells of the present."""

    web: str
    ops: str
    text: Path
    has_inbox: bool = False


def demo_text(
    where: Addresses,
    keys: Mapping[str, str],
    moving: tuple[Journey, str],
    parcels: Iterable[tuple[DemoParcel, str]],
) -> str:
    """The whole text. Every link ends its line, every command is whole."""
    linked = {parcel.name: (parcel, link) for parcel, link in parcels}
    yours, _ = linked["yours"]
    return "\n".join(
        [
            "Pages to open; the postcode unlocks what only the recipient may see.",
            _page("moves while you watch", moving[0].person, moving[1]),
            *(_page(each.about, each.person, link) for each, link in linked.values()),
            f"When the first has arrived, another one sets off: {where.text}",
            "",
            *_messages(where),
            "Post an event as a courier, and see your page change:",
            _post(where, keys[_EXAMPLE], yours),
            "",
            "Read the same parcel as its shop:",
            _read(where, keys["merchant"], yours),
            "",
            "Find any parcel as support does, and see its whole life:",
            f"  {where.web}/support",
            f"  as {STAFF[0]}, password {keys[CONSOLE]}",
            "",
            "How these parcels fared, counted every minute; as a page for who is a lead:",
            f"  curl {where.web}/v1/measures -H 'Authorization: Bearer {keys['merchant']}'",
            "",
            "Keys, of this demo only:",
            f"  shop     {keys['merchant']}",
            f"  support  {keys['support']}",
            f"  courier  {keys[_EXAMPLE]}  ({_EXAMPLE})",
            "",
            "Any notice with sample data, for staff; the password is a key of shop or support:",
            f"  {where.web}/support/notices",
            "",
            f"For operators: {where.ops}/readyz {where.ops}/metrics",
            "",
        ]
    )


def _messages(where: Addresses) -> list[str]:
    if not where.has_inbox:
        return []
    return [
        "Their text messages and e-mails, as the shoppers get them:",
        f"  {where.web}/demo/inbox",
        "",
    ]


def _page(about: str, person: Person, link: str) -> str:
    return f"  {about:<28} {person.postcode:<9} {link}"


def _post(where: Addresses, key: str, parcel: DemoParcel) -> str:
    number = parcel.registration["tracking_number"]
    event = (
        f'{{"carrier": "{_EXAMPLE}", "tracking_number": "{number}",'
        ' "status": "out_for_delivery", "occurred_at": "\'$(date -Is)\'"}'
    )
    return (
        f"  curl {where.web}/v1/events -H 'Authorization: Bearer {key}' \\\n"
        f"    -H 'Content-Type: application/json' -d '{event}'"
    )


def _read(where: Addresses, key: str, parcel: DemoParcel) -> str:
    order = parcel.registration["order"]
    return f"  curl '{where.web}/v1/shipments?order={order}' -H 'Authorization: Bearer {key}'"
