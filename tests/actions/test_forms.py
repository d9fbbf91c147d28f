"""Forms: opened with what is known, checked while they are open, and worth the same as a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from actions.errors import Refused
from actions.form_opening import FormOpening
from actions.forms import FORMS, FormState, Outcome, Submission, command_of, digest
from actions.turn import CompanyPolicy
from actions.words import Words
from bot.dialogue.domain import load_domain
from bot.settings import PROJECT
from crm_store.actors import Actor, ActorKind
from crm_store.models import Activity, Contact, Deal, Stage, StageType, Ticket, User
from nlu.values.reading import Reading
from tests.assistants import NOW, Heard, Rig

READING = Reading(now=datetime(2026, 11, 18, 15, tzinfo=UTC), zone=ZoneInfo("America/New_York"))
WORDS = Words(load_domain(PROJECT / "domain.yml", PROJECT / "nlu" / "data").responses)


def opened(rig: Rig, form: str, *, ref: str | None = None, said: Mapping[str, str] | None = None) -> FormState:
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        dana = uow.session.scalars(select(User).where(User.handle == "dana")).one()
        uow.become(rig.assistant.store.actor_for_user(uow.session, dana))
        opening = FormOpening(uow=uow, words=WORDS, reading=READING, policy=CompanyPolicy())
        return opening.open(form, ref=ref, said=said)


def sent(state: FormState, **entered: str) -> Submission:
    names = [each.name for each in FORMS[state.form].fields]
    values = {name: state.values.get(name, "") for name in names}
    return Submission(
        form=state.form,
        ref=state.ref,
        version=state.version,
        refs=state.refs,
        opened={name: digest(value) for name, value in values.items()},
        values={**values, **entered},
    )


def outcome(state: FormState, *, current: FormState | None = None, **entered: str) -> Outcome:
    return command_of(sent(state, **entered), reading=READING, words=WORDS, current=current)


def said(rig: Rig, done: Outcome, who: str = "dana") -> Heard:
    assert done.command is not None
    return rig.speaker(who).say(str(done.command))


def a_deal(rig: Rig) -> Deal:
    """An open deal of Dana's whose closing day lies ahead."""
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return uow.session.scalars(
            select(Deal)
            .join(Stage)
            .join(User, User.id == Deal.owner_id)
            .where(User.handle == "dana", Stage.type == StageType.OPEN, Deal.close_date > NOW.date())
            .where(Deal.amount.is_not(None))
            .order_by(Deal.id)
        ).first() or pytest.fail("the demo company has no such deal")


def now_is(rig: Rig, deal: Deal) -> Deal:
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return uow.session.get_one(Deal, deal.id)


def test_a_new_deal_is_logged_with_everything_the_form_asks_for(rig: Rig) -> None:
    state = opened(rig, "log_deal")

    heard = said(
        rig,
        outcome(state, account="Initech", amount="40k", close_date="2027-03-31", name="Shelving", stage="Proposal"),
    )

    assert heard.action == "action_log_deal"
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        deal = uow.session.scalars(select(Deal).order_by(Deal.id.desc())).first()
        assert deal is not None
        assert (deal.name, deal.account.name, deal.amount, deal.close_date, deal.stage.name) == (
            "Shelving",
            "Initech",
            Decimal(40_000),
            date(2027, 3, 31),
            "Proposal",
        )


def test_what_a_new_deal_leaves_empty_is_not_asked_for_again(rig: Rig) -> None:
    heard = said(rig, outcome(opened(rig, "log_deal"), account="Initech"))

    assert heard.action == "action_log_deal"


