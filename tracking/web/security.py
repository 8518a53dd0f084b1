"""Headers of every answer."""

from aiohttp import web

from tracking.web.deps import DEPS

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)
FRAMING = f"{CSP}; frame-src 'self'"
"""Of a page that shows a mail."""
FRAMED = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""Of the mail in it: no script, no origin, nothing from elsewhere; links open tabs."""
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "klat",
}
_UNLESS_SAID = {"Content-Security-Policy": CSP, "Cache-Control": "private, no-store"}
_HSTS = "max-age=63072000; includeSubDomains"


async def secure_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal on_response_prepare: streams and static files pass here too."""
    response.headers.update(_ALWAYS)
    for name, value in _UNLESS_SAID.items():
        response.headers.setdefault(name, value)
    if is_https(request.app):
        response.headers["Strict-Transport-Security"] = _HSTS


def cookie_name(app: web.Application, name: str) -> str:
    """Of one that is kept below a path: by TLS no other site can set it (RFC 6265bis)."""
    return f"__Secure-{name}" if is_https(app) else name


def is_https(app: web.Application) -> bool:
    """As the world sees it: a proxy in front may end TLS."""
    return app[DEPS].settings.public_url.startswith("https://")
