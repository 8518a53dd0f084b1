"""The page on which somebody says what to hear: pure, a card for each way."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from schemas.notice import Channel
from tracking.choices import Choice, Raising, Standing
from tracking.web.frame import frame, template
from tracking.words.catalog import N_, words_of

_TITLE: Final = N_("Messages about your parcels")
_WAYS: Final = {
    Channel.SMS: N_("Text messages"),
    Channel.EMAIL: N_("E-mails"),
    Channel.PUSH: N_("Notifications on this device"),
}
_STANDING: Final = {
    Standing.EVERYTHING: N_("You get every message that is sent this way."),
    Standing.IMPORTANT: N_(
        "You get only what you have to act on: the parcel comes today, waits for you,"
        " or could not be delivered."
    ),
    Standing.NOTHING: N_("You get nothing this way any more."),
    Standing.STOPPED: N_(
        "You answered a text message with STOP. To get text messages again, answer with START."
    ),
    Standing.EVERYWHERE: N_(
        "Nothing is sent there any more, whichever shop a parcel comes from. To change that,"
        " ask the shop."
    ),
    Standing.BAD_ADDRESS: N_("Messages could not be delivered there, so none are sent any more."),
}
_CHOICES: Final = {
    Choice.IMPORTANT: N_("Only what I have to act on"),
    Choice.NOTHING: N_("No more messages this way"),
    Choice.EVERYTHING: N_("Every message again"),
}
_OF_ALL_SHOPS: Final = (Standing.STOPPED, Standing.EVERYWHERE, Standing.BAD_ADDRESS)
_TO_CHOOSE: Final[dict[Standing, tuple[Choice, ...]]] = {
    Standing.EVERYTHING: (Choice.IMPORTANT, Choice.NOTHING),
    Standing.IMPORTANT: (Choice.NOTHING, Choice.EVERYTHING),
    Standing.NOTHING: (Choice.EVERYTHING, Choice.IMPORTANT),
    **dict.fromkeys(_OF_ALL_SHOPS, ()),
}
_LESS: Final[dict[Standing, tuple[Choice, ...]]] = {
    Standing.EVERYTHING: (Choice.IMPORTANT, Choice.NOTHING),
    Standing.IMPORTANT: (Choice.NOTHING,),
    **dict.fromkeys((Standing.NOTHING, *_OF_ALL_SHOPS), ()),
}
_ASK_BY_MESSAGE: Final = {
    Channel.SMS: N_(
        "To get every text message again, open the link in one that you got from us,"
        " and choose there."
    ),
    Channel.EMAIL: N_(
        "To get every e-mail again, open the link at the end of one that you got "
        "from us, and choose there."
    ),
}
_page = template("choices.html")


class WayCard(NamedTuple):
    """One way to a person; `action` is where its form goes. `has_more`: by it more is said than
    what has to be acted on, so that asking for this alone changes something.
    """

    channel: Channel
    standing: Standing
    raising: Raising
    action: str
    has_more: bool = True

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Those that change something, of what may be chosen here."""
        if self.raising is Raising.HERE:
            return self._offered
        return tuple(each for each in self._offered if each in _LESS[self.standing])

    @property
    def _offered(self) -> tuple[Choice, ...]:
        offered = _TO_CHOOSE[self.standing]
        return tuple(each for each in offered if self.has_more or each is not Choice.IMPORTANT)

    @property
    def advice(self) -> str | None:
        """How to hear more again where the page itself must not offer it."""
        is_withheld = self.choices != self._offered
        by_message = self.raising is Raising.BY_MESSAGE
        return _ASK_BY_MESSAGE.get(self.channel) if is_withheld and by_message else None


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
            "way": each.channel,
            "name": words.gettext(_WAYS[each.channel]),
            "standing": words.gettext(_STANDING[each.standing]),
            "advice": words.gettext(each.advice) if each.advice else None,
            "action": each.action,
            "is_default": each.standing is Standing.EVERYTHING,
            "buttons": [(name, words.gettext(_CHOICES[name])) for name in each.choices],
        }
        for each in ways
    ]
    return _page.render(
        **frame(words, path),
        title=words.gettext(_TITLE),
        shop=shop,
        cards=cards,
        is_of_shop=any(each.standing not in _OF_ALL_SHOPS for each in ways),
        saved=saved,
        back=back,
    )
