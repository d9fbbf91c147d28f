"""Messages with stand-ins for their entities."""

from nlu.intents.masking import masked, stand_in
from nlu.training_data import AnnotatedSpan


def test_each_entity_is_replaced_by_the_stand_in_of_its_kind() -> None:
    text = "move Globix to negotiation by May"
    spans = [
        AnnotatedSpan(entity="account", start=5, end=11),
        AnnotatedSpan(entity="stage", start=15, end=26),
        AnnotatedSpan(entity="date", start=30, end=33),
    ]
    assert masked(text, spans) == "move Acme to proposal by Friday"


def test_a_message_without_entities_stays_as_it_is() -> None:
    assert masked("undo that", []) == "undo that"


def test_kinds_nobody_foresaw_stand_for_themselves() -> None:
    assert stand_in("play_list") == "play list"
    assert stand_in("_") == "it"
