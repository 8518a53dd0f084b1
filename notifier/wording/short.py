"""Days as an SMS has room for them: "until 27 Nov" instead of "until Friday, 27 November"."""

from datetime import date
from typing import Final

from babel.dates import format_date
from markupsafe import Markup

from tracking.words.dates import Calendar
from tracking.words.inflection import ON, Inflected

_DAY: Final = {"en": "d MMM", "lv": "d.MM.", "lt": "MM-dd", "et": "d.MM", "ru": "d.MM"}


class ShortCalendar(Calendar):
    """Numbers need no case, so that one form fits every sentence; English wants its "on"."""

    def _inflected(self, case: dict[str, Inflected], day: date) -> Markup:
        language = self.words.language
        short = format_date(day, _DAY[language], self.words.locale)
        on = "on " if language == "en" and case is ON else ""
        return Markup("{}{}").format(on, short)
