"""What is to be done next about a deal, with the day it is to be done."""

from __future__ import annotations

import re

from actions.call import ActionCall

_LEADS_TO_A_DAY = re.compile(r"\s*,?\s*(?:(?:by|on|at|until|till|before|for|due)\s+)?(?:the\s+)?", re.IGNORECASE)


def step_with_its_day(call: ActionCall) -> str | None:
    """The next step with the day right behind it, which is not the deal's close date: "next step: send it by Friday".

    None when no next step is named as such or no day belongs to it.
    """
    if call.first("field") != "next step":
        return None
    said = {each.entity: each for each in call.entities if each.end}
    step, day = said.get("subject"), said.get("date")
    if step is None or day is None or _LEADS_TO_A_DAY.fullmatch(call.text[step.end : day.start]) is None:
        return None
    return call.text[step.start : day.end]
