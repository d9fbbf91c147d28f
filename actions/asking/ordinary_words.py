"""Words of ordinary talk that stand in questions about figures and say nothing of which figures are meant.

Words that leave something out ("not", "never", "except") or could be a name or a figure are none of these.
"""

from __future__ import annotations

ORDINARY = (
    "alright; right; i mean; you; yourself; love; loved; "
    "owe; owes; combined; in hours; in days; in minutes; hours; days; minutes; "
    "idea; any idea; gets; getting; owned; owns; own; belonging to; belongs to; belong to; held by; run by; "
    "assigned to; "
    "know; knows; knowing; curious; wondering; wonder; check; check on; find; find out; share; provide; prepare; "
    "compile; fetch; grab; pass me; understand; learn; help; help me; let; let's; let me know; let me; see if; "
    "really; basically; roughly; approximately; approx; nearly; almost; simply; kindly; possibly; maybe; perhaps; "
    "generally; usually; normally; probably; real quick; quick one; one more; another one; asap; guys; folks; "
    "mate; thx; ty; cheers; many thanks; btw; fyi; tbh; kinda; stuff; thing; things; one; kind of; sort of; "
    "develop; develops; developed; developing; development; evolve; evolved; evolving; evolution; progress; "
    "progressed; progressing; look like; looked; looked like; looks like; working out; slide; slides; picture of; "
    "snapshot; snapshot of; sheet; doc; document; rundown; rundown of; recap; recap of; digest; detail; details; "
    "detailed; complete; full; actual; specific; specifically; alone; purely; solely; following; given; based on; "
    "depending on; according to; related to; relating to; in regard to; he's; she's; there's; that's; where's; "
    "it's; they're; we're; who are; that are; that is; which are; which is; that were; that was; which were; "
    "hand; needed; wanted; asking; ask; asked; wants; needs; trying; try; show up; end up; ended up; across the "
    "board; put together; put in; sitting; sits; sit; come to; comes to; add up to; adds up to; amount to; come "
    "from; comes from; came from; coming from; sent out; send; sends; sending; write; written; wrote; doing on; "
    "fare; fared; faring; sourced; led by; originated; driven; common; frequent; usual; popular; busy"
)
"""Phrases parted by semicolons, as in the lexicon."""
