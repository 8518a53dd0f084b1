"""What is handed to somebody who asks what is kept of them (GDPR articles 15 and 20)."""

from typing import Literal
from uuid import UUID

from schemas.base import Frozen, Instant
from schemas.contact import Buyer, Recipient
from schemas.scan import Scan
from schemas.shipment import ShipmentState

Cell = str | int | float | bool | None
Row = dict[str, Cell | list[str] | dict[str, object]]
"""Of a table, by column: what is sealed is opened, what no key opens is "unreadable"; who of the
staff wrote or did it is "support"."""


class ExportedScan(Frozen):
    """An event as it was read, and when it came. `raw`: the payload in which it came, where that
    spoke of this parcel only.
    """

    received_at: Instant
    scan: Scan
    raw: str | None = None


class ExportedParcel(Frozen):
    """`roles`: as whom it is theirs. `rows` by class of data, the earliest first where they have an
    instant. Where only the buyer asks, what belongs to the recipient is left out.
    """

    shipment_id: UUID
    carrier: str
    tracking_number: str
    shop: str | None = None
    roles: list[str]
    recipient: Recipient | None = None
    buyer: Buyer | None = None
    state: ShipmentState
    scans: list[ExportedScan]
    rows: dict[str, list[Row]]


class PersonExport(Frozen):
    """`suppressions`: what they asked not to be told, by the hash of their addresses."""

    schema_version: Literal[1] = 1
    exported_at: Instant
    parcels: list[ExportedParcel]
    suppressions: list[Row]
