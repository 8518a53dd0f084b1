"""What the command_status of an answer means for a message: SMPP 3.4, 5.1.3. Pure.

Any error says that the message was not taken. What may pass by itself, or when the operator has
repaired it, is tried again; so is what only the centre's own documentation knows (0x400 and up).
"""

from typing import Final

from notifier.channels.base import Handed, Outcome

OK: Final = 0x00000000
INVALID_COMMAND_LENGTH: Final = 0x00000002
INVALID_COMMAND_ID: Final = 0x00000003
QUEUE_FULL: Final = 0x00000014
THROTTLED: Final = 0x00000058
TEMPORARY: Final = 0x00000064
PERMANENT: Final = 0x00000065

_NAMES: Final = {
    0x00000001: "esme_rinvmsglen",
    INVALID_COMMAND_LENGTH: "esme_rinvcmdlen",
    INVALID_COMMAND_ID: "esme_rinvcmdid",
    0x00000004: "esme_rinvbndsts",
    0x00000005: "esme_ralybnd",
    0x00000006: "esme_rinvprtflg",
    0x00000007: "esme_rinvregdlvflg",
    0x00000008: "esme_rsyserr",
    0x0000000A: "esme_rinvsrcadr",
    0x0000000B: "esme_rinvdstadr",
    0x0000000C: "esme_rinvmsgid",
    0x0000000D: "esme_rbindfail",
    0x0000000E: "esme_rinvpaswd",
    0x0000000F: "esme_rinvsysid",
    QUEUE_FULL: "esme_rmsgqful",
    0x00000015: "esme_rinvsertyp",
    0x00000040: "esme_rinvdestflag",
    0x00000043: "esme_rinvesmclass",
    0x00000045: "esme_rsubmitfail",
    0x00000048: "esme_rinvsrcton",
    0x00000049: "esme_rinvsrcnpi",
    0x00000050: "esme_rinvdstton",
    0x00000051: "esme_rinvdstnpi",
    0x00000053: "esme_rinvsystyp",
    0x00000054: "esme_rinvrepflag",
    0x00000055: "esme_rinvnummsgs",
    THROTTLED: "esme_rthrottled",
    0x00000061: "esme_rinvsched",
    0x00000062: "esme_rinvexpiry",
    0x00000063: "esme_rinvdftmsgid",
    TEMPORARY: "esme_rx_t_appn",
    PERMANENT: "esme_rx_p_appn",
    0x00000066: "esme_rx_r_appn",
    0x000000C4: "esme_rinvoptparamval",
    0x000000FE: "esme_rdeliveryfailure",
    0x000000FF: "esme_runknownerr",
}
_BAD_ADDRESS: Final = {0x0000000B}
# What is wrong with this one message, whoever repairs what: length, class, flags, times, options.
_REFUSED: Final = {
    *(0x00000001, 0x00000006, 0x00000007, 0x0000000B, 0x00000043, 0x00000054, 0x00000061),
    *(0x00000062, 0x00000063, PERMANENT, 0x00000066, 0x000000C4, 0x000000FE),
}
PASSING: Final = frozenset({QUEUE_FULL, THROTTLED})
"""Soon over: worth a moment's wait where a text is half on its way."""

_REFUSED_BINDS: Final = {0x0000000D, 0x0000000E, 0x0000000F, 0x00000053}


def name_of(status: int) -> str:
    """The standard's name in lower case, or the number: `esme_0x00000411`."""
    return _NAMES.get(status, f"esme_{status:#010x}")


def handed(status: int, message_id: str | None) -> Handed:
    """What the answer to submit_sm says. A centre need not name what it took."""
    if status == OK:
        return Handed(Outcome.ACCEPTED, None, message_id)
    refused = status in _REFUSED
    outcome = Outcome.REFUSED if refused else Outcome.RETRY
    return Handed(outcome, name_of(status), address_is_bad=status in _BAD_ADDRESS)


def is_for_the_operator(status: int) -> bool:
    """Whether a bind was refused for what is set: trying at once again may lock the account."""
    return status in _REFUSED_BINDS
