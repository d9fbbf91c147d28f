"""Forms in Slack: Slack takes them, and what comes back is what was filled in."""

from __future__ import annotations

from typing import Any

import pytest

from actions.forms import FORMS, FormState, Input, Outcome
from actions.words import Words
from bot.channels.slack.blocks import answer_submission, check_view, form_view, read_submission
from bot.dialogue.domain import load_domain
from bot.settings import PROJECT

WORDS = Words(load_domain(PROJECT / "domain.yml", PROJECT / "nlu" / "data").responses)
CHOICES = {
    each.name: (("Call & <meet>", "call"), ("🎉" * 90, "party"))
    for spec in FORMS.values()
    for each in spec.fields
    if each.input is Input.CHOICE
}


def state(form: str, **values: str) -> FormState:
    return FormState(form=form, ref="deal:12", version=7, values=values, choices=CHOICES, refs={"account": "account:3"})


def filled(view: dict[str, Any], **typed: str) -> dict[str, Any]:
    """The view as Slack sends it back: every input with its state, those in ``typed`` changed."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, name = block["element"], block["block_id"].partition(".")[0]
        kind = element["type"]
        if kind == "plain_text_input":
            entered: dict[str, Any] = {"value": typed.get(name, element.get("initial_value"))}
        elif kind == "datepicker":
            entered = {"selected_date": typed.get(name, element.get("initial_date"))}
        else:
            chosen = next((each for each in element["options"] if each["value"] == typed.get(name)), None)
            entered = {"selected_option": chosen or element.get("initial_option")}
        values[block["block_id"]] = {element["action_id"]: {"type": kind} | entered}
    return view | {"state": {"values": values}}


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("text", ["", "Initech", '<!channel> & "x" 🎉\nשלום', "word " * 2000], ids=len)
def test_slack_takes_every_form_whatever_it_is_filled_with(form: str, text: str) -> None:
    values = {
        each.name: "2027-03-31" if each.input is Input.DATE else text
        for each in FORMS[form].fields
        if each.input is not Input.CHOICE
    }

    view = form_view(state(form, **values), WORDS, carry={"channel": "C1", "thread": "1700000000.000100"})

    assert check_view(view) == []
    assert view["callback_id"] == form


def test_what_was_filled_in_comes_back() -> None:
    opened = state("edit_deal", name="Website", amount="40000 USD", close_date="2027-03-31", stage="call")
    view = form_view(opened, WORDS, carry={"channel": "C1"})

    sent, carried = read_submission(filled(view, amount="50k", close_date="2027-04-30"))

    assert carried == {"channel": "C1"}
    assert (sent.form, sent.ref, sent.version, sent.refs) == ("edit_deal", "deal:12", 7, {"account": "account:3"})
    assert sent.values == {
        "name": "Website",
        "amount": "50k",
        "close_date": "2027-04-30",
        "stage": "call",
        "next_step": "",
    }
    assert sent.untouched("name", "Website")
    assert not sent.untouched("amount", "50k")


def test_a_value_too_long_for_its_field_is_not_cut_off_but_left_alone() -> None:
    view = form_view(state("edit_deal", name="Website", next_step="x" * 3001), WORDS)

    sent, _ = read_submission(filled(view))

    assert check_view(view) == []
    assert sent.untouched("next_step", sent.values.get("next_step"))


def test_errors_go_to_the_fields_they_are_about() -> None:
    view = form_view(state("log_deal"), WORDS)

    answer = answer_submission(view, Outcome(errors={"amount": "I can't read that."}), WORDS)

    (block_id,) = answer["errors"]
    assert answer["response_action"] == "errors"
    assert block_id in [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


def test_a_form_overtaken_by_somebody_else_comes_back_with_what_was_entered() -> None:
    view = form_view(state("edit_deal", name="Website", amount="40000 USD"), WORDS)
    now = FormState(
        form="edit_deal",
        ref="deal:12",
        version=8,
        values={"name": "Website", "amount": "70000 USD"},
        choices=CHOICES,
        notice="It is now: Amount: 70000 USD.",
    )

    answer = answer_submission(
        view, Outcome(again=now, entered={"amount": "61000 USD"}), WORDS, carry={"channel": "C1"}
    )

    again = answer["view"]
    assert answer["response_action"] == "update"
    assert check_view(again) == []
    amount = next(block for block in again["blocks"] if block.get("block_id", "").startswith("amount"))
    assert amount["element"]["initial_value"] == "61000 USD"
    assert amount["block_id"] not in [block.get("block_id") for block in view["blocks"]]
    sent, carried = read_submission(filled(again))
    assert (sent.version, carried) == (8, {"channel": "C1"})
    assert not sent.untouched("amount", sent.values["amount"])


def test_a_form_that_was_taken_closes() -> None:
    assert answer_submission(form_view(state("log_deal"), WORDS), Outcome(), WORDS) == {}


def test_more_than_fits_beside_the_form_is_refused() -> None:
    with pytest.raises(ValueError, match="metadata"):
        form_view(state("log_deal"), WORDS, carry={"text": "x" * 3000})
