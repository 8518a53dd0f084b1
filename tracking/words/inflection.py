"""Days as they stand in a sentence: Babel knows them in the nominative and genitive only."""

from dataclasses import dataclass
from datetime import date

from babel import Locale
from markupsafe import Markup


def whole(phrase: str) -> Markup:
    """What goes to the next line as a whole, and breaks only where text is very large."""
    return Markup('<span class="whole">{}</span>').format(phrase)


@dataclass(frozen=True, slots=True)
class Inflected:
    """One case of one language. Weekdays from Monday; `months` where Babel's do not fit."""

    pattern: str
    weekdays: str
    months: str | None = None

    def day(self, day: date, locale: Locale) -> Markup:
        months = self.months.split() if self.months else locale.months["format"]["wide"].values()
        named = self.pattern.format(day=day.day, month=list(months)[day.month - 1])
        return Markup("{}, {}").format(self.weekdays.split(", ")[day.weekday()], whole(named))


_ENGLISH = "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"

ON = {
    "en": Inflected("{day} {month}", "on " + _ENGLISH.replace(", ", ", on ")),
    "lv": Inflected(
        "{day}. {month}",
        "pirmdien, otrdien, trešdien, ceturtdien, piektdien, sestdien, svētdien",
        "janvārī februārī martā aprīlī maijā jūnijā"
        " jūlijā augustā septembrī oktobrī novembrī decembrī",
    ),
    "lt": Inflected(
        "{month} {day} d.",
        "pirmadienį, antradienį, trečiadienį, ketvirtadienį, penktadienį, šeštadienį, sekmadienį",
    ),
    "et": Inflected(
        "{day}. {month}",
        "esmaspäeval, teisipäeval, kolmapäeval, neljapäeval, reedel, laupäeval, pühapäeval",
        "jaanuaril veebruaril märtsil aprillil mail juunil"
        " juulil augustil septembril oktoobril novembril detsembril",
    ),
    "ru": Inflected(
        "{day} {month}",
        "в понедельник, во вторник, в среду, в четверг, в пятницу, в субботу, в воскресенье",
    ),
}
"""A day on which something happens: locative in Latvian, adessive in Estonian."""

UNTIL = {
    "en": Inflected("{day} {month}", _ENGLISH),
    "lv": Inflected(
        "{day}. {month}",
        "pirmdienai, otrdienai, trešdienai, ceturtdienai, piektdienai, sestdienai, svētdienai",
        "janvārim februārim martam aprīlim maijam jūnijam"
        " jūlijam augustam septembrim oktobrim novembrim decembrim",
    ),
    "lt": Inflected(
        "{month} {day} d.",
        "pirmadienio, antradienio, trečiadienio, ketvirtadienio, penktadienio, šeštadienio,"
        " sekmadienio",
    ),
    "et": Inflected(
        "{day}. {month}",
        "esmaspäeva, teisipäeva, kolmapäeva, neljapäeva, reede, laupäeva, pühapäeva",
        "jaanuari veebruari märtsi aprilli mai juuni"
        " juuli augusti septembri oktoobri novembri detsembri",
    ),
    "ru": Inflected(
        "{day} {month}",
        "понедельника, вторника, среды, четверга, пятницы, субботы, воскресенья",
    ),
}
"""A day that is a limit ("until", "by"): dative in Latvian, genitive in the others."""

HEADING = {
    "en": "EEEE, d MMMM",
    "lv": "EEEE, d. MMMM",
    "lt": "EEEE, MMMM d 'd'.",
    "et": "EEEE, d. MMMM",
    "ru": "EEEE, d MMMM",
}
"""A day by itself, as a pattern of Babel."""

DATE = {
    "en": "d MMMM",
    "lv": "d. MMMM",
    "lt": "MMMM d 'd'.",
    "et": "d. MMMM",
    "ru": "d MMMM",
}
"""A day of another month than the one named beside it."""

SPAN = {
    "en": ("d", "d MMMM"),
    "lv": ("d.", "d. MMMM"),
    "lt": ("MMMM d", "d 'd'."),
    "et": ("d.", "d. MMMM"),
    "ru": ("d", "d MMMM"),
}
"""The first and the last of several days of one month."""
