"""schema.org/ParcelDelivery as JSON-LD, for mail programs that show it.

Nothing personal: no address, no name, no door code. Gmail shows the card only with the recipient's
full address and to registered senders (developers.google.com/gmail/markup), so this is for other
readers, and whether it is put into a mail is the shop's choice.
"""

import json
from datetime import datetime
from typing import Any

from notifier.values import Values
from schemas.base import clean_text, cut

_MAX_TEXT = 200
# None of these can then end the script element or open a comment in it.
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def delivery_markup(values: Values) -> str:
    """ASCII JSON that may stand in <script type="application/ld+json"> as it is."""
    return json.dumps(_delivery(values), ensure_ascii=True).translate(_ESCAPES)


def _delivery(values: Values) -> dict[str, Any]:
    return _known(
        {
            "@context": "https://schema.org",
            "@type": "ParcelDelivery",
            "trackingNumber": _text(values.tracking_number),
            "trackingUrl": values.link,
            "provider": _organization(values.carrier),
            "expectedArrivalFrom": _instant(values.window.starts if values.window else None),
            "expectedArrivalUntil": _instant(values.window.ends if values.window else None),
            "deliveryStatus": _waiting(values),
            "partOfOrder": _order(values),
        }
    )


def _waiting(values: Values) -> dict[str, Any] | None:
    """Until when it can be collected; where and with which code stays out."""
    if values.until is None:
        return None
    return {"@type": "DeliveryEvent", "availableThrough": _instant(values.until)}


def _order(values: Values) -> dict[str, Any]:
    seller = _organization(values.brand.name)
    number = _text(values.order) if values.order else None
    return _known({"@type": "Order", "orderNumber": number, "seller": seller})


def _organization(name: str) -> dict[str, Any]:
    return {"@type": "Organization", "name": _text(name)}


def _text(value: str) -> str:
    return cut(clean_text(value), _MAX_TEXT)


def _instant(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
