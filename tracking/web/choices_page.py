"""The page on which somebody says what to hear: pure, a card for each way."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from schemas.notice import Channel
from tracking.choices import Choice, Standing
from tracking.web.frame import frame, template
from tracking.words.catalog import N_, words_of

_TITLE: Final = N_("Messages about your parcels")
_WAYS: Final = {
    Channel.SMS: N_("Text messages"),
    Channel.EMAIL: N_("E-mails"),
    Channel.PUSH: N_("Notifications on this device"),
}
_STANDING: Final = {
    Standing.EVERYTHING: N_("You get every message, from registered to delivered."),
    Standing.IMPORTANT: N_(
        "You get only what you have to act on: the parcel comes today, waits for you,"
        " or could not be delivered."
    ),
    Standing.NOTHING: N_("You get nothing this way any more."),
    Standing.STOPPED: N_(
        "You answered a text message with STOP. To get text messages again, answer with START."
    ),
    Standing.BAD_ADDRESS: N_("Messages could not be delivered there, so none are sent any more."),
}
_CHOICES: Final = {
    Choice.IMPORTANT: N_("Only what I have to act on"),
    Choice.NOTHING: N_("No more messages this way"),
    Choice.EVERYTHING: N_("Every message again"),
}
_TO_CHOOSE: Final = {
    Standing.EVERYTHING: (Choice.IMPORTANT, Choice.NOTHING),
    Standing.IMPORTANT: (Choice.NOTHING, Choice.EVERYTHING),
    Standing.NOTHING: (Choice.EVERYTHING, Choice.IMPORTANT),
    Standing.STOPPED: (),
    Standing.BAD_ADDRESS: (),
}
_page = template("choices.html")


class WayCard(NamedTuple):
    """One way to a person; `action` is where its form goes."""

    channel: Channel
    standing: Standing
    action: str


def render_choices(
    ways: Sequence[WayCard],
    shop: str | None,
    language: str,
    *,
    path: str,
    saved: bool = False,
    back: str | None = None,
) -> str:
    """`back` leads to the parcel that the visitor came from."""
    words = words_of(language)
    cards = [
        {
            "name": words.gettext(_WAYS[each.channel]),
            "standing": words.gettext(_STANDING[each.standing]),
            "action": each.action,
            "is_default": each.standing is Standing.EVERYTHING,
            "buttons": [
                (name, words.gettext(_CHOICES[name])) for name in _TO_CHOOSE[each.standing]
            ],
        }
        for each in ways
    ]
    return _page.render(
        **frame(words, path),
        title=words.gettext(_TITLE),
        shop=shop,
        cards=cards,
        saved=saved,
        back=back,
    )
