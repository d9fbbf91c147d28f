"""Every dialogue script, held through a real Rasa server: the same answers, the same records as with our engine."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from nlu.parse import Engine
from nlu.values.reading import Reading
from tests.assistants import NOW, Rig
from tests.bot.dialogue_scripts import Script, load_scripts, run_script
from tests.rasa.conformance import ReadAlong, script_examples
from tests.rasa.conftest import ServerLog


@pytest.mark.parametrize("script", tuple(load_scripts()), ids=lambda script: script.name)
def test_conversation_goes_as_scripted_through_rasa(script: Script, rasa_rig: Rig, server_log: ServerLog) -> None:
    run_script(script, rasa_rig)
    assert server_log.strange() == []


def test_rasa_reads_what_is_said_in_the_scripts_as_the_embedded_engine_does(
    read_along: ReadAlong, trained_engine: Engine, seeded_names: None
) -> None:
    reading = Reading(now=NOW, zone=ZoneInfo("America/New_York"))
    readers = ReadAlong(read_along.rasa, trained_engine)
    for example in script_examples(trained_engine):
        readers.parse(example["text"], reading=reading)
    # Nine in ten: the light model has been trained on them, but for a few rounds only.
    assert readers.same >= 0.9 * readers.messages, f"{readers.same} of {readers.messages}"
