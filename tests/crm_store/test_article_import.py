"""Articles from Markdown, HTML and CSV. On both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from crm_store.article_import import holds_articles, import_articles
from crm_store.article_versions import versions_of
from crm_store.errors import InvalidValue
from crm_store.models import Article
from tests.crm_store.small_company import Company

FILES = {
    "articles.md": "Preface\n\n# Lost keys\n\nCall us.\n\n## At night\n\nCall twice.\n\n# Found keys\n\nGood.\n",
    "articles.html": (
        "<html><head><title>x</title></head><body><h1>Lost keys</h1><p>Call\n us.</p><h2>At night</h2><p>Call "
        "twice.</p><script>evil()</script><h1>Found keys</h1><ol><li>Good.</li><li><b>Best</b></li></ol></body></html>"
    ),
    "articles.csv": "title,body,questions\nLost keys,Call us. Call twice.,where are my keys|gone\nFound keys,Good.,\n",
}


@pytest.mark.parametrize("name", FILES)
def test_each_format_gives_its_articles(company: Company, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8")
    assert holds_articles(path)
    with company.acting() as uow:
        report = import_articles(uow, path)
        assert (report.created, report.changed, report.same) == (2, 0, 0)
        lost = uow.session.scalars(select(Article).where(Article.key == "lost-keys")).one()
        assert lost.title == "Lost keys"
        assert "Call us." in lost.body
        assert "Call twice." in lost.body
        assert "evil" not in lost.body
        assert "Good." in uow.session.scalars(select(Article.body).where(Article.key == "found-keys")).one()
        again = import_articles(uow, path)
        assert (again.created, again.changed, again.same) == (0, 0, 2)


def test_an_article_that_is_there_is_replaced_and_its_old_version_kept(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Returns\n\nNew rules.\n", encoding="utf-8")
    with company.acting() as uow:
        assert import_articles(uow, path).changed == 1
        article = uow.session.scalars(select(Article).where(Article.key == "returns")).one()
        assert [version.body for version in versions_of(uow.session, article)] == ["New rules.", "Send it back."]


def test_a_language_is_an_article_of_its_own(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Returns\n\nSchicken Sie es zurück.\n", encoding="utf-8")
    with company.acting() as uow:
        assert import_articles(uow, path, language="de").created == 1
        languages = uow.session.scalars(select(Article.language).where(Article.key == "returns")).all()
        assert sorted(languages) == ["de", "en"]


@pytest.mark.parametrize("text", ["", "no heading\n", "# Only a title\n"])
def test_a_file_without_a_whole_article_is_refused(company: Company, tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(text, encoding="utf-8")
    with company.acting() as uow, pytest.raises(InvalidValue):
        import_articles(uow, path)


def test_a_list_of_accounts_holds_no_articles(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("name,email\nAcme,a@acme.example\n", encoding="utf-8")
    assert not holds_articles(path)
