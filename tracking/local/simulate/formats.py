"""The carriers' own formats, written as the carriers write them. Pure.

A format writes the events so far, or only the newest where the carrier pushes one at a time.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from tracking.carriers.times import zone_of
from tracking.carriers.zones import zone_for
from tracking.local.simulate.places import Place
from tracking.local.simulate.story import Parcel


@dataclass(frozen=True, slots=True)
class Row:
    """An event in a carrier's words: `code` is its machine's word, `text` what it tells people."""

    at: datetime
    code: str
    text: str
    place: Place | None = None


Format = Callable[[Parcel, Sequence[Row]], bytes]
XML = "application/xml"
_SECONDS = "%Y-%m-%d %H:%M:%S"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(zone_of(zone))


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def omniva_json(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    return _json({"events": [_omniva(parcel, row) for row in rows]})


def _omniva(parcel: Parcel, row: Row) -> dict[str, str | None]:
    return {
        "packetCode": parcel.number,
        "eventCode": row.code,
        "stateCode": None,
        "eventDate": _local(row.at, "Europe/Tallinn").isoformat(),
        "eventSource": row.place.name if row.place else "",
    }


def omniva_xml(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    """The older feed; its times have no offset."""
    feed = Element("events")
    for row in rows:
        event = SubElement(feed, "event")
        naive = _local(row.at, "Europe/Tallinn").replace(tzinfo=None)
        for name, said in {**_omniva(parcel, row), "eventDate": naive.isoformat()}.items():
            SubElement(event, name).text = said
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def venipak(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    return _json([_venipak(parcel, row, with_offset=True) for row in rows])


def venipak_naive(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    """Parcels by number, as its bulk call answers, in local time without an offset."""
    return _json({parcel.number: [_venipak(parcel, row, with_offset=False) for row in rows]})


def _venipak(parcel: Parcel, row: Row, *, with_offset: bool) -> dict[str, Any]:
    status, _, event = row.code.partition("/")
    local = _local(row.at, "Europe/Vilnius")
    exact = {"date_iso": local.isoformat()} if with_offset else {}
    return {
        "shipment_id": int(parcel.number[-7:]),
        "pack_no": parcel.number,
        "event": event,
        "pack_status": int(status),
        "pack_status_text": row.text,
        "location": _venipak_place(row.place),
        "date": local.strftime(_SECONDS),
        **exact,
    }


def _venipak_place(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"place": None, "address": None, "city": None, "lat": None, "lng": None}
    return {
        "place": place.name,
        "address": place.address,
        "city": place.city,
        "lat": place.lat,
        "lng": place.lon,
    }


def unisend(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    return _json([_unisend(parcel, row) for row in rows])


def _unisend(parcel: Parcel, row: Row) -> dict[str, str | None]:
    return {
        "mailBarcode": parcel.number,
        "publicStateType": row.text or None,
        "publicEventType": row.code,
        "eventDate": _local(row.at, "Europe/Vilnius").replace(tzinfo=None).isoformat(),
        "location": row.place.name if row.place else None,
    }


def posti(_: Parcel, rows: Sequence[Row]) -> bytes:
    """Newest first; names neither the parcel nor codes."""
    events = [
        {
            "timestamp": _zulu(row.at),
            "eventDescription": row.text,
            "city": row.place.name if row.place else "",
        }
        for row in reversed(rows)
    ]
    main = rows[-1].code
    return _json({"shipmentType": "PARCEL", "status": {"main": main}, "events": events})


def inpost(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    """The webhook of ShipX: the newest status alone."""
    row = rows[-1]
    return _json(
        {
            "event_ts": _local(row.at, "Europe/Warsaw").strftime("%Y-%m-%d %H:%M:%S %z"),
            "event": "shipment_status_changed",
            "organization_id": 1,
            "payload": {
                "shipment_id": int(parcel.number[-9:]),
                "tracking_number": parcel.number,
                "status": row.code,
            },
        }
    )


def dpd(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    """The Baltic status page: a text alone, in the local time of the depot."""
    details = [_dpd(row) for row in rows]
    return _json([{"parcelNumber": parcel.number, "error": None, "details": details}])


def _dpd(row: Row) -> dict[str, str]:
    zone = zone_for(row.place.country if row.place else None)
    return {
        "status": row.text,
        "dateTime": _local(row.at, zone or "Europe/Riga").strftime(_SECONDS),
        "City": f"{row.place.city} ({row.place.country})" if row.place else "",
    }


def gls(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    statuses = [
        {
            "StatusCode": row.code,
            "StatusDate": f"/Date({int(row.at.timestamp()) * 1000}+0100)/",
            "StatusDescription": row.text,
            "DepotCity": row.place.city if row.place else "",
            "DepotNumber": f"{row.place.country}01" if row.place else "",
        }
        for row in rows
    ]
    return _json({"ParcelNumber": int(parcel.number), "ParcelStatusList": statuses})


def upu(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    events = [
        {
            "code": row.code,
            "time": row.at.astimezone(UTC).isoformat(),
            "location": row.place.name if row.place else None,
            "country": row.place.country if row.place else None,
        }
        for row in rows
    ]
    return _json({"itemId": parcel.number, "events": events})


def easypost(parcel: Parcel, rows: Sequence[Row]) -> bytes:
    """The webhook `tracker.updated`, which tells the whole life each time."""
    tracker = {
        "object": "Tracker",
        "id": f"trk_{parcel.number}",
        "tracking_code": parcel.number,
        "carrier": "FedEx",
        "status": "unknown",
        "signed_by": None,
        "est_delivery_date": None,
        "tracking_details": [_easypost(row) for row in rows],
    }
    return _json(
        {
            "object": "Event",
            "id": f"evt_{parcel.number}_{len(rows)}",
            "description": "tracker.updated",
            "status": "completed",
            "result": tracker,
        }
    )


def _easypost(row: Row) -> dict[str, Any]:
    own, _, status = row.code.partition("/")
    place = row.place
    return {
        "object": "TrackingDetail",
        "message": row.text,
        "description": row.text,
        "status": status,
        "status_detail": "status_update",
        "datetime": row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source": "FedEx",
        "carrier_code": own,
        "tracking_location": {
            "object": "TrackingLocation",
            "city": place.city if place else None,
            "state": None,
            "country": place.country if place else None,
            "zip": None,
        },
    }
