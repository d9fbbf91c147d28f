"""Approvals: who is asked, what their answers come to, and that nobody decides twice or in another's place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from actions.rulings import Ruling, read_ruling
from actions.turn import CompanyPolicy
from bot.scheduler.approvals import tell_outcomes
from crm_store.approvals import ApprovalRule, choose_approvers
from crm_store.models import Absence, Deal, Outbox, Proposal, ProposalStatus, User, Verdict
from tests.assistants import NOW, Heard, Rig, Speaker

LOG = '/log_deal{"account": "Initech", "amount": "2500000", "date": "2027-03-31"}'
GIVE = '/reassign{"account": "Globex", "person": "Marcus"}'


def ask(rig: Rig, who: str, text: str) -> tuple[Speaker, Heard]:
    """Somebody asks for a change and confirms it."""
    speaker = rig.speaker(who)
    heard = speaker.say(text)
    return speaker, speaker.press(heard.token("Confirm"))


def proposal_of(rig: Rig) -> Proposal:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        return uow.session.scalars(select(Proposal).order_by(Proposal.id.desc())).first() or pytest.fail("none")


def large_deals(rig: Rig) -> list[str]:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        deals = uow.session.scalars(select(Deal).where(Deal.amount == 2_500_000))
        return [f"{deal.account.name}, {deal.owner.handle}" for deal in deals]


def told(rig: Rig) -> list[str]:
    """What the next tick tells those who asked."""
    pipeline = rig.assistant.pipeline
    tell_outcomes(pipeline.store, pipeline.words, now=rig.clock())
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        rows = uow.session.scalars(select(Outbox).where(Outbox.key.like("approval:%:outcome")).order_by(Outbox.id))
        return [str(row.body["parts"][0]["text"]) for row in rows]


def with_rules(rig: Rig, **rules: ApprovalRule) -> None:
    """The company's rules from now on."""
    policy = rig.assistant.pipeline.policy
    assert isinstance(policy, CompanyPolicy)
    object.__setattr__(policy, "approvals", rules)


def test_nothing_happens_before_the_manager_approves_and_then_once(rig: Rig) -> None:
    _, sent = ask(rig, "dana", LOG)
    assert "Morgan Ellis" in sent.text
    assert large_deals(rig) == []
    morgan = rig.speaker("morgan")
    waiting = morgan.say("/show_approvals")
    assert "Dana Whitfield asks for your approval" in waiting.text
    assert "Approved and done" in morgan.press(waiting.token("Approve")).text
    assert "Approved" not in morgan.press(waiting.token("Approve")).text
    assert large_deals(rig) == ["Initech, dana"]
    assert ["Approved by Morgan Ellis" in text for text in told(rig)] == [True]
    assert len(told(rig)) == 1


def test_a_rejection_reaches_the_asker_with_its_comment(rig: Rig) -> None:
    ask(rig, "dana", LOG)
    number = proposal_of(rig).id
    rig.speaker("morgan").say(f'/deny{{"proposal": "{number}", "reason": "too cheap"}}')
    assert large_deals(rig) == []
    (text,) = told(rig)
    assert "Rejected by Morgan Ellis" in text
    assert "Morgan Ellis: “too cheap”" in text


@pytest.mark.parametrize("who", ["marcus", "yuki"])
def test_nobody_else_can_decide(rig: Rig, who: str) -> None:
    ask(rig, "dana", LOG)
    number = proposal_of(rig).id
    for intent in ("affirm", "deny"):
        rig.speaker(who).say(f'/{intent}{{"proposal": "{number}"}}')
    rig.speaker("dana").say(f'/affirm{{"proposal": "{number}"}}')
    assert proposal_of(rig).status is ProposalStatus.WAITING
    assert large_deals(rig) == []


def test_the_first_of_any_decides_and_the_others_hear_who_it_was(rig: Rig) -> None:
    with_rules(rig, amount=ApprovalRule(by=("morgan", "riley"), needs="any"))
    ask(rig, "dana", LOG)
    number = proposal_of(rig).id
    assert "Approved" in rig.speaker("riley").say(f'/affirm{{"proposal": "{number}"}}').text
    late = rig.speaker("morgan").say(f'/deny{{"proposal": "{number}"}}')
    assert "settled already (approved, Riley Chen)" in late.text
    assert large_deals(rig) == ["Initech, dana"]


