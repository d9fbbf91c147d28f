"""Finding the terms of a question: bounds, names, phrases, dates and numbers, each word in one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy.orm import Session

from actions.asking.amounts import bounds_in
from actions.asking.lexicon import BY_THEMSELVES, CURRENCIES, DIMENSIONS, FIRST, TIMES, Meaning
from actions.asking.names import NamedValue, Vocabulary, accounts_named
from actions.asking.terms import Term, TermKind
from actions.asking.words import Word, Words, split, words_of
from crm_store.insights.query.layer import Dimension
from crm_store.insights.query.report_query import Shift
from nlu.values import Reading, find_values

_FIRST = {split(" ".join(phrase)): meaning for phrase, meaning in FIRST.items()}
_HARD = {phrase: meaning for phrase, meaning in (_FIRST | DIMENSIONS).items() if meaning[0] is not TermKind.FILLER}
_FILLERS = {phrase for phrase, (kind, _) in _FIRST.items() if kind is TermKind.FILLER}
_HARD |= {phrase: meaning for phrase, meaning in TIMES.items() if phrase[0] in BY_THEMSELVES}
_ALL = _FIRST | DIMENSIONS | TIMES
_LONGEST = max(map(len, _ALL))
_WORDS = frozenset(word for phrase in _ALL for word in phrase)
_SINGLE = sorted(phrase[0] for phrase in _ALL if len(phrase) == 1)
_SHORTEST_TYPO, _TWO_TYPOS = 5, 8
_LONGEST_NAME = 6
_SHORTEST_MANNER = 6
_NO_MANNER = frozenset({"family", "supply", "monopoly", "assembly", "reply", "weekly", "monthly", "daily", "hourly"})
_BEFORE_LAST = frozenset({"vs", "versus", "against", "than", "to", "with", "and"})
_AFTER_LAST = frozenset({"by", "per", "in", "for", "as", ",", "please", "pls", "grouped", "split", "with", "of", "on"})
SIZES = frozenset({"small", "smaller", "tiny", "little", "big", "bigger", "large", "larger", "huge", "major", "minor"})
"""Say nothing more where an amount is named."""
_FIGURES = frozenset({TermKind.WORTH, TermKind.DEALS, TermKind.DEAL_NOUN, TermKind.MEASURE})
_LARGEST = 1e9
"""Nobody asks for more rows or groups than that; larger numbers are left as words nobody reads."""
_YEARS = re.compile(r"\b20\d\d\b")
_VALUE_BEATS = frozenset(
    {TermKind.FILLER, TermKind.NOT, TermKind.BY, TermKind.TOP, TermKind.LOWEST, TermKind.AND, TermKind.UNSUPPORTED}
)


@dataclass(slots=True)
class _Tagger:
    text: str
    words: list[Word]
    vocabulary: Vocabulary
    reading: Reading
    taken: list[bool] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)

    def add(self, kind: TermKind, value: Any, first: int, last: int) -> None:
        start, end = self.words[first].start, self.words[last].end
        self.terms.append(Term(kind, value, start, end, self.text[start:end]))
        for place in range(first, last + 1):
            self.taken[place] = True

    def add_stretch(self, kind: TermKind, value: Any, start: int, end: int) -> bool:
        """Take the words between two characters, unless one of them is taken."""
        inside = [n for n, word in enumerate(self.words) if word.end > start and word.start < end]
        if not inside or any(self.taken[n] for n in inside):
            return False
        self.add(kind, value, inside[0], inside[-1])
        return True

    def stretches(self, longest: int) -> Iterator[tuple[int, int]]:
        """All stretches of words not taken, the longest first, from left to right."""
        for length in range(min(longest, len(self.words)), 0, -1):
            for first in range(len(self.words) - length + 1):
                if not any(self.taken[first : first + length]):
                    yield first, first + length - 1

    def plain(self, first: int, last: int) -> Words:
        return tuple(word.plain for word in self.words[first : last + 1])


def _is_source(term: Term) -> bool:
    return term.kind is TermKind.VALUE and any(value.dimension is Dimension.SOURCE for value in term.value)


def _is_beside_a_country(terms: list[Term], place: int) -> bool:
    """Whether a comparison or "and" joins the term to a country on either side."""
    compares = [n for n, term in enumerate(terms) if term.kind is TermKind.COMPARE]
    for other, term in enumerate(terms):
        # "Us revenue vs Canada": one stands before the comparison, the other right after it.
        near = (other - 1 if other > place else place - 1) in compares
        if near and term.kind is TermKind.VALUE and any(v.dimension is Dimension.COUNTRY for v in term.value):
            return True
    for joined, other in ((place - 1, place - 2), (place + 1, place + 2)):
        if joined < 0 or other < 0 or other >= len(terms):
            continue
        named = terms[other].value if terms[other].kind is TermKind.VALUE else ()
        if terms[joined].kind in {TermKind.COMPARE, TermKind.AND} and any(
            value.dimension is Dimension.COUNTRY for value in named
        ):
            return True
    return False


def words_known(vocabulary: Vocabulary) -> frozenset[str]:
    """The words that mean something as they are spelled."""
    return _WORDS | {word for words in vocabulary.values for word in words}


def corrected(text: str, terms: list[Term], vocabulary: Vocabulary) -> str:
    """The text with words nothing was known of as the one word of a phrase or name that each is a slip away from.

    "Respnse time" is "response time", a phrase that its words alone do not have.
    """
    known = words_known(vocabulary)
    for term in reversed(terms):
        said = term.text.casefold()
        if term.kind is not TermKind.UNKNOWN or len(said) < _SHORTEST_TYPO or not said.isalpha() or said in known:
            continue
        near = _nearest(said, known)
        if len(near) == 1:
            text = text[: term.start] + near[0] + text[term.end :]
    return text


def _nearest(said: str, words: Iterable[str]) -> list[str]:
    """The words one slip away, or two where they are long; the first letter is right."""
    allowed = 1 if len(said) < _TWO_TYPOS else 2
    found = {
        other: distance
        for other in words
        if other[0] == said[0]
        and abs(len(other) - len(said)) <= allowed
        and (distance := OSA.distance(said, other, score_cutoff=allowed)) <= allowed
    }
    best = [other for other, distance in found.items() if distance == min(found.values())]
    longer = [other for other in best if len(other) > len(said)]
    return longer if len(best) > 1 and len(longer) == 1 else best  # a letter is left out more often than put in


def tag(
    text: str, *, vocabulary: Vocabulary, reading: Reading, session: Session, misspelled: bool = True
) -> list[Term]:
    """The terms of a question in order. Words nothing is known of are UNKNOWN.

    ``misspelled``: words that are a slip away from one that is known are taken for it.
    """
    words = words_of(text)
    tagger = _Tagger(text, words, vocabulary, reading, taken=[False] * len(words))
    for bound in bounds_in(text, locale=reading.locale):
        tagger.add_stretch(TermKind.MONEY, bound, bound.start, bound.end)
    _add_last(tagger)
    _add_accounts(tagger, session, shortest=2)
    _add_names_and_phrases(tagger)
    _add_accounts(tagger, session)
    _add_values(tagger)
    _add_rest(tagger, misspelled=misspelled)
    terms = sorted(tagger.terms, key=lambda term: term.start)
    return [_in_view_of(terms, place, vocabulary) for place in range(len(terms))]


def _in_view_of(terms: list[Term], place: int, vocabulary: Vocabulary) -> Term:
    """A term that means something else beside others: "small deals (under 5k)", "revenue growth"."""
    term, said = terms[place], terms[place].text.casefold()
    if term.kind is TermKind.UNKNOWN and said in SIZES and any(each.kind is TermKind.MONEY for each in terms):
        return replace(term, kind=TermKind.FILLER)
    before = terms[place - 1].kind if place else None
    after = terms[place + 1].text.casefold() if place + 1 < len(terms) else ""
    if term.text == "growth" and before in {TermKind.WORTH, TermKind.PIPELINE} and not after.startswith("team"):
        return replace(term, kind=TermKind.SHIFT, value=Shift.YEAR_BEFORE)
    if (
        said in {"lead", "leads"}
        and place
        and _is_source(terms[place - 1])
        and any(each.kind in _FIGURES for each in terms)
    ):
        return replace(term, kind=TermKind.FILLER)  # "revenue from inbound leads"
    america = vocabulary.values.get(("usa",))
    if said == "us" and america and _is_beside_a_country(terms, place):
        return replace(term, kind=TermKind.VALUE, value=america)  # "canada vs us"
    if said == "growth" and after in {"in", "of"} and place + 2 < len(terms):
        # "Growth in revenue vs last year": no team.
        compared = any(each.kind is TermKind.COMPARE for each in terms)
        if terms[place + 2].kind in {TermKind.WORTH, TermKind.PIPELINE, TermKind.MEASURE}:
            kind = TermKind.FILLER if compared else TermKind.SHIFT
            return replace(term, kind=kind, value=None if compared else Shift.YEAR_BEFORE)
    return term


def _add_names_and_phrases(tagger: _Tagger) -> None:
    """Names and phrases of several words first; of one word, a phrase before a name, except the weakest phrases."""
    for first, last in tagger.stretches(max(_LONGEST, tagger.vocabulary.longest)):
        if any(tagger.taken[first : last + 1]):
            continue
        said = tagger.plain(first, last)
        values = _values_called(tagger, first, last)
        meaning = _meaning(said, _HARD) or (_FIRST.get(said) if len(said) > 1 else None)
        if values and (meaning is None or len(said) > 1 or meaning[0] in _VALUE_BEATS):
            tagger.add(TermKind.VALUE, values, first, last)
        elif meaning is not None:
            # A word that is a phrase and a name keeps its meaning; the grammar looks the name up where one is needed.
            tagger.add(*meaning, first, last)


def _values_called(tagger: _Tagger, first: int, last: int) -> tuple[NamedValue, ...]:
    said = tagger.plain(first, last)
    values = tagger.vocabulary.values.get(said) or tagger.vocabulary.values.get(_unpossessive(said), ())
    if said == ("us",) and tagger.words[first].text == "US" and not tagger.text.isupper():
        values = tagger.vocabulary.values.get(("usa",), ())
    return values


def _unpossessive(said: Words) -> Words:
    last = said[-1]
    return (*said[:-1], last.removesuffix("'s").removesuffix("'"))


def _meaning(said: Words, phrases: dict[Words, Meaning]) -> Meaning | None:
    return phrases.get(said) or phrases.get(_unpossessive(said))


def _add_last(tagger: _Tagger) -> None:
    """ "this year vs last": without a unit, which the other time has."""
    for place, word in enumerate(tagger.words):
        if word.plain != "last" or place == 0:
            continue
        before = tagger.words[place - 1].plain
        before = tagger.words[place - 2].plain if before == "the" and place > 1 else before
        after = tagger.words[place + 1].plain if place + 1 < len(tagger.words) else ""
        if before in _BEFORE_LAST and (after in _AFTER_LAST or not after):
            tagger.add(TermKind.LAST, None, place, place)


def _add_accounts(tagger: _Tagger, session: Session, *, shortest: int = 1) -> None:
    """Names of accounts among the words that are left, the longest first."""
    candidates: dict[Words, list[tuple[int, int]]] = {}
    for first, last in tagger.stretches(_LONGEST_NAME):
        said = _unpossessive(tagger.plain(first, last))
        if len(said) < shortest:
            continue
        if said not in _FILLERS and said not in TIMES and not all((word,) in _FILLERS for word in said):
            candidates.setdefault(said, []).append((first, last))
    named = accounts_named(session, candidates)
    for said in sorted(named, key=len, reverse=True):
        for first, last in candidates[said]:
            if not any(tagger.taken[first : last + 1]):
                tagger.add(TermKind.VALUE, named[said], first, last)


def _add_values(tagger: _Tagger) -> None:
    """Dates and numbers in the text without what is taken."""
    masked = list(tagger.text)
    for term in tagger.terms:
        # Not with spaces: what is left on both sides of a term is no single value.
        masked[term.start : term.end] = ";" * (term.end - term.start)
    for value in find_values("".join(masked), tagger.reading):
        if value.kind == "date":
            tagger.add_stretch(TermKind.DATE, value.text, value.start, value.end)
        elif value.kind == "number" and not _YEARS.fullmatch(value.text) and abs(float(value.canonical)) <= _LARGEST:
            tagger.add_stretch(TermKind.NUMBER, int(float(value.canonical)), value.start, value.end)
    for match in _YEARS.finditer("".join(masked)):
        tagger.add_stretch(TermKind.DATE, match[0], match.start(), match.end())


def _add_rest(tagger: _Tagger, *, misspelled: bool) -> None:
    for first, last in tagger.stretches(_LONGEST):
        if any(tagger.taken[first : last + 1]):
            continue
        meaning = _meaning(tagger.plain(first, last), _ALL)
        if meaning is not None:
            tagger.add(*meaning, first, last)
    for place, word in enumerate(tagger.words):
        if not tagger.taken[place]:
            meant = _currency(tagger, word) or (_misspelled(tagger, word) if misspelled else None)
            meant = meant or _manner(word) or (TermKind.UNKNOWN, None)
            tagger.add(meant[0], meant[1], place, place)


def _manner(word: Word) -> Meaning | None:
    """Words that say how something is asked or done: "honestly", "currently"."""
    manner = word.plain.endswith("ly") and len(word.plain) >= _SHORTEST_MANNER and word.plain not in _NO_MANNER
    return (TermKind.FILLER, None) if manner and word.text == word.text.lower() else None


def _currency(tagger: _Tagger, word: Word) -> Meaning | None:
    code = CURRENCIES.get(word.plain)
    return (TermKind.VALUE, (NamedValue(Dimension.CURRENCY, (code,), code),)) if code else None


def _misspelled(tagger: _Tagger, word: Word) -> Meaning | None:
    """The one word that this is a misspelling of: one slip, or two in long words; the first letter is right."""
    said = _unpossessive((word.plain,))[0]
    if len(said) < _SHORTEST_TYPO or not said.isalpha():
        return None
    allowed = 1 if len(said) < _TWO_TYPOS else 2
    names = [words[0] for words in tagger.vocabulary.values if len(words) == 1]
    near = {
        other: distance
        for other in (*_SINGLE, *names)
        if other[0] == said[0] and (distance := OSA.distance(said, other, score_cutoff=allowed)) <= allowed
    }
    if not near:
        return None
    best = min(near.values())
    meanings = {other: _of_word(tagger, other) for other, distance in near.items() if distance == best}
    found = list({str(meaning): meaning for meaning in meanings.values()}.values())
    return found[0] if len(found) == 1 else None


def _of_word(tagger: _Tagger, word: str) -> Meaning:
    return _ALL.get((word,)) or (TermKind.VALUE, tagger.vocabulary.values[word,])
