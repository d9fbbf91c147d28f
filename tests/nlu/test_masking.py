"""Messages with stand-ins for their entities."""

from nlu.intents.masking import masked, stand_in
from nlu.training_data import AnnotatedSpan


def test_names_and_values_are_replaced_and_words_of_the_trade_stay() -> None:
    text = "move Globix to negotiation by May"
    spans = [
        AnnotatedSpan(entity="account", start=5, end=11),
        AnnotatedSpan(entity="stage", start=15, end=26),
        AnnotatedSpan(entity="date", start=30, end=33),
    ]
    assert masked(text, spans) == "move Acme to negotiation by Friday"


def test_a_message_without_entities_stays_as_it_is() -> None:
    assert masked("undo that", []) == "undo that"


def test_kinds_nobody_foresaw_stand_for_themselves() -> None:
    assert stand_in("play_list") == "play list"
    assert stand_in("_") == "it"
