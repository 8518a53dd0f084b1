"""The figures that a shop looks at first, each with what it means; and what stands out. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from schemas.case import Topic
from schemas.measures import Figures, Measures, Share, Spent
from schemas.notice import Channel
from tracking.carriers import CARRIERS
from tracking.domain.measures import (
    has_moved,
    has_rate_moved,
    has_score_moved,
    has_time_moved,
)
from tracking.web.console.figures import NOTHING, WAY, Change, Compared, Headline, Said
from tracking.web.mood import Mood
from tracking.words.catalog import N_

_ENOUGH: Final = 20  # to say that something stands out
_APART: Final = 5.0  # points between a carrier and all together
_OFTEN: Final = 30.0  # percent of the cases that are about one thing
_FAILED: Final = 5.0  # percent of messages
_COMPLAINED: Final = 10.0  # percent of those who said how it was packed
_MOST: Final = 3


def headlines(said: Said, now: Figures, then: Figures) -> list[Headline]:
    return [
        _on_time(said, now, then),
        _recommended(said, now, then),
        _contacts(said, now, then),
        _first_answer(said, now, then),
        _solved(said, now, then),
        _repeats(said, now, then),
        _messages(said, now, then),
        _packaging(said, now, then),
        _message_cost(said, now),
        _bonus_cost(said, now),
    ]


def _on_time(said: Said, now: Figures, then: Figures) -> Headline:
    name = said.gettext("On time")
    meaning = said.gettext(
        "Parcels that came by when they were promised, of those whose promise is kept or broken by"
        " now."
    )
    return _rate(said, name, now.on_time, then.on_time, Mood.GOOD, meaning)


def _recommended(said: Said, now: Figures, then: Figures) -> Headline:
    score = now.recommend.score
    return Headline(
        said.gettext("Recommendation (NPS)"),
        said.signed(score),
        said.words.ngettext("%(n)d answer", "%(n)d answers", now.recommend.answers),
        said.change(
            score,
            then.recommend.score,
            Compared(Mood.GOOD, said.signed, has_score_moved(now.recommend, then.recommend)),
        ),
        said.gettext(
            "The share that marked it 9 or 10, less the share of 0 to 6: from −100 to +100."
        ),
    )


def _contacts(said: Said, now: Figures, then: Figures) -> Headline:
    each, before = now.contacts_per_thousand, then.contacts_per_thousand
    return Headline(
        said.gettext("Contacts per 1,000 parcels"),
        said.number(each),
        said.gettext(
            "contacts: %(contacts)s, parcels: %(parcels)s",
            contacts=said.count(now.contacts),
            parcels=said.count(now.parcels),
        ),
        said.change(each, before, Compared(Mood.BAD, said.number, has_rate_moved(now, then))),
        said.gettext("How often shoppers wrote, for a thousand parcels registered in this time."),
    )


def _first_answer(said: Said, now: Figures, then: Figures) -> Headline:
    half, before = now.first_answer.p50_minutes, then.first_answer.p50_minutes
    most = said.minutes(now.first_answer.p90_minutes)
    return Headline(
        said.gettext("First answer"),
        said.minutes(half),
        said.gettext(
            "nine of ten in %(time)s; answered: %(n)s",
            time=most,
            n=said.count(now.first_answer.cases),
        ),
        said.change(half, before, Compared(Mood.BAD, said.minutes, has_time_moved(half, before))),
        said.gettext(
            "Within this time half of the shoppers who wrote had their first answer, nights and"
            " Sundays included."
        ),
    )


def _solved(said: Said, now: Figures, then: Figures) -> Headline:
    name = said.gettext("Solved in one contact")
    meaning = said.gettext(
        "Solved cases in which the shopper wrote once, and that followed no other case and were"
        " followed by none within 14 days."
    )
    return _rate(said, name, now.solved_in_one, then.solved_in_one, Mood.GOOD, meaning)


def _repeats(said: Said, now: Figures, then: Figures) -> Headline:
    meaning = said.gettext(
        "How often shoppers had to write again about the same matter, of all times they wrote."
    )
    return _rate(
        said, said.gettext("Repeat contacts"), now.repeats, then.repeats, Mood.BAD, meaning
    )


def _messages(said: Said, now: Figures, then: Figures) -> Headline:
    name = said.gettext("Messages delivered")
    meaning = said.gettext(
        "Text messages, mails and pushes that the provider took and did not bring back, of all that"
        " were tried."
    )
    return _rate(said, name, now.messages_went, then.messages_went, Mood.GOOD, meaning)


def _packaging(said: Said, now: Figures, then: Figures) -> Headline:
    name = said.gettext("Packaging complaints")
    meaning = said.gettext(
        "Shoppers who found the box too big or damaged, of those who said how it was packed."
    )
    return _rate(said, name, now.packaging, then.packaging, Mood.BAD, meaning)


def _rate(said: Said, name: str, now: Share, then: Share, up_is: Mood, meaning: str) -> Headline:
    compared = Compared(up_is, said.percent, has_moved(now, then))
    change = said.change(now.percent, then.percent, compared)
    return Headline(name, said.percent(now.percent), said.of(now), change, meaning)


def _message_cost(said: Said, now: Figures) -> Headline:
    meaning = said.gettext(
        "What providers charge for the messages about a parcel, where that is known."
    )
    return _cost(said, said.gettext("Messages, for a parcel"), now.message_cost, now, meaning)


def _bonus_cost(said: Said, now: Figures) -> Headline:
    meaning = said.gettext(
        "What shoppers got because parcels were late or lost, spread over all parcels of this time."
    )
    return _cost(said, said.gettext("Bonuses, for a parcel"), now.bonus_cost, now, meaning)


def _cost(said: Said, name: str, spent: Sequence[Spent], now: Figures, meaning: str) -> Headline:
    """Whether more of it is good or bad depends on what it was for."""
    value, total = said.money(spent, each=True), said.money(spent)
    of = said.gettext("%(sum)s in all", sum=total) if spent else said.gettext("nothing was paid")
    return Headline(name, value if now.parcels else NOTHING, of, Change("", Mood.CALM), meaning)


def pointers(said: Said, found: Measures) -> list[str]:
    """What stands out, and what to do about it: three at the most."""
    return [*_pointed(said, found)][:_MOST]


def _pointed(said: Said, found: Measures) -> Iterator[str]:
    yield from _slow_carrier(said, found)
    yield from _reason(said, found)
    yield from _boxes(said, found.total)
    yield from _failing(said, found.total)


def _slow_carrier(said: Said, found: Measures) -> Iterator[str]:
    all_ = found.total.on_time.percent
    rated = [
        (each.figures.on_time.percent, each.carrier)
        for each in found.carriers
        if each.figures.on_time.percent is not None and each.figures.on_time.whole >= _ENOUGH
    ]
    if all_ is None or len(rated) < 2:
        return
    worst, carrier = min(rated)
    if all_ - worst >= _APART:
        yield said.gettext(
            "%(carrier)s brings %(rate)s of its parcels on time, all carriers together %(all)s:"
            " promise a day more for it, or talk to it.",
            carrier=carrier_name(carrier),
            rate=said.percent(worst),
            all=said.percent(all_),
        )


def _reason(said: Said, found: Measures) -> Iterator[str]:
    cases = found.total.cases
    if not found.topics or cases < _ENOUGH:
        return
    first = found.topics[0]
    rate = 100 * first.cases / cases
    if rate >= _OFTEN and isinstance(first.topic, Topic):
        yield said.gettext(
            "%(rate)s of all cases are about one thing, “%(topic)s”: %(advice)s",
            rate=said.percent(round(rate, 1)),
            topic=said.topic(first.topic),
            advice=said.gettext(_ADVICE[first.topic]),
        )


_ADVICE: Final = {
    Topic.WHERE_IS_IT: N_("tell shoppers earlier when it comes, before they ask."),
    Topic.CHANGE_OF_ADDRESS: N_("show the address once more before they pay."),
    Topic.NOT_RECEIVED: N_("ask the carrier for proof of delivery."),
    Topic.DAMAGED: N_("pack it better, or claim it from the carrier."),
    Topic.PACKAGING_RETURN: N_("put how to return it into the box."),
    Topic.PICKUP: N_("see whether the messages with the code arrive."),
    Topic.BONUS: N_("say more plainly what shoppers get, and how they use it."),
    Topic.FEEDBACK: N_("read what they wrote beside their marks."),
    Topic.OTHER: N_("read some of them: there may be a question that is missing in the help."),
}


def _boxes(said: Said, total: Figures) -> Iterator[str]:
    for share, text in (
        (
            total.too_big,
            N_("%(rate)s of shoppers say that the box was too big: take smaller ones."),
        ),
        (total.damaged, N_("%(rate)s of shoppers say that the box was damaged: pack it better.")),
    ):
        if share.whole >= _ENOUGH and share.percent is not None and share.percent >= _COMPLAINED:
            yield said.gettext(text, rate=said.percent(share.percent))


def _failing(said: Said, total: Figures) -> Iterator[str]:
    for channel, text in _FAILING.items():
        went = total.messages[channel].went
        if went.whole >= _ENOUGH and went.percent is not None and 100 - went.percent >= _FAILED:
            yield said.gettext(text, rate=said.percent(round(100 - went.percent, 1)))


_FAILING: Final = {
    Channel.SMS: N_("%(rate)s of text messages failed: check the phone when shoppers type it."),
    Channel.EMAIL: N_("%(rate)s of mails failed: check the address when shoppers type it."),
    Channel.PUSH: N_("%(rate)s of pushes failed: browsers forget, so keep another way."),
}


def carrier_name(code: str) -> str:
    known = CARRIERS.get(code)
    return known.name if known else code.title()


def way_name(said: Said, channel: Channel) -> str:
    return said.gettext(WAY[channel])
