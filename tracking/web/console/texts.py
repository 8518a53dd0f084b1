"""What a shop says itself: help answers for its shoppers, prepared answers for who helps them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from schemas.base import clean_lines
from schemas.case import TextKind, Topic
from schemas.staff import Action, StaffRole
from tracking.domain.help import ASKABLE
from tracking.staff.audit import noting
from tracking.store.cases import (
    Cases,
    SupportText,
    drop_support_text,
    save_support_text,
    support_texts,
)
from tracking.store.merchants import shop_for_update
from tracking.store.pool import transaction
from tracking.store.staff import Staff
from tracking.web.console.errors import FOR_LEADS, for_people
from tracking.web.console.frame import language_of, page, words_for
from tracking.web.console.guard import HOME, SESSION, Form, for_staff, read_form, to
from tracking.web.console.shop.subjects import difference
from tracking.web.deps import DEPS
from tracking.web.help import QUESTION
from tracking.web.help_sample import sample_help
from tracking.web.prepared import NAMES, PREPARED
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Route
from tracking.words.catalog import N_, Words, words_of
from tracking.words.language import SUPPORTED

TEXTS: Final = f"{HOME}/texts"
EDITORS: Final = frozenset({StaffRole.LEAD, StaffRole.ADMIN})
LONGEST_TITLE: Final = 120
LONGEST_TEXT: Final = 1000
_MOST_OWN: Final = 5  # about one topic, beside ours
_MOST_SHOPS: Final = 200
_NEW: Final = -1  # it gets the next free place
_NONE: Final = {"title": "", "text": ""}
_KINDS: Final[Mapping[TextKind, str]] = {
    TextKind.HELP: N_("Help on the page of the parcel"),
    TextKind.PREPARED: N_("Prepared answers"),
}
NO_TITLE: Final = N_("Give it a title, of 120 characters at most.")
NO_TEXT: Final = N_("Write the text, of 1,000 characters at most.")
TOO_MANY: Final = N_("There are five about this already. Change one of them.")


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was not saved, and why."""

    text: SupportText
    wrong: str


@for_people
async def get_texts(request: web.Request) -> web.StreamResponse:
    return await _shown(request, request.query.get("shop", ""), request.query.get("language", ""))


@for_people
async def post_text(request: web.Request) -> web.StreamResponse:
    """Saved, or ours again (`drop`); noted in the same transaction."""
    form = await read_form(request)
    staff = _editor(request)
    shop, language = await _shop(request, staff, form.get("shop", "")), form.get("language", "")
    text = _told(form)
    if shop is None or language not in SUPPORTED or text is None:
        raise not_found()
    wrong = None if form.get("drop") else _wrong(text)
    if wrong is None and not await _kept(request, shop, language, text, drops="drop" in form):
        wrong = TOO_MANY
    if wrong:
        return await _shown(request, str(shop), language, _Typed(text, wrong))
    return to(f"{TEXTS}?shop={shop}&language={language}&done")


async def _kept(
    request: web.Request, shop: UUID, language: str, text: SupportText, *, drops: bool
) -> bool:
    """False where there are too many. One change at a time: a new text finds its place."""
    deps, staff = request.app[DEPS], request[SESSION].staff
    async with transaction(deps.pool) as conn:
        await shop_for_update(conn, shop)
        own = await support_texts(conn, shop, language)
        if text.place == _NEW:
            text = text._replace(place=_next(own, text))
        if text.place > _MOST_OWN:
            return False
        if drops:
            await drop_support_text(conn, shop, language, text)
        else:
            await save_support_text(conn, shop, language, text, deps.now())
        deed = noting(
            deps.sealer, staff, Action.SUPPORT_TEXT_CHANGED, deps.now(), merchant_id=shop,
            language=language, kind=text.kind, topic=text.topic, place=text.place,
            changed=_changed(own, text, drops=drops),
        )  # fmt: skip
        await deed(conn)
    return True


def _changed(
    own: Sequence[SupportText], text: SupportText, *, drops: bool
) -> dict[str, tuple[str, str]]:
    """What was and what is of the shop's own words, empty where there were none."""
    was = next((each for each in own if each[:3] == text[:3]), None)
    before = {"title": was.title, "text": was.text} if was else _NONE
    return difference(before, _NONE if drops else {"title": text.title, "text": text.text})


