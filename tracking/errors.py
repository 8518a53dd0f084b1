"""The errors of Klāt: one small tree; the docstring is the default message."""


class KlatError(Exception):
    """Something went wrong in Klāt."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class ConfigurationError(KlatError):
    """The settings are wrong; the process cannot start (exit code 78)."""


class StartError(KlatError):
    """A part of the stack could not be started (exit code 1)."""


class BrokerUnavailable(KlatError):  # noqa: N818 - named for what the caller sees
    """RabbitMQ did not confirm the message; nothing was accepted."""


class StoreUnavailable(KlatError):  # noqa: N818 - named for what the caller sees
    """PostgreSQL cannot be reached or is too busy."""


class StoreBusy(StoreUnavailable):
    """Another transaction was in the way; nothing was committed, and again it may pass."""


class PeopleErased(KlatError):  # noqa: N818 - named for what was found
    """Nobody is named on this parcel any more, and nothing is kept that may name somebody."""


class StatementTooSlow(KlatError):  # noqa: N818 - named for what the caller sees
    """PostgreSQL ended a statement at its time limit; less work at once may pass."""
