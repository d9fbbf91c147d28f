"""The words of temporal expressions."""

from __future__ import annotations

from nlu.values.number_words import TENS, UNITS

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb febr",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon",
            "tuesday tue tues",
            "wednesday wed weds",
            "thursday thu thur thurs",
            "friday fri",
            "saturday sat",
            "sunday sun",
        )
    )
    for name in names.split()
}
PLURAL_WEEKDAYS = {name + "s": number for name, number in WEEKDAYS.items() if name.endswith("day")}
WEEKDAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ALSO_COMMON_WORDS = frozenset({"may", "march", "mar", "sat", "sun", "wed", "mon", "second", "fall", "spring"})
"""Names of days and months that are common words too: alone they count only where a date is expected."""

PLACES = {"this": 0, "current": 0, "present": 0, "next": 1, "coming": 1, "upcoming": 1, "following": 1}
PLACES |= {"last": -1, "past": -1, "previous": -1, "prior": -1, "preceding": -1}
"""Which one of a kind, counted from now."""

DAY_WORDS = {
    "today": 0,
    "tomorrow": 1,
    "tmr": 1,
    "tmrw": 1,
    "tmw": 1,
    "tomo": 1,
    "tomorow": 1,
    "tommorow": 1,
    "tommorrow": 1,
    "yesterday": -1,
    "yday": -1,
}

LENGTHS: dict[str, tuple[str, int]] = {}
"""Units of length: month, day, second or workday, and how many."""
for _names, _unit, _count in (
    ("second seconds sec secs s", "second", 1),
    ("minute minutes min mins", "second", 60),
    ("hour hours hr hrs h", "second", 3600),
    ("day days d night nights", "day", 1),
    ("week weeks wk wks w", "day", 7),
    ("fortnight fortnights", "day", 14),
    ("weekend weekends", "day", 2),
    ("month months mo mos mth mths", "month", 1),
    ("quarter quarters", "month", 3),
    ("year years yr yrs y", "month", 12),
    ("decade decades", "month", 120),
):
    for _name in _names.split():
        LENGTHS[_name] = (_unit, _count)
GLUED_LENGTHS = frozenset({"s", "h", "d", "w", "y", "mo"})
"""Abbreviations that are a unit only right behind a number ("3h")."""

PARTS_OF_DAY = {
    "morning": (8, 12),
    "mornings": (8, 12),
    "lunch": (12, 13),
    "lunchtime": (12, 13),
    "afternoon": (13, 17),
    "afternoons": (13, 17),
    "evening": (18, 21),
    "evenings": (18, 21),
    "night": (20, 24),
    "nights": (20, 24),
}
CLOCK_WORDS = {
    "noon": (12, 0),
    "noonish": (12, 0),
    "midday": (12, 0),
    "noontime": (12, 0),
    "midnight": (0, 0),
}
END_OF_DAY = {"eod": (17, 0), "cob": (17, 0), "eob": (17, 0), "cop": (17, 0)}
END_OF_UNIT = {"eow": "week", "eom": "month", "eoq": "quarter", "eoy": "year"}
START_OF_UNIT_TO_DATE = {"ytd": "year", "mtd": "month", "qtd": "quarter", "wtd": "week"}

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The first month of the meteorological season of the northern hemisphere."""

_UNIT_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth"
)
ORDINALS = {word: value for value, word in enumerate(_UNIT_ORDINALS.split(), start=1)}
ORDINALS |= {word[:-1] + "ieth": value for word, value in TENS.items() if word != "fourty"}
ORDINALS |= {"nineth": 9, "twelvth": 12}  # as often misspelt
CARDINALS = UNITS
ORDINAL_SUFFIXES = frozenset({"st", "nd", "rd", "th"})
