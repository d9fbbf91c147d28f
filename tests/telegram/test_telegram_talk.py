"""A customer on Telegram: messages in, answers out with buttons."""

from __future__ import annotations

from tests.telegram.phone import Phone


def test_a_message_is_answered_with_buttons_and_a_press_with_an_answer(kim: Phone) -> None:
    answer = kim.ask("/help")
    assert "Let me talk to a human" in answer.labels
    kim.press(answer, "Let me talk to a human")
    assert "T-" in kim.hear().text
    assert len(kim.platform.answered_presses) == 1


def test_a_typed_label_does_what_the_button_does(kim: Phone) -> None:
    kim.ask("/help")
    assert "T-" in kim.ask("let me talk to a human").text


def test_a_question_is_answered_from_an_article(kim: Phone) -> None:
    assert "password" in kim.ask("How do I reset my password?").text.casefold()


def test_what_people_write_shows_as_they_wrote_it(kim: Phone) -> None:
    kim.ask("let me talk to a human")
    sent = kim.ask("please open a ticket: the <b>export</b> button & the </a> menu do nothing")
    assert "<b>export</b>" not in sent.markup


def test_a_slash_command_of_ours_typed_by_a_person_is_only_text(kim: Phone) -> None:
    answer = kim.ask('/order_status{"order_number": "ORD-10423"}')
    assert "ORD-10423" not in answer.text
    assert not any(sent.file for sent in kim.messages())


def test_two_people_are_answered_each_in_their_own_chat(kim: Phone) -> None:
    lou = Phone(kim.platform, first_name="Lou")
    kim.say("hello")
    lou.say("are you open on Saturday?")
    assert kim.hear().chat == kim.number
    assert lou.hear().chat == lou.number
