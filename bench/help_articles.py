"""How often the right help article comes first: python bench/help_articles.py [--held-out].

Without options: the demo company's articles, each of their own questions looked up in an index that does not have it,
as it is and with spelling mistakes. With ``--held-out`` also the questions of tests/data/article_questions.yml, which
nothing may be chosen by. Takes two minutes on one core.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import yaml

from bot.bootstrap import open_encoder_for
from bot.settings import RapportConfig, Settings
from nlu.article_entries import Article, Entry, entry_of
from nlu.article_scores import View
from nlu.encoder import Encoder
from nlu.spelling_noise import misspelled

PROJECT = Path(__file__).resolve().parents[1]
ARTICLES = PROJECT / "crm_store" / "demo" / "articles.yml"
HELD_OUT = PROJECT / "tests" / "data" / "article_questions.yml"
FOLDS = 10


def main() -> None:
    """Print the shares."""
    home = PROJECT / "artifacts" / "tests"
    encoder = open_encoder_for(Settings(home=home, database_url="sqlite://", config=RapportConfig()))
    if encoder is None:
        raise SystemExit("there is no encoder here")
    articles = [
        Article(article_id=row["key"], title=row["title"], body=row["body"], questions=tuple(row["questions"]))
        for row in yaml.safe_load(ARTICLES.read_text(encoding="utf-8"))["articles"]
    ]
    entries = [entry_of(article, encoder) for article in articles]
    _own(entries, encoder)
    if "--held-out" in sys.argv:
        _held_out(entries, encoder)


def _own(entries: list[Entry], encoder: Encoder) -> None:
    """A tenth of every article's questions is taken out of the index at a time."""
    shares: dict[str, list[bool]] = {"as asked": [], "with mistakes": []}
    for fold in range(FOLDS):
        kept, asked = [], []
        for entry in entries:
            out = [number for number in range(1, len(entry.wordings)) if number % FOLDS == fold]
            asked += [(entry.wordings[number].text, entry.article.article_id) for number in out]
            wordings = tuple(each for number, each in enumerate(entry.wordings) if number not in out)
            kept.append(replace(entry, wordings=wordings))
        view = View(kept, encoder, encoder)
        for question, key in asked:
            shares["as asked"].append(view.hits(question, 1)[0].article_id == key)
            shares["with mistakes"].append(view.hits(misspelled(question), 1)[0].article_id == key)
    for name, right in shares.items():
        print(f"own questions, {name}: {len(right)}, right one first {sum(right) / len(right):.1%}")


def _held_out(entries: list[Entry], encoder: Encoder) -> None:
    view = View(entries, encoder, encoder)
    rows = yaml.safe_load(HELD_OUT.read_text(encoding="utf-8"))["questions"]
    for name, change in (("as asked", str), ("with mistakes", misspelled)):
        ranks, answered, wrong, strangers = [], 0, 0, []
        for row in rows:
            hits = view.hits(change(row["query"]), len(entries))
            answers = hits[0].confidence >= 0.5
            if row["key"] is None:
                strangers.append(answers)
                continue
            rank = next(place for place, hit in enumerate(hits) if hit.article_id == row["key"])
            ranks.append(rank)
            answered += answers and rank == 0
            wrong += answers and rank > 0
        total = len(ranks)
        first, three = sum(rank == 0 for rank in ranks) / total, sum(rank < 3 for rank in ranks) / total
        print(f"held out, {name}: {total}, right one first {first:.1%}, among three {three:.1%},")
        print(f"  answered rightly {answered / total:.1%}, wrongly {wrong / total:.1%};")
        print(f"  {len(strangers)} without an answer, answered {sum(strangers) / len(strangers):.1%}")


if __name__ == "__main__":
    main()
