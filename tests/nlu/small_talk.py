"""A small, hand-written data set for tests: a pizza place."""

from __future__ import annotations

from nlu.training_data import TrainingExample

_TEXTS = {
    "order_pizza": (
        "I'd like a large margherita",
        "can I order two pizzas please",
        "one pepperoni pizza with extra cheese",
        "I want to order a pizza for tonight",
        "get me a small funghi",
        "a calzone to go please",
    ),
    "opening_hours": (
        "when do you open",
        "are you open on Sunday",
        "what are your opening hours",
        "how late can I come by",
        "until when is the kitchen open",
        "do you close on public holidays",
    ),
    "delivery_status": (
        "where is my pizza",
        "my order has not arrived yet",
        "how long until the driver is here",
        "is my food on its way",
        "track my delivery",
        "the driver is late",
    ),
    "book_table": (
        "a table for four at eight",
        "can I reserve a table for tomorrow",
        "do you have seats free tonight",
        "book us a table by the window",
        "reservation for two under Kim",
        "we would like to eat at your place on Friday",
    ),
    "greet": ("hi", "hello there", "good evening", "hey", "hiya", "good morning"),
}

SENSELESS = (
    "what is the square root of nine",
    "my lawn mower will not start",
    "who wrote War and Peace",
    "translate cat into Finnish",
)


def pizza_examples() -> list[TrainingExample]:
    """Return 30 examples of five intents."""
    return [TrainingExample(text=text, intent=intent) for intent, texts in _TEXTS.items() for text in texts]


def outside_examples() -> list[TrainingExample]:
    """Return messages that have nothing to do with the rest."""
    return [TrainingExample(text=text, intent=None) for text in SENSELESS]