@pytest.mark.parametrize(
    ("form", "entered", "wrong"),
    [
        ("log_deal", {"account": " "}, "account"),
        ("log_deal", {"account": "Initech", "amount": "a lot"}, "amount"),
        ("log_deal", {"account": "Initech", "amount": "-5"}, "amount"),
        ("log_deal", {"account": "Initech", "close_date": "2026-11-17"}, "close_date"),
        ("log_activity", {"kind": "call", "date": "2026-11-19"}, "date"),
        ("log_activity", {"kind": "call", "date": ""}, "date"),
        ("create_task", {"subject": "Call", "due": "whenever"}, "due"),
        ("open_ticket", {"subject": "??"}, "subject"),
        ("feedback", {"subject": "", "note": "x"}, "subject"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(rig: Rig, form: str, entered: dict[str, str], wrong: str) -> None:
    done = command_of(sent(opened(rig, form), **entered), reading=READING, words=WORDS)

    assert set(done.errors) == {wrong}
    assert done.command is None


def test_today_is_neither_past_nor_future(rig: Rig) -> None:
    assert outcome(opened(rig, "log_deal"), account="Initech", close_date="2026-11-18").errors == {}
    assert outcome(opened(rig, "log_activity"), kind="call", date="2026-11-18").errors == {}


def test_an_edited_deal_changes_where_it_was_edited_only(rig: Rig) -> None:
    deal = a_deal(rig)
    state = opened(rig, "edit_deal", ref=str(deal.ref))

    done = outcome(state, amount="61k", next_step="Send the offer")

    assert done.command is not None
    assert set(done.command.entities) == {"amount", "next_step", "ref", "version"}
    said(rig, done)
    after = now_is(rig, deal)
    assert (after.amount, after.currency, after.next_step) == (Decimal(61_000), deal.currency, "Send the offer")
    assert (after.name, after.close_date, after.stage_id) == (deal.name, deal.close_date, deal.stage_id)


def test_a_deal_sent_as_it_was_opened_changes_nothing(rig: Rig) -> None:
    state = opened(rig, "edit_deal", ref=str(a_deal(rig).ref))

    assert outcome(state) == Outcome()


def test_an_emptied_field_is_cleared(rig: Rig) -> None:
    deal = a_deal(rig)

    said(rig, outcome(opened(rig, "edit_deal", ref=str(deal.ref)), amount="", close_date=""))

    after = now_is(rig, deal)
    assert (after.amount, after.close_date) == (None, None)


def test_an_amount_without_a_currency_keeps_that_of_the_deal(rig: Rig) -> None:
    state = opened(rig, "edit_deal", ref=str(a_deal(rig).ref))
    euros = replace(state, values={**state.values, "amount": "100 EUR"})

    done = outcome(euros, current=euros, amount="200")

    assert done.command is not None
    assert done.command.entities["amount"] == "200 EUR"


def test_a_close_date_that_has_passed_may_stay_when_something_else_is_edited(rig: Rig) -> None:
    state = opened(rig, "edit_deal", ref=str(a_deal(rig).ref))
    late = replace(state, values={**state.values, "close_date": "2026-01-31"})

    done = outcome(late, next_step="Call them")

    assert done.errors == {}
    assert done.command is not None
    assert "date" not in done.command.entities


def test_a_change_by_somebody_else_is_shown_before_it_is_replaced(rig: Rig) -> None:
    deal = a_deal(rig)
    state = opened(rig, "edit_deal", ref=str(deal.ref))
    rig.speaker("dana").say(f'/update_deal{{"ref": "{deal.ref}", "amount": "70000 USD"}}')
    current = opened(rig, "edit_deal", ref=str(deal.ref))

    done = outcome(state, current=current, amount="61k")

    assert done.command is None
    assert done.again is not None
    assert "70000 USD" in done.again.notice
    assert done.entered == {"amount": "61000 USD"}
    again = command_of(sent(done.again, **done.entered), reading=READING, words=WORDS, current=current)
    said(rig, again)
    assert now_is(rig, deal).amount == Decimal(61_000)


def test_a_change_by_somebody_else_of_another_field_is_kept(rig: Rig) -> None:
    deal = a_deal(rig)
    state = opened(rig, "edit_deal", ref=str(deal.ref))
    rig.speaker("dana").say(f'/update_deal{{"ref": "{deal.ref}", "amount": "70000 USD"}}')

    said(rig, outcome(state, current=opened(rig, "edit_deal", ref=str(deal.ref)), next_step="Call them"))

    after = now_is(rig, deal)
    assert (after.amount, after.next_step) == (Decimal(70_000), "Call them")


def test_a_change_between_the_form_and_its_turn_is_not_overwritten(rig: Rig) -> None:
    deal = a_deal(rig)
    done = outcome(opened(rig, "edit_deal", ref=str(deal.ref)), amount="61k")
    rig.speaker("dana").say(f'/update_deal{{"ref": "{deal.ref}", "amount": "70000 USD"}}')

    heard = said(rig, done)

    assert "was changed while you had the form open" in heard.text
    assert now_is(rig, deal).amount == Decimal(70_000)


def test_an_activity_is_logged_with_the_deal_the_form_was_opened_on(rig: Rig) -> None:
    deal = a_deal(rig)

    said(rig, outcome(opened(rig, "log_activity", ref=str(deal.ref)), kind="meeting", note="They want a quote"))

    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        activity = uow.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
        assert activity is not None
        assert (activity.deal_id, activity.account_id, activity.note) == (
            deal.id,
            deal.account_id,
            "They want a quote",
        )


def test_another_company_than_the_form_was_opened_on_means_that_one(rig: Rig) -> None:
    state = opened(rig, "log_activity", ref=str(a_deal(rig).ref))

    done = outcome(state, kind="call", account="Zorblatt Industries")

    assert done.command is not None
    assert done.command.entities["account"] == "Zorblatt Industries"
    assert "ref" not in done.command.entities


def test_a_form_is_filled_with_what_a_message_says(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        contact = uow.session.scalars(
            select(Contact).where(Contact.account_id.is_not(None)).order_by(Contact.id)
        ).first()
        assert contact is not None
        assert contact.account is not None
        named = (contact.account.name, contact.name)

    state = opened(rig, "log_activity", ref=str(contact.ref), said={"note": "Had a call", "nonsense": "x"})

    assert (state.values["account"], state.values["contact"]) == named
    assert state.values["note"] == "Had a call"
    assert state.values["date"] == "2026-11-18"
    assert "nonsense" not in state.values


@pytest.mark.parametrize("form", ["open_ticket", "feedback"])
def test_a_ticket_form_opens_a_ticket(rig: Rig, form: str) -> None:
    state = opened(rig, form)
    subject = state.choices["subject"][0][1] if "subject" in state.choices else "The export does nothing"

    said(rig, outcome(state, subject=subject, note="Since this morning"))

    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        ticket = uow.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        assert ticket is not None
        assert ticket.subject == subject
        assert [message.text for message in ticket.messages] == ["Since this morning"]


def test_a_task_form_sets_a_reminder(rig: Rig) -> None:
    heard = said(rig, outcome(opened(rig, "create_task"), subject="Send the contract", due="Friday at 3pm"))

    assert heard.action == "action_create_task"
    assert "Send the contract" in heard.text


def test_nobody_opens_what_they_may_not_see(rig: Rig) -> None:
    ref = str(a_deal(rig).ref)
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        uow.become(Actor(kind=ActorKind.ANONYMOUS, id=1))
        opening = FormOpening(uow=uow, words=WORDS, reading=READING, policy=CompanyPolicy())

        with pytest.raises(Refused):
            opening.open("edit_deal", ref=ref)


def test_every_form_is_worded(rig: Rig) -> None:
    for name, spec in FORMS.items():
        assert WORDS.has(f"utter_form_{name}")
        assert all(WORDS.has(f"utter_label_{each.label}") for each in spec.fields)
