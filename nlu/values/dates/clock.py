"""Times of day in a text: "9am", "15:00", "half past seven", "noon", "in the evening"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from typing import Literal, NamedTuple

from nlu.values.dates.vocabulary import CARDINALS, CLOCK_WORDS, END_OF_DAY, PARTS_OF_DAY
from nlu.values.errors import UnreadableValue
from nlu.values.number_words import TENS
from nlu.values.source_text import SourceText, remembered

Meridiem = Literal["am", "pm"]
FIRST_BUSINESS_HOUR = 7
"""An hour said without am or pm is before noon from this hour on, and after noon below it: "at 3" is 15:00."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTime:
    """A time of day; ``is_open`` while it may be before or after noon."""

    hour: int
    minute: int = 0
    second: int = 0
    is_open: bool = False

    def settled(self, part: PartOfDay | None = None) -> time:
        """The time meant: in the part of the day when one was said, else by FIRST_BUSINESS_HOUR."""
        hour = self.hour
        if self.is_open:
            if part is not None:
                late = part.start_hour >= 12 and not (part.name == "night" and hour in (12, 1, 2, 3, 4, 5))
                hour = hour % 12 + (12 if late else 0)
            elif hour < FIRST_BUSINESS_HOUR:
                hour += 12
        return time(hour, self.minute, self.second)

    def with_meridiem(self, meridiem: Meridiem) -> ClockTime:
        """The same reading of the clock, before or after noon."""
        return replace(self, hour=self.hour % 12 + (12 if meridiem == "pm" else 0), is_open=False)

    @property
    def minutes(self) -> int:
        """Minutes since midnight as read on the clock."""
        return self.hour * 60 + self.minute


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfDay:
    """A stretch of the day, on a day counted from today when that was said ("tonight", "last night")."""

    name: str
    start_hour: int
    end_hour: int
    day_offset: int | None = None


class FoundClock(NamedTuple):
    """A time of day and the token index after it. ``is_bare`` when a lone number was taken for an hour."""

    end: int
    clock: ClockTime
    is_bare: bool = False


class FoundPart(NamedTuple):
    """A part of the day and the token index after it."""

    end: int
    part: PartOfDay


class FoundClockRange(NamedTuple):
    """Two times of day and the token index after them. ``is_bare`` when both are lone numbers."""

    end: int
    first: ClockTime
    last: ClockTime
    is_bare: bool


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
    if word == "end" or word == "close":
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
    clock = _of(hour, 0, token.text)
    closed = _closed(source, index + 1, clock, token.text)
    if closed is not None:
        return closed
    if not allow_bare or not _is_free(source, index + 1):
        return None
    return FoundClock(index + 1, clock, True)


def _of(hour: int, minute: int, written: str, second: int = 0) -> ClockTime:
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
    clock = _of(hour, minute, token.text, second)
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
    closed = _closed(source, index + 1, _of(hour, minute, digits), digits)
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
    clock = _of(total // 60 or 12, total % 60, "")
    return _closed(source, hour[0], clock, "") or FoundClock(hour[0], clock)


def _words(source: SourceText, index: int, allow_bare: bool) -> FoundClock | None:
    """ "six pm", "nine thirty", "nine o'clock"."""
    hour = _small_number(source, index, 12)
    if source.word(index - 1) in CARDINALS and source.token(index).text in TENS:
        return None
    if hour is None or hour[1] == 0 or source.token(index).is_digits:
        return None
    end = hour[0]
    clock = _of(hour[1], 0, "")
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
    "yesterday last tmr on in to for and or with the every tomorrow today tonight this next please at until till through thru if when so from "
    "sharp morning afternoon evening night pst pdt est edt cst cdt mst mdt gmt utc cet cest bst ist then i we he she they it of by then instead but because as".split()
)


def _is_free(source: SourceText, index: int) -> bool:
    """Whether what follows lets a lone number be an hour: nothing, a mark, or a word that does not count things."""
    from nlu.values.dates.vocabulary import MONTHS, WEEKDAYS

    after = source.token(index)
    if after.text in ("%", "$", "€", "£", "/", "x", "*"):
        return False
    if after.glued and (after.is_word or (after.text in ".,:" and source.token(index + 1).is_digits)):
        return False
    if after.is_digits:
        return False
    return not after.is_word or after.text in _MAY_FOLLOW or after.text in WEEKDAYS or after.text in MONTHS


def _is_plain_word(source: SourceText, index: int) -> bool:
    """Whether a word follows that neither counts nor is money, so that "at 5.30 sharp" is a time and "at 5.30 EUR" is not."""
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


