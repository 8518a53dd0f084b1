"""What a shop was told by somebody who wants to hear less from it."""

from typing import Literal, Self

from pydantic import ValidationInfo, field_validator, model_validator

from schemas.base import Frozen
from schemas.contact import Country, Email, Phone, e164


class OptOut(Frozen):
    """`PUT /v1/opt-outs`: a number, an address, or both. `hears`: what is said there from now on.

    A phone in national form needs the `country`.
    """

    country: Country | None = None
    phone: Phone | None = None
    email: Email | None = None
    hears: Literal["important", "nothing"] = "nothing"

    @field_validator("phone")
    @classmethod
    def _as_e164(cls, value: str | None, info: ValidationInfo) -> str | None:
        return None if value is None else e164(value, info.data.get("country"))

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.phone is None and self.email is None:
            raise ValueError("needs 'phone' or 'email'")
        return self
