"""Every version of an article is kept by the store itself. On both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from crm_store.article_versions import restore, versions_of
from crm_store.models import Article
from tests.crm_store.small_company import NOW, Company


def test_each_change_of_what_an_article_says_is_a_version(company: Company) -> None:
    with company.acting() as uow:
        article = uow.session.scalars(select(Article)).one()
        article.body = "Send it back within 30 days."
        uow.flush()
        article.title = "Returning things"
        uow.flush()
        versions = versions_of(uow.session, article)
        assert [(each.number, each.title, each.body) for each in versions] == [
            (3, "Returning things", "Send it back within 30 days."),
            (2, "Returns", "Send it back within 30 days."),
            (1, "Returns", "Send it back."),
        ]
        assert versions[0].saved_by == "system"


def test_counting_a_reader_is_no_version(company: Company) -> None:
    with company.acting() as uow:
        article = uow.session.scalars(select(Article)).one()
        article.helpful += 1
        uow.flush()
        assert len(versions_of(uow.session, article)) == 1


def test_an_old_version_is_restored_as_the_newest(company: Company) -> None:
    later = NOW + timedelta(days=1)
    with company.acting() as uow:
        article = uow.session.scalars(select(Article)).one()
        article.body = "Wrong."
        uow.flush()
        restore(article, versions_of(uow.session, article)[-1], now=later)
        uow.flush()
        assert article.body == "Send it back."
        assert article.updated_at == later
        assert [each.body for each in versions_of(uow.session, article)] == ["Send it back.", "Wrong.", "Send it back."]
