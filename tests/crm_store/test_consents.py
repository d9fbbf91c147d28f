"""Who may be written to unasked. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm_store.consents import decisions_of, may_be_messaged, record_consent
from crm_store.models import ChannelIdentity, ConsentPurpose, Contact
from crm_store.unit_of_work import UnitOfWork
from tests.crm_store.small_company import NOW, Company

MARKETING, SERVICE, SURVEY = ConsentPurpose.MARKETING, ConsentPurpose.SERVICE, ConsentPurpose.SURVEY


def _kim(uow: UnitOfWork) -> int:
    return uow.session.scalars(select(Contact.id).where(Contact.name == "Kim Lee")).one()


def _decide(uow: UnitOfWork, purpose: ConsentPurpose, *, given: bool, days: int = 0, **whom: int | str | None) -> None:
    record_consent(
        uow.session,
        purpose=purpose,
        given=given,
        now=NOW + timedelta(days=days),
        source="test",
        recorded_by="system",
        **whom,  # type: ignore[arg-type]
    )


def test_marketing_needs_a_yes_and_the_rest_needs_no_no(company: Company) -> None:
    with company.acting() as uow:
        kim = _kim(uow)
        asked = {purpose: may_be_messaged(uow.session, contact_id=kim, purpose=purpose) for purpose in ConsentPurpose}
        assert asked == {SERVICE: True, SURVEY: True, MARKETING: False}


def test_the_newest_decision_counts(company: Company) -> None:
    with company.acting() as uow:
        kim = _kim(uow)
        _decide(uow, MARKETING, given=True, contact_id=kim)
        assert may_be_messaged(uow.session, contact_id=kim, purpose=MARKETING)
        _decide(uow, MARKETING, given=False, days=1, contact_id=kim)
        assert not may_be_messaged(uow.session, contact_id=kim, purpose=MARKETING)
        _decide(uow, MARKETING, given=True, days=2, contact_id=kim)
        assert may_be_messaged(uow.session, contact_id=kim, purpose=MARKETING)
        newest = decisions_of(uow.session, contact_id=kim)[MARKETING]
        assert newest is not None
        assert newest.at == NOW + timedelta(days=2)


def test_a_no_on_one_channel_leaves_the_others_alone(company: Company) -> None:
    with company.acting() as uow:
        kim = _kim(uow)
        _decide(uow, SERVICE, given=False, contact_id=kim, channel="telegram")
        assert not may_be_messaged(uow.session, contact_id=kim, purpose=SERVICE, channel="telegram")
        assert may_be_messaged(uow.session, contact_id=kim, purpose=SERVICE, channel="web")


def test_what_a_visitor_decided_counts_for_the_customer_they_turn_out_to_be(company: Company) -> None:
    with company.acting() as uow:
        kim = _kim(uow)
        identity = ChannelIdentity(channel="telegram", external_id="4711", created_at=NOW)
        uow.session.add(identity)
        uow.flush()
        _decide(uow, SURVEY, given=False, identity_id=identity.id)
        assert not may_be_messaged(uow.session, identity_id=identity.id, purpose=SURVEY)
        assert may_be_messaged(uow.session, contact_id=kim, purpose=SURVEY)
        identity.contact_id = kim
        uow.flush()
        assert not may_be_messaged(uow.session, contact_id=kim, purpose=SURVEY)


@pytest.mark.parametrize("field", ["deleted_at", "forget_requested_at"])
def test_whoever_asked_to_be_forgotten_hears_nothing_whatever_they_agreed_to(company: Company, field: str) -> None:
    with company.acting() as uow:
        kim = _kim(uow)
        for purpose in ConsentPurpose:
            _decide(uow, purpose, given=True, contact_id=kim)
        setattr(uow.session.get_one(Contact, kim), field, NOW)
        uow.flush()
        assert not any(may_be_messaged(uow.session, contact_id=kim, purpose=each) for each in ConsentPurpose)


def test_nobody_is_not_messaged(company: Company) -> None:
    with company.acting() as uow:
        assert not any(may_be_messaged(uow.session, purpose=purpose) for purpose in ConsentPurpose)
        assert not may_be_messaged(uow.session, contact_id=999_999, purpose=SERVICE)
