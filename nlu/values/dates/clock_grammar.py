"""Times of day in a text: "9am", "15:00", "half past seven", "noon"."""

from __future__ import annotations

from dataclasses import replace

from nlu.values.dates.clock import ClockTime, FoundClock, Meridiem
from nlu.values.dates.vocabulary import CARDINALS, CLOCK_WORDS, END_OF_DAY, MONTHS, WEEKDAYS
from nlu.values.errors import UnreadableValue
from nlu.values.number_words import TENS
from nlu.values.source_text import SourceText, remembered


@remembered
def parse_clock(source: SourceText, index: int, *, allow_bare: bool = False) -> FoundClock | None:
    """The time of day that starts at a token.

    ``allow_bare`` takes a lone number or number word for an hour, as behind "at". Raises UnreadableValue(reason=
    "no_such_time") for "25:99".
    """
    word = source.word(index)
    if word in ("12", "twelve") and source.word(index + 1) in CLOCK_WORDS:
        return FoundClock(index + 2, ClockTime(hour=CLOCK_WORDS[source.word(index + 1)][0]))
    if word in CLOCK_WORDS:
        return FoundClock(index + 1, ClockTime(hour=CLOCK_WORDS[word][0]))
    if word in END_OF_DAY:
        return FoundClock(index + 1, ClockTime(hour=END_OF_DAY[word][0]))
    if word in ("end", "close"):
        return _end_of_day(source, index)
    if word == "mid" and source.word(index + 1) in ("night", "day"):
        return FoundClock(index + 2, ClockTime(hour=0 if source.word(index + 1) == "night" else 12))
    past = _past_the_hour(source, index)
    if past is not None:
        return past
    if source.token(index).is_digits:
        return _digits(source, index, allow_bare)
    return _words(source, index, allow_bare)


def _end_of_day(source: SourceText, index: int) -> FoundClock | None:
    at = index + 1
    at += source.word(at) in ("of", "-")
    at += source.word(at) in ("the", "my", "-")
    word = source.word(at)
    if word in ("day", "business", "play") and (word == "day" or source.word(index) == "close" or at > index + 1):
        at += 1
        at += word == "business" and source.word(at) == "day"
        return FoundClock(at, ClockTime(hour=17))
    return None


def _meridiem(source: SourceText, index: int) -> tuple[int, Meridiem] | None:
    token = source.token(index)
    if token.text == "." and token.glued and source.token(index + 1).glued and source.word(index + 1) in ("am", "pm"):
        index, token = index + 1, source.token(index + 1)
    if token.text in ("am", "pm"):
        return index + 1, "am" if token.text == "am" else "pm"
    if token.text not in ("a", "p"):
        return None
    meridiem: Meridiem = "am" if token.text == "a" else "pm"
    at = index + 1
    dotted = source.word(at) == "."
    if source.word(at + dotted) == "m" and (dotted or not source.token(at).glued):
        at += dotted + 1
        if dotted and source.word(at) == ".":
            at += 1
        return at, meridiem
    after = source.token(at)
    if after.text == "." and not source.token(at + 1).glued:
        return (at, meridiem) if token.glued else None
    return (at, meridiem) if token.glued and not after.glued else None


def _closed(source: SourceText, end: int, clock: ClockTime, text: str) -> FoundClock | None:
    """A clock with what may follow it: am, pm, "o'clock", "ish"."""
    at = end
    if source.word(at) == "o" and source.word(at + 1) == "'" and source.word(at + 2) == "clock":
        at += 3
    elif source.word(at) == "oclock":
        at += 1
    said_clock = at > end
    at += source.word(at) in ("ish", "sharp")
    if source.word(at) == "ampm":
        return FoundClock(at + 1, clock)
    found = _meridiem(source, at)
    if found is not None:
        if not 1 <= clock.hour <= 12:
            return FoundClock(found[0], clock) if clock.hour <= 23 and found[1] == "pm" else None
        return FoundClock(found[0], clock.with_meridiem(found[1]))
    if said_clock or at > end:
        return FoundClock(at, clock)
    return None


