"""Cases: what a shopper asks about a parcel, and where it stands."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

LONGEST: Final = 2000  # characters of a message
ANSWER_LASTS: Final = timedelta(days=3)
"""What no provider took by then is not sent any more: it stands on the page anyway."""

MOST_BY_TEXT: Final = 5  # answers by text message to one person of a parcel in a day


class Topic(StrEnum):
    """What it is about; the reasons for which people turn to support after they have bought."""

    WHERE_IS_IT = "where_is_it"
    CHANGE_OF_ADDRESS = "change_of_address"
    NOT_RECEIVED = "not_received"
    DAMAGED = "damaged"
    PACKAGING_RETURN = "packaging_return"
    PICKUP = "pickup"  # the code, the locker, the time to collect
    BONUS = "bonus"
    FEEDBACK = "feedback"  # a low mark in the survey
    OTHER = "other"


class Opener(StrEnum):
    SHOPPER = "shopper"
    STAFF = "staff"
    SURVEY = "survey"


class CaseState(StrEnum):
    """Open waits for us, answered waits for the shopper. A shopper who writes opens it again."""

    OPEN = "open"
    ANSWERED = "answered"
    SOLVED = "solved"


class Author(StrEnum):
    """Who said it. What a shopper said on the telephone is the shopper's, whoever wrote it down."""

    SHOPPER = "shopper"
    STAFF = "staff"
    COLLEAGUE = "colleague"  # a word among the staff: shoppers never see it


class TextKind(StrEnum):
    """Texts of a shop: for its shoppers' pages, and for its staff to answer with."""

    HELP = "help"
    PREPARED = "prepared"
