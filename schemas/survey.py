"""What shoppers are asked after a delivery."""

from enum import StrEnum


class Packaging(StrEnum):
    """How the goods were packed; `too_big`: it ships air."""

    RIGHT = "right"
    TOO_BIG = "too_big"
    DAMAGED = "damaged"