def _digits(source: SourceText, index: int, allow_bare: bool) -> FoundClock | None:
    token = source.token(index)
    before = source.token(index - 1)
    if token.glued and (before.is_word or before.text in ":.,/$€£#" or before.is_digits):
        return None
    mark, rest = source.token(index + 1), source.token(index + 2)
    if len(token.text) <= 2 and mark.text in (":", ".", "h") and mark.glued and rest.glued and rest.is_digits:
        if len(rest.text) == 2:
            return _hour_minute(source, index, allow_bare)
        if mark.text == ":":
            return None
    if len(token.text) in (3, 4):
        return _military(source, index, allow_bare)
    if len(token.text) > 2 or int(token.text) > 24:
        return None
    hour = int(token.text)
    if mark.text == "h" and mark.glued and allow_bare:
        return FoundClock(index + 2, ClockTime(hour=hour % 24))
    clock = open_clock(hour, 0, token.text)
    closed = _closed(source, index + 1, clock, token.text)
    if closed is not None:
        return closed
    if not allow_bare or not _is_free(source, index + 1):
        return None
    return FoundClock(index + 1, clock, True)


def open_clock(hour: int, minute: int, written: str, second: int = 0) -> ClockTime:
    """A time as written; before or after noon stays open for 1 to 12 unless a leading zero settles it."""
    is_open = 1 <= hour <= 12 and not written.startswith("0")
    return ClockTime(hour=hour % 24, minute=minute, second=second, is_open=is_open)


def _hour_minute(source: SourceText, index: int, allow_bare: bool) -> FoundClock | None:
    token, mark, rest = source.token(index), source.token(index + 1), source.token(index + 2)
    hour, minute, second, end = int(token.text), int(rest.text), 0, index + 3
    if mark.text == ":" and source.word(end) == ":" and source.token(end).glued:
        seconds = source.token(end + 1)
        if seconds.is_digits and seconds.glued and len(seconds.text) == 2:
            second, end = int(seconds.text), end + 2
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute > 0):
        if mark.text == ":":
            text = source.normal[token.start : source.token(end - 1).end]
            raise UnreadableValue(kind="date", reason="no_such_time", text=text)
        return None
    clock = open_clock(hour, minute, token.text, second)
    closed = _closed(source, end, clock, token.text)
    if closed is not None:
        return closed
    if source.token(end).glued and source.word(end) in ("%", ":", "/"):
        return None
    if mark.text == "." and not (allow_bare and (_is_free(source, end) or _is_plain_word(source, end))):
        return None
    if mark.text == "." and source.word(end) == "." and source.token(end + 1).glued:
        return None
    return FoundClock(end, clock)


def _military(source: SourceText, index: int, allow_bare: bool) -> FoundClock | None:
    """ "1140 a.m."; "0730" where a bare hour would do."""
    digits = source.token(index).text
    hour, minute = int(digits[:-2]), int(digits[-2:])
    if hour > 23 or minute > 59:
        return None
    closed = _closed(source, index + 1, open_clock(hour, minute, digits), digits)
    if closed is not None:
        return closed
    if allow_bare and len(digits) == 4 and digits[0] == "0" and _is_free(source, index + 1):
        return FoundClock(index + 1, ClockTime(hour=hour, minute=minute, is_open=1 <= hour <= 12))
    return None


def _small_number(source: SourceText, index: int, limit: int) -> tuple[int, int] | None:
    token = source.token(index)
    if token.is_digits:
        return (index + 1, int(token.text)) if len(token.text) <= 2 and int(token.text) <= limit else None
    if token.text in TENS and TENS[token.text] <= limit:
        after = index + 1 + (source.word(index + 1) == "-")
        unit = CARDINALS.get(source.word(after), 0)
        if 1 <= unit <= 9 and TENS[token.text] + unit <= limit:
            return after + 1, TENS[token.text] + unit
        return index + 1, TENS[token.text]
    number = CARDINALS.get(token.text)
    return None if number is None or number > limit else (index + 1, number)


