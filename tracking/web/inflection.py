"""Days as they stand in a sentence: Babel knows them in the nominative and genitive only."""

from dataclasses import dataclass
from datetime import date

from babel import Locale
from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Inflected:
    """One case of one language. Weekdays from Monday; `months` where Babel's do not fit."""

    pattern: str
    weekdays: str
    months: str | None = None

    def day(self, day: date, locale: Locale) -> Markup:
        months = self.months.split() if self.months else locale.months["format"]["wide"].values()
        return Markup(self.pattern).format(  # noqa: S704 - a pattern of this file
            weekday=self.weekdays.split(", ")[day.weekday()],
            day=day.day,
            month=list(months)[day.month - 1],
        )


_ENGLISH = "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"

ON = {
    "en": Inflected("on {weekday}, {day}\xa0{month}", _ENGLISH),
    "lv": Inflected(
        "{weekday}, {day}.\xa0{month}",
        "pirmdien, otrdien, trešdien, ceturtdien, piektdien, sestdien, svētdien",
        "janvārī februārī martā aprīlī maijā jūnijā"
        " jūlijā augustā septembrī oktobrī novembrī decembrī",
    ),
    "lt": Inflected(
        "{weekday}, {month} {day}\xa0d.",
        "pirmadienį, antradienį, trečiadienį, ketvirtadienį, penktadienį, šeštadienį, sekmadienį",
    ),
    "et": Inflected(
        "{weekday}, {day}.\xa0{month}",
        "esmaspäeval, teisipäeval, kolmapäeval, neljapäeval, reedel, laupäeval, pühapäeval",
        "jaanuaril veebruaril märtsil aprillil mail juunil"
        " juulil augustil septembril oktoobril novembril detsembril",
    ),
    "ru": Inflected(
        "{weekday}, {day}\xa0{month}",
        "в понедельник, во вторник, в среду, в четверг, в пятницу, в субботу, в воскресенье",
    ),
}
"""A day on which something happens: locative in Latvian, adessive in Estonian."""

UNTIL = {
    "en": Inflected("{weekday}, {day}\xa0{month}", _ENGLISH),
    "lv": Inflected(
        "{weekday}, {day}.\xa0{month}",
        "pirmdienai, otrdienai, trešdienai, ceturtdienai, piektdienai, sestdienai, svētdienai",
        "janvārim februārim martam aprīlim maijam jūnijam"
        " jūlijam augustam septembrim oktobrim novembrim decembrim",
    ),
    "lt": Inflected(
        "{weekday}, {month} {day}\xa0d.",
        "pirmadienio, antradienio, trečiadienio, ketvirtadienio, penktadienio, šeštadienio,"
        " sekmadienio",
    ),
    "et": Inflected(
        "{weekday}, {day}.\xa0{month}",
        "esmaspäeva, teisipäeva, kolmapäeva, neljapäeva, reede, laupäeva, pühapäeva",
        "jaanuari veebruari märtsi aprilli mai juuni"
        " juuli augusti septembri oktoobri novembri detsembri",
    ),
    "ru": Inflected(
        "{weekday}, {day}\xa0{month}",
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

SPAN = {
    "en": ("d", "d MMMM"),
    "lv": ("d.", "d. MMMM"),
    "lt": ("MMMM d", "d 'd'."),
    "et": ("d.", "d. MMMM"),
    "ru": ("d", "d MMMM"),
}
"""The first and the last of several days of one month."""
