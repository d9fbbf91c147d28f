"""What is left of a message without its names, values and filler words: messages of one frame are one lesson.

A model that saw "show me my order please" in training has been told the answer to "please show my order"; and one that
saw "we won Acme", that to "we won Globex".
"""

from __future__ import annotations

from nlu.entities.kinds import FREE_TEXT
from nlu.entities.tokens import words_of
from nlu.intents.lexical import normal_form
from nlu.intents.masking import masked
from nlu.training_data import TrainingExample

_FILLERS = frozenset(
    "a an are can could do does for i in is it kindly me my of on or our please pls s that the this to u us we with "
    "would you your".split()
)


def frame_of(example: TrainingExample) -> str:
    """Return the words of ``example`` in alphabetical order, annotated names and values replaced by stand-ins.

    Free text stays, and so does a message of nothing but fillers; case, punctuation and digits make no difference.
    """
    standing = masked(example.text, [span for span in example.entities if span.entity not in FREE_TEXT])
    words = {word for word in words_of(normal_form(standing)) if word[0].isalnum()}
    return " ".join(sorted(words - _FILLERS)) or normal_form(example.text)