def _past_the_hour(source: SourceText, index: int) -> FoundClock | None:
    """ "half past seven", "quarter to 5", "20 min past eight"."""
    at = index + (source.word(index) == "a")
    if source.word(at) in ("half", "quarter"):
        minutes, at = (30 if source.word(at) == "half" else 15), at + 1
    else:
        small = _small_number(source, at, 59)
        if source.word(at - 1) in CARDINALS:
            return None  # the minutes of "three thirty to four"
        if small is None or source.word(small[0]) not in ("past", "to", "min", "mins", "minutes", "after"):
            return None
        at, minutes = small
        named = source.word(at) in ("min", "mins", "minutes")
        at += named
        if (source.word(at) in ("to", "after") and not (named or minutes % 5 == 0)) or minutes == 0:
            return None
        if source.word(at) in ("to", "after") and not named and source.token(index).is_digits:
            return None  # "5 to 7" is a range
        if source.word(at) == "to" and not named and source.word(index - 1) in ("from", "between"):
            return None
        if (
            source.word(at) == "to"
            and not named
            and minutes in (5, 10)
            and source.word(index - 1) not in ("at", "by", "is")
        ):
            return None  # "five to seven" is a range, "at five to seven" a time
    direction = source.word(at)
    if direction not in ("past", "to", "after"):
        return None
    hour = _small_number(source, at + 1, 24)
    if hour is None or hour[1] == 0:
        return None
    total = hour[1] * 60 + (minutes if direction != "to" else -minutes)
    clock = open_clock(total // 60 or 12, total % 60, "")
    return _closed(source, hour[0], clock, "") or FoundClock(hour[0], clock)


def _words(source: SourceText, index: int, allow_bare: bool) -> FoundClock | None:
    """ "six pm", "nine thirty", "nine o'clock"."""
    hour = _small_number(source, index, 12)
    if source.word(index - 1) in CARDINALS and source.token(index).text in TENS:
        return None
    if hour is None or hour[1] == 0 or source.token(index).is_digits:
        return None
    end = hour[0]
    clock = open_clock(hour[1], 0, "")
    minute_at = end + (source.word(end) in ("oh", "-"))
    minute = _small_number(source, minute_at, 59)
    if minute is not None and (minute[1] >= 10 or source.word(end) == "oh"):
        timed = replace(clock, minute=minute[1])
        closed = _closed(source, minute[0], timed, "")
        if closed is not None:
            return closed
        if allow_bare and _is_free(source, minute[0]):
            return FoundClock(minute[0], timed)
    closed = _closed(source, end, clock, "")
    if closed is not None:
        return closed
    return FoundClock(end, clock, True) if allow_bare and _is_free(source, end) else None


_MAY_FOLLOW = frozenset(
    "yesterday last tmr on in to for and or with the every tomorrow today tonight this next please at until "
    "till through thru if when so from sharp morning afternoon evening night pst pdt est edt cst cdt mst mdt "
    "gmt utc cet cest bst ist then i we he she they it of by instead but because as except excluding "
    # What one is told to do then: "tomorrow at 4 remind me". Singular, for "4 calls" are counted.
    "remind ping nudge tell wake call phone ring meet send email mail write text check follow prepare review book "
    "schedule me my our your her him his pls".split()
)


def _is_free(source: SourceText, index: int) -> bool:
    """Whether what follows lets a lone number be an hour: nothing, a mark, or a word that does not count things."""
    after = source.token(index)
    if after.text in ("%", "$", "€", "£", "/", "x", "*"):
        return False
    if after.glued and (after.is_word or (after.text in ".,:" and source.token(index + 1).is_digits)):
        return False
    if after.is_digits:
        return False
    return not after.is_word or after.text in _MAY_FOLLOW or after.text in WEEKDAYS or after.text in MONTHS


def _is_plain_word(source: SourceText, index: int) -> bool:
    """Whether a word follows that neither counts nor is money, so that "at 5.30 sharp" is a time and "at 5.30 EUR" is
    not.
    """
    word = source.word(index)
    return (
        source.token(index).is_word
        and not source.token(index).glued
        and len(word) > 3
        and not word.startswith(_COUNTED)
    )


_COUNTED = (
    "per",
    "euro",
    "dollar",
    "pound",
    "million",
    "thousand",
    "billion",
    "hour",
    "minute",
    "day",
    "week",
    "month",
    "year",
)
