"""A mail as a document of its own, for a frame of our pages. Its headers are security.FRAMED."""

from typing import Final, Literal

from aiohttp import web

from tracking.web.security import FRAMED

Scheme = Literal["light", "dark"]
_HEAD: Final = "<head>"
_IN_A_TAB: Final = '<head><base target="_blank">'
# The mail asks what its reader's machine prefers; here the reader looks at both.
_ASKED: Final = "(prefers-color-scheme: dark)"
_SAID: Final = {"dark": "(min-width: 0)", "light": "(max-width: 0)"}
_EITHER: Final = "light dark"


def mail_response(html: str, scheme: Scheme | None = None) -> web.Response:
    """As the reader's machine prefers it, or as it is in one of the two."""
    return web.Response(
        text=framed(html, scheme),
        content_type="text/html",
        headers={"Content-Security-Policy": FRAMED},
    )


def framed(html: str, scheme: Scheme | None = None) -> str:
    """The head is all that is touched: below it stands text from outside."""
    head, end, body = html.partition("</head>")
    head = head.replace(_HEAD, _IN_A_TAB, 1)
    if scheme is not None:
        head = head.replace(_ASKED, _SAID[scheme]).replace(_EITHER, scheme)
    return head + end + body
