"""Instants as the text that everybody outside gets."""

from datetime import UTC, datetime


def utc_text(at: datetime) -> str:
    """ISO 8601 in UTC with Z: what pydantic writes of the same instant in the API."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