def test_all_have_to_approve_and_one_no_is_enough(rig: Rig) -> None:
    with_rules(rig, amount=ApprovalRule(by=("morgan", "riley"), needs="all"))
    ask(rig, "dana", LOG)
    first = proposal_of(rig).id
    assert "Riley Chen still has to decide" in rig.speaker("morgan").say(f'/affirm{{"proposal": "{first}"}}').text
    assert large_deals(rig) == []
    rig.speaker("riley").say(f'/affirm{{"proposal": "{first}"}}')
    assert large_deals(rig) == ["Initech, dana"]
    ask(rig, "dana", LOG.replace("Initech", "Globex"))
    second = proposal_of(rig).id
    rig.speaker("riley").say(f'/deny{{"proposal": "{second}"}}')
    assert proposal_of(rig).status is ProposalStatus.REJECTED
    assert large_deals(rig) == ["Initech, dana"]


def test_of_one_the_first_who_is_there_is_asked_and_a_delegate_stands_in(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        users = {user.handle: user for user in uow.session.scalars(select(User))}
        away = {"starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=1), "created_at": NOW}
        one = ApprovalRule(by=("morgan", "riley"), needs="one")

        def asked(rule: ApprovalRule) -> list[str]:
            return [user.handle for user in choose_approvers(uow.session, users["dana"], rule, now=NOW)]

        assert asked(one) == ["morgan"]
        absence = Absence(user_id=users["morgan"].id, **away)
        uow.session.add(absence)
        uow.session.flush()
        assert asked(one) == ["riley"]
        assert asked(ApprovalRule(by=("manager",))) == ["morgan"]
        absence.delegate_id = users["yuki"].id
        uow.session.flush()
        uow.session.expire(absence)
        assert asked(ApprovalRule(by=("manager",))) == ["yuki"]
        assert asked(ApprovalRule(by=("dana", "morgan"))) == []
        assert asked(ApprovalRule(by=("who-left",))) != []


def test_a_manager_needs_nobody_for_what_managers_approve(rig: Rig) -> None:
    _, done = ask(rig, "morgan", LOG)
    assert "Done" in done.text
    assert large_deals(rig) == ["Initech, morgan"]


def test_what_nobody_decides_is_let_go_and_said(rig: Rig) -> None:
    ask(rig, "dana", LOG)
    assert told(rig) == []
    rig.clock.advance(hours=73)
    (text,) = told(rig)
    assert "Nobody decided in time" in text
    late = rig.speaker("morgan").say(f'/affirm{{"proposal": "{proposal_of(rig).id}"}}')
    assert "settled already" in late.text
    assert large_deals(rig) == []


@pytest.mark.parametrize("happens", ["somebody changes it", "the asker leaves"])
def test_an_approval_never_overwrites_what_happened_meanwhile(rig: Rig, happens: str) -> None:
    ask(rig, "dana", GIVE)
    number = proposal_of(rig).id
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Website redesign")).one()
        users = {user.handle: user for user in uow.session.scalars(select(User))}
        if happens == "the asker leaves":
            users["dana"].active = False
        else:
            deal.owner_id = users["yuki"].id
        uow.commit()
    said = rig.speaker("morgan").say(f'/affirm{{"proposal": "{number}"}}')
    assert "nothing was done" in said.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Website redesign")).one()
        assert deal.owner.handle == ("dana" if happens == "the asker leaves" else "yuki")


def test_what_was_approved_is_journaled_for_both_and_the_askers_to_undo(rig: Rig) -> None:
    dana, _ = ask(rig, "dana", GIVE)
    rig.speaker("morgan").say(f'/affirm{{"proposal": "{proposal_of(rig).id}"}}')
    assert "Taken back" in dana.say("/undo").text


@pytest.mark.parametrize(
    ("text", "ruling"),
    [
        ("approve", Ruling(verdict=Verdict.APPROVED)),
        ("Approved!", Ruling(verdict=Verdict.APPROVED)),
        ("yes, approved", Ruling(verdict=Verdict.APPROVED)),
        ("ok approve it", Ruling(verdict=Verdict.APPROVED)),
        ("approve it, but only once", Ruling(verdict=Verdict.APPROVED, comment="but only once")),
        ("reject, too cheap", Ruling(verdict=Verdict.REJECTED, comment="too cheap")),
        ("reject: too cheap", Ruling(verdict=Verdict.REJECTED, comment="too cheap")),
        ("I'd reject that", Ruling(verdict=Verdict.REJECTED)),
        ("reject because it's too cheap", Ruling(verdict=Verdict.REJECTED, comment="it's too cheap")),
        ("not approved, ask me first", Ruling(verdict=Verdict.REJECTED, comment="ask me first")),
        (
            "reject the Initech one, too cheap",
            Ruling(verdict=Verdict.REJECTED, about="the Initech one", comment="too cheap"),
        ),
        ("approve Dana's request", Ruling(verdict=Verdict.APPROVED, about="Dana's request")),
        ("yes", None),
        ("nope", None),
        ("the budget is approved", None),
    ],
)
def test_rulings_in_words_are_read(text: str, ruling: Ruling | None) -> None:
    assert read_ruling(text) == ruling