@remembered
def parse_part_of_day(source: SourceText, index: int) -> FoundPart | None:
    """ "in the morning", "this afternoon", "tonight", "last night", "early evening"."""
    at = index
    word = source.word(at)
    if word in ("tonight", "tonite", "tonigh"):
        return FoundPart(at + 1, PartOfDay(name="night", start_hour=20, end_hour=24, day_offset=0))
    early_late = 0
    for _ in range(2):
        if source.word(at) in ("early", "late", "later"):
            early_late, at = (1 if source.word(at) == "early" else 2), at + 1
            at += source.word(at) == "on"
        if (
            source.word(at) in ("in", "during")
            and source.word(at + 1) in ("the", "early", "late") | PARTS_OF_DAY.keys()
        ):
            at += 1
        at += source.word(at) == "the"
    place = {"this": 0, "last": -1, "next": 1}.get(source.word(at))
    at += place is not None
    if place is not None and source.word(at).startswith("lunch"):
        return None
    if source.word(at) in ("early", "late"):
        early_late, at = (1 if source.word(at) == "early" else 2), at + 1
    hours = PARTS_OF_DAY.get(source.word(at))
    if hours is None:
        return None
    name, (start, end) = source.word(at), hours
    at += 1
    if source.word(at) in ("-", "time") and (source.word(at) == "time" or source.word(at + 1) == "time"):
        at += 1 + (source.word(at) == "-")
    if early_late:
        middle = (start + end) // 2
        start, end = (start, middle) if early_late == 1 else (middle, end)
    return FoundPart(at, PartOfDay(name=name.rstrip("s"), start_hour=start, end_hour=end, day_offset=place))


_TO = frozenset({"to", "-", "until", "till", "til", "through", "thru"})


@remembered
def parse_clock_range(source: SourceText, index: int, *, allow_bare: bool = False) -> FoundClockRange | None:
    """ "from 2 to 4pm", "between 9:30 and 3:00 pm", "5-6pm"; of two lone numbers only behind "from", "between" or a day."""
    at = index
    lead = source.word(at)
    led = lead in ("from", "between")
    at += led
    at += source.word(at) in ("around", "about")
    first = parse_clock(source, at, allow_bare=True)
    range_mark = "-" if source.word(at + 1) == "-" else ""
    if first is None and source.token(at).is_digits and (range_mark or source.word(at + 1) in _TO):
        first = _lone_hour(source, at)
    if first is None:
        return None
    link = source.word(first.end)
    if not (link in _TO or (link == "and" and lead == "between")):
        return None
    second_at = first.end + 1
    second_at += source.word(second_at) in ("around", "about")
    last = parse_clock(source, second_at, allow_bare=True)
    if last is None:
        return None
    is_bare = first.is_bare and last.is_bare and not (led and lead == "x")
    if is_bare and not (allow_bare or (led and len(source.token(at).text) == 4)):
        return None
    opening, closing = _joined(first.clock, last.clock)
    return FoundClockRange(last.end, opening, closing, is_bare)


def _lone_hour(source: SourceText, index: int) -> FoundClock | None:
    digits = source.token(index).text
    before = source.token(index - 1)
    if source.token(index).glued and (before.is_word or before.text in ":.,/$€£#-" or before.is_digits):
        return None
    if len(digits) <= 2 and int(digits) <= 24:
        return FoundClock(index + 1, _of(int(digits), 0, digits), True)
    if len(digits) == 4 and int(digits[:2]) < 24 and int(digits[2:]) < 60:
        hour = int(digits[:2])
        return FoundClock(
            index + 1, ClockTime(hour=hour, minute=int(digits[2:]), is_open=1 <= hour <= 12), digits[0] != "0"
        )
    return None


def _joined(first: ClockTime, last: ClockTime) -> tuple[ClockTime, ClockTime]:
    """Both ends of a range settled by one another: "2 to 4pm" is in the afternoon, "9:30 to 3pm" is not."""
    if first.is_open and not last.is_open:
        same: Meridiem = "pm" if last.hour >= 12 else "am"
        settled = first.with_meridiem(same)
        if settled.minutes > last.minutes and last.minutes > 0:
            settled = first.with_meridiem("am" if same == "pm" else "pm")
        return settled, last
    if last.is_open and not first.is_open:
        candidates = [last.with_meridiem("am"), last.with_meridiem("pm")]
        return first, next((each for each in candidates if each.minutes > first.minutes), candidates[0])
    return first, last
