"""The second factor: codes of an authenticator (TOTP, RFC 6238). Pure."""

import hmac
import re
from datetime import datetime
from typing import Final

import pyotp

_STEP: Final = 30  # seconds
_APART: Final = 1  # steps by which a telephone's clock may be off
_CODE: Final = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 bits in base 32."""
    return pyotp.random_base32()


def address(secret: str, email: str, issuer: str) -> str:
    """What the QR code says to an authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The step whose code this is, of those that may be meant now."""
    code = re.sub(r"\s", "", typed)
    if not _CODE.fullmatch(code):
        return None
    generator, this = pyotp.TOTP(secret, interval=_STEP), int(now.timestamp()) // _STEP
    steps = range(this - _APART, this + _APART + 1)
    right = [each for each in steps if hmac.compare_digest(generator.generate_otp(each), code)]
    return max(right, default=None)


def totp_context(staff_id: object) -> str:
    """What a sealed secret is bound to."""
    return f"totp:{staff_id}"
