"""Finding the article that answers a question, or admitting that there is none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from nlu.article_entries import Article, Entry, entry_of
from nlu.article_scores import Hit, View
from nlu.encoder import Encoder
from nlu.saved_vectors import SavedVectors


class ArticleIndex:
    """A searchable set of articles, by meaning and by words (by words alone when there is no encoder).

    Articles can be put, replaced and removed one at a time; a search sees all changes made before it began. Safe to
    use from several threads.

    What counts as an answer is learned from the index itself. An article is near when it scores more than unrelated
    everyday messages do nineteen times in twenty. To answer, an article that is known by its title alone must also beat
    what titles typically score on the nearest other article. When articles come with questions, the threshold is what
    three in a hundred questions without an answer reach: half of them unrelated, half questions whose article is taken
    away. The first search after a change computes it anew.
    """

    def __init__(self, *, encoder: Encoder | None, keep_in: Path | None = None) -> None:
        """Start empty. ``encoder`` None searches by words alone; vectors of articles are kept in folder ``keep_in``."""
        self._encoder = encoder
        self._saved = SavedVectors(encoder, keep_in) if encoder is not None and keep_in is not None else None
        self._entries: dict[str, Entry] = {}
        self._view: View | None = None
        self._lock, self._encoding = Lock(), Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, article: Article) -> None:
        """Add ``article``, or replace the one with its id."""
        self.put_many([article])

    def put_many(self, articles: Iterable[Article]) -> None:
        """Add or replace several articles; searches see all of them at once."""
        with self._encoding:
            entries = {article.article_id: entry_of(article, self._saved or self._encoder) for article in articles}
        with self._lock:
            self._entries = self._entries | entries
            self._view = None

    def remove(self, article_id: str) -> None:
        """Take an article out; an unknown id is ignored."""
        with self._lock:
            self._entries = {key: entry for key, entry in self._entries.items() if key != article_id}
            self._view = None

    def search(self, question: str, *, limit: int = 3) -> tuple[Hit, ...]:
        """Return at most ``limit`` articles, best first; equal scores are in the order of their ids."""
        view = self._current_view()
        return view.hits(question, limit) if view.entries else ()

    def answer(self, question: str) -> Hit | None:
        """Return the article that answers ``question``, or None when nothing here does: then say so."""
        hits = self.search(question, limit=1)
        return hits[0] if hits and hits[0].confidence >= 0.5 else None

    def _current_view(self) -> View:
        with self._lock:
            if self._view is None:
                entries = [self._entries[key] for key in sorted(self._entries)]
                with self._encoding:
                    self._view = View(entries, self._encoder, self._saved or self._encoder)
                    if self._saved is not None:
                        self._saved.save()
            return self._view
