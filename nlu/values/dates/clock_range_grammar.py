"""Parts of the day and ranges of times in a text: "in the evening", "from 2 to 4pm"."""

from __future__ import annotations

from nlu.values.dates.clock import ClockTime, FoundClock, FoundClockRange, FoundPart, Meridiem, PartOfDay
from nlu.values.dates.clock_grammar import open_clock, parse_clock
from nlu.values.dates.vocabulary import PARTS_OF_DAY
from nlu.values.source_text import SourceText, remembered


@remembered
def parse_part_of_day(source: SourceText, index: int) -> FoundPart | None:
    """ "in the morning", "this afternoon", "tonight", "last night", "early evening"."""
    at = index
    word = source.word(at)
    if word in ("tonight", "tonite", "tonigh"):
        return FoundPart(at + 1, PartOfDay(name="night", start_hour=20, end_hour=24, day_offset=0))
    if word == "first" and source.word(at + 1) == "thing":
        morning = source.word(at + 2) == "in" and source.word(at + 3) == "the" and source.word(at + 4) == "morning"
        start, end = PARTS_OF_DAY["morning"]
        return FoundPart(at + (5 if morning else 2), PartOfDay(name="morning", start_hour=start, end_hour=end))
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
    """ "from 2 to 4pm", "between 9:30 and 3:00 pm", "5-6pm"; of two lone numbers only behind "from", "between" or a
    day.
    """
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
        return FoundClock(index + 1, open_clock(int(digits), 0, digits), True)
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
