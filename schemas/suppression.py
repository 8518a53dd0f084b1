"""Who is written to less, or not at all, and why. It beats everything that a shop wants."""

from enum import StrEnum


class Level(StrEnum):
    """What is not said any more: everything, or what nobody has to act on."""

    ALL = "all"
    UNIMPORTANT = "unimportant"


class SuppressionReason(StrEnum):
    """Why an address is not written to. Several may hold at once."""

    ASKED = "asked"  # on the page for it, or by one click in the mail program
    STOP = "stop"  # by answering STOP
    BAD_ADDRESS = "bad_address"  # nothing can ever arrive there
    COMPLAINT = "complaint"  # said to be spam
