"""Every dialogue script, held through a real Rasa server: the same answers, the same records as with our engine."""

from __future__ import annotations

import pytest

from tests.assistants import Rig
from tests.bot.dialogue_scripts import Script, load_scripts, run_script


@pytest.mark.parametrize("script", tuple(load_scripts()), ids=lambda script: script.name)
def test_conversation_goes_as_scripted_through_rasa(script: Script, rasa_rig: Rig) -> None:
    run_script(script, rasa_rig)
