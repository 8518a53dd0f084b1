"""Whole lives of parcels, told as couriers tell them: twice, late, in disorder, with junk. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from random import Random

from tracking.local.simulate import own
from tracking.local.simulate.formats import Row
from tracking.local.simulate.plots import PLOTS, happenings
from tracking.local.simulate.story import (
    Expected,
    Happening,
    Life,
    Message,
    Moment,
    Parcel,
    Way,
)
from tracking.local.simulate.voices import VOICES, Voice
from tracking.local.simulate.words import Word

_SERIALS = 900_000_000
_HTTP_SHARE = 0.3  # of the couriers; the others publish to RabbitMQ
_JUNK = (b"", b"{", b"<events><event>", b"[[[[", b"\xff\xfe\x00", b'{"status": "string"}', b"null")


class Lives:
    """An endless supply of lives; the same seed tells the same stories."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed)  # noqa: S311 - a story, not a secret
        self._serials = count(self._random.randrange(_SERIALS))

    def next(self, now: datetime) -> Life:
        """A parcel whose story ended within the last half hour before `now`."""
        random = self._random
        plot = random.choices(PLOTS, [plot.often for plot in PLOTS])[0]
        voice = random.choice([voice for voice in VOICES if plot.suits(voice)])
        parcel = Parcel(voice.carrier, voice.number(next(self._serials) % _SERIALS))
        ends = now - timedelta(minutes=random.uniform(1, 30))
        told = _with_surprise(happenings(plot.moments, voice, random, ends), voice, random)
        way = Way.HTTP if random.random() < _HTTP_SHARE else Way.AMQP
        messages = tell(parcel, voice, told, way)
        return Life(
            plot=plot.name,
            voice=voice.name,
            parcel=parcel,
            messages=tuple(_told_badly(messages, parcel, voice, told, random)),
            expected=Expected(plot.status, voice.words[plot.ending].handover),
        )


def _with_surprise(told: Sequence[Happening], voice: Voice, random: Random) -> list[Happening]:
    """Now and then a word that nobody has mapped."""
    if random.random() > 0.06 or Moment.UNKNOWN not in voice.words:
        return list(told)
    place = random.randrange(1, len(told))
    before = told[place - 1]
    surprise = Happening(before.at + timedelta(seconds=20), Moment.UNKNOWN, before.place)
    return [*told[:place], surprise, *told[place:]]


def tell(parcel: Parcel, voice: Voice, happened: Sequence[Happening], way: Way) -> list[Message]:
    """One message for each thing that happened, in order."""
    messages: list[Message] = []
    rows: list[Row] = []
    for happening in happened:
        word = voice.words[happening.moment]
        if word.said:
            messages.append(_own(parcel, voice, happening, word, way))
        else:
            rows.append(Row(happening.at, word.code, word.text, happening.place))
            so_far = rows if voice.whole else rows[-1:]
            messages.append(_native(parcel, voice, so_far, way))
    return messages


def _own(parcel: Parcel, voice: Voice, happening: Happening, word: Word, way: Way) -> Message:
    return Message(
        at=happening.at,
        sender=voice.carrier,
        way=way,
        body=own.event(parcel, happening, word.said),
        native=False,
        from_locker=word.from_locker,
    )


def _native(parcel: Parcel, voice: Voice, rows: Sequence[Row], way: Way) -> Message:
    return Message(
        at=rows[-1].at,
        sender=voice.sender,
        way=way,
        body=voice.format(parcel, rows),
        number=None if voice.names_parcel else parcel.number,
        media=voice.media,
    )


def _told_badly(
    messages: list[Message],
    parcel: Parcel,
    voice: Voice,
    happened: Sequence[Happening],
    random: Random,
) -> Iterator[Message]:
    """The messages as they really come: some three times, some late, some not to be read."""
    untidy = list(messages)
    if random.random() < 0.2:
        _insert(untidy, [random.choice(messages)] * 2, random)
    if random.random() < 0.15:
        _insert(untidy, _everything_again(parcel, voice, happened, messages[0].way), random)
    if random.random() < 0.25:
        _insert(untidy, [untidy.pop(random.randrange(len(untidy)))], random)
    if random.random() < 0.02:
        _insert(untidy, [_junk(messages[-1], random)], random)
    return iter(untidy)


def _insert(messages: list[Message], more: Sequence[Message], random: Random) -> None:
    for message in more:
        messages.insert(random.randrange(len(messages) + 1), message)


def _everything_again(
    parcel: Parcel, voice: Voice, happened: Sequence[Happening], way: Way
) -> list[Message]:
    """The carrier's own part of the life in one message, as a bulk answer tells it."""
    words = [(happening, voice.words[happening.moment]) for happening in happened]
    rows = [Row(each.at, word.code, word.text, each.place) for each, word in words if not word.said]
    return [_native(parcel, voice, rows, way)] if rows and voice.repeats else []


def _junk(like: Message, random: Random) -> Message:
    return Message(
        at=like.at,
        sender=like.sender,
        way=like.way,
        body=random.choice(_JUNK),
        native=like.native,
        media=like.media,
    )
