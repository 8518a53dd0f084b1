"""The QR code of a locker as a picture, beside a mail or in its HTML."""

import base64
import io
from typing import Final

import segno

_SCALE: Final = 6  # pixels a module


def qr_png(text: str) -> bytes:
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=_SCALE)
    return drawn.getvalue()


def with_picture(html: str, cid: str, png: bytes | None) -> str:
    """HTML that shows `cid:` pictures, with the picture in it, for readers that get no parts."""
    if png is None:
        return html
    return html.replace(f'"cid:{cid}"', f'"data:image/png;base64,{base64.b64encode(png).decode()}"')
