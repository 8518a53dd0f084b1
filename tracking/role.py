"""The processes Klāt consists of; `klat serve ROLE` runs one, `klat up` all of them."""

from enum import StrEnum


class Role(StrEnum):
    WEB = "web"
    INGEST = "ingest"
    RELAY = "relay"
    CLOCK = "clock"
    NOTICES = "notices"
    WEBHOOKS = "webhooks"
    COMPENSATION = "compensation"