def _next(own: Sequence[SupportText], text: SupportText) -> int:
    """The first free place beside ours."""
    taken = {each.place for each in own if each[:2] == text[:2]}
    return next(place for place in range(1, _MOST_OWN + 2) if place not in taken)


def _wrong(text: SupportText) -> str | None:
    if not text.title or len(text.title) > LONGEST_TITLE:
        return NO_TITLE
    return NO_TEXT if not text.text or len(text.text) > LONGEST_TEXT else None


def _editor(request: web.Request) -> Staff:
    staff = request[SESSION].staff
    if staff.role not in EDITORS:
        raise HttpProblem(403, FOR_LEADS)
    return staff


async def _shop(request: web.Request, staff: Staff, asked: str) -> UUID | None:
    """The one that was asked for, if they see it; the first without a wish."""
    shops = await Cases(request.app[DEPS].pool).shops_to_choose(staff.shops, _MOST_SHOPS)
    if not asked:
        return shops[0][0] if shops else None
    return next((shop_id for shop_id, _ in shops if str(shop_id) == asked), None)


def _told(form: Form) -> SupportText | None:
    place = form.get("place", "")
    try:
        kind, topic = TextKind(form.get("kind", "")), Topic(form.get("topic", ""))
    except ValueError:
        return None
    if place and not (place.isascii() and place.isdigit() and len(place) < 3):
        return None
    title = " ".join(clean_lines(form.get("title", "")).split("\n"))
    return SupportText(
        kind, topic, int(place) if place else _NEW, title, clean_lines(form.get("text", ""))
    )


async def _shown(
    request: web.Request, asked: str, language: str, typed: _Typed | None = None
) -> web.Response:
    staff, deps, words = _editor(request), request.app[DEPS], words_for(request)
    shops = await Cases(deps.pool).shops_to_choose(staff.shops, _MOST_SHOPS)
    shop = await _shop(request, staff, asked)
    if shop is None:
        raise not_found()
    language = language if language in SUPPORTED else language_of(request)
    own = await Cases(deps.pool).support_texts(shop, language)
    return page(
        request,
        "texts",
        422 if typed else 200,
        here=TEXTS,
        shops=[(str(shop_id), name) for shop_id, name in shops],
        shop=str(shop),
        spoken=SUPPORTED,
        of=language,
        kinds=[
            {
                "kind": kind.value,
                "name": words.gettext(text),
                "texts": list(
                    _texts(kind, own, language, words_of(language_of(request)), deps.now())
                ),
            }
            for kind, text in _KINDS.items()
        ],
        topics=[
            (each.value, words_of(language_of(request)).gettext(QUESTION[each])) for each in ASKABLE
        ],
        names=[f"{{{name}}}" for name in NAMES],
        typed=typed.text if typed else None,
        wrong=words.gettext(typed.wrong) if typed else None,
        done="done" in request.query,
        longest_title=LONGEST_TITLE,
        longest_text=LONGEST_TEXT,
    )


def _texts(
    kind: TextKind, own: Sequence[SupportText], language: str, console: Words, now: datetime
) -> Iterator[dict[str, Any]]:
    """Each topic's place, with the shop's words in it or ours, and what the shop added."""
    shopper = words_of(language)
    for topic in Topic if kind is TextKind.PREPARED else ASKABLE:
        told = [each for each in own if each.kind is kind and each.topic is topic]
        instead = next((each for each in told if each.place == 0), None)
        ours = shopper.gettext(PREPARED[topic]).unescape() if kind is TextKind.PREPARED else ""
        yield {
            "topic": topic.value,
            "about": console.gettext(QUESTION[topic]),
            "place": 0,
            "title": instead.title if instead else shopper.gettext(QUESTION[topic]).unescape(),
            "text": instead.text if instead else ours,
            "is_own": instead is not None,
            "ours": [ours] if ours else sample_help(topic, language, now),
        }
        for each in told:
            if each.place:
                yield {
                    "topic": topic.value,
                    "about": each.title,
                    "place": each.place,
                    "title": each.title,
                    "text": each.text,
                    "is_own": True,
                    "ours": (),
                }


TEXT_PAGES: Final = (
    Route(
        "GET",
        TEXTS,
        for_staff(get_texts),
        "Help and prepared answers of a shop",
        access="session",
        answers={200: "text/html"},
    ),
    Route(
        "POST",
        TEXTS,
        for_staff(post_text),
        "Change a help answer or a prepared answer",
        access="session",
        media=("application/x-www-form-urlencoded",),
        answers={303: None},
    ),
)
