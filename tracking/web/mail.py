"""A mail as a document of its own, for a frame of our pages. Its headers are security.FRAMED."""

import re
from typing import Final, Literal
from urllib.parse import urlsplit

from aiohttp import web

from tracking.web.security import FRAMED

Scheme = Literal["light", "dark"]
_HEAD: Final = "<head>"
_IN_A_TAB: Final = '<head><base target="_blank">'
# The mail asks what its reader's machine prefers; here the reader looks at both.
_ASKED: Final = "(prefers-color-scheme: dark)"
_SAID: Final = {"dark": "(min-width: 0)", "light": "(max-width: 0)"}
_EITHER: Final = "light dark"
_PICTURES: Final = "img-src data:;"


# What could end a directive of the policy, or the policy, is in no such host.
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?")


def mail_response(html: str, scheme: Scheme | None = None, logo: str | None = None) -> web.Response:
    """As the reader's machine prefers it, or as it is in one of the two.

    With `logo`, which is the reader's own, pictures of its host are shown.
    """
    return web.Response(
        text=framed(html, scheme),
        content_type="text/html",
        headers={"Content-Security-Policy": _policy(logo)},
    )


def _policy(logo: str | None) -> str:
    host = urlsplit(logo).netloc if logo else ""
    pictures = f"img-src data: https://{host};" if _HOST.fullmatch(host) else _PICTURES
    return FRAMED.replace(_PICTURES, pictures)


def framed(html: str, scheme: Scheme | None = None) -> str:
    """The head is all that is touched: below it stands text from outside."""
    head, end, body = html.partition("</head>")
    head = head.replace(_HEAD, _IN_A_TAB, 1)
    if scheme is not None:
        head = head.replace(_ASKED, _SAID[scheme]).replace(_EITHER, scheme)
    return head + end + body
