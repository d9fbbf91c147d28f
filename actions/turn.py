"""What an action works with while it answers one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy.orm import Session

from actions.call import ActionCall, Command
from actions.desk.policy import DeskPolicy
from actions.focus import focused_on, unfocused
from actions.help_centre import HelpCentre
from actions.reply import Button, ButtonStyle, Card, Edit, Menu, Option, Part, Reply, Text
from actions.review_queue import GroupMessages, each_alone
from actions.words import Words
from crm_store.actors import Actor
from crm_store.approvals import ApprovalRule
from crm_store.insights.commission import CommissionPlan
from crm_store.models import Contact, Conversation, Record, User
from crm_store.proof_kinds import DataClass, ProofMethod
from crm_store.refs import RecordRef
from crm_store.unit_of_work import UnitOfWork
from nlu.values.reading import Reading

_MONTH, _DAY = timedelta(days=30), timedelta(days=1)
_ANY_PROOF = dict.fromkeys(ProofMethod, _MONTH)
USUAL_PROOFS: Mapping[DataClass, Mapping[ProofMethod, timedelta]] = {
    DataClass.ORDERS: _ANY_PROOF,
    DataClass.TICKETS: _ANY_PROOF,
    DataClass.INVOICES: {ProofMethod.EMAIL_CODE: _DAY},
    DataClass.ADDRESSES: {ProofMethod.EMAIL_CODE: _DAY},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPolicy:
    """The company's own rules, from config.yml.

    ``confirm_above`` is the amount (company currency) from which a write waits for a confirmation. ``proofs`` says for
    each kind of a customer's data which proofs of identity open it, and for how long. ``approvals`` says by sort of
    change who else has to approve it, for ``approval_hours``. ``commission`` are the plans, the first that fits counts.
    """

    currency: str = "USD"
    confirm_above: int = 1_000_000
    proposal_hours: int = 24
    opening_hours: str = "Mon-Fri 09:00-18:00"
    time_zone: str = "America/New_York"
    name: str = "Brightwater"
    telegram_bot: str | None = None
    code_lifetime: timedelta = timedelta(minutes=10)
    link_lifetime: timedelta = timedelta(days=3)
    proofs: Mapping[DataClass, Mapping[ProofMethod, timedelta]] = field(default_factory=lambda: dict(USUAL_PROOFS))
    desk: DeskPolicy = field(default_factory=DeskPolicy)
    rep_sees_team: bool = True
    approvals: Mapping[str, ApprovalRule] = field(default_factory=dict)
    approval_hours: int = 72
    commission: tuple[CommissionPlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Something to be said in another conversation than the one a turn answers, once per ``key``.

    ``author`` is who says it, in the transcript's form ("assistant", "user:3"). ``identity_id`` is who may press its
    buttons; None: anybody in that conversation.
    """

    conversation_id: int
    reply: Reply
    key: str
    author: str = "assistant"
    identity_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Turn:
    """One request being answered: the store, who asks, what they asked, and the answer as it grows.

    ``slots`` collects slot changes for the dialogue. ``files`` is where pictures and documents are put. ``was_asking``:
    a question of ours was open when the request came. ``alike`` groups messages by meaning. ``shares_phone``: the
    channel can pass on the person's own number. ``then`` collects requests to go on with, once who is speaking is known
    anew. ``postings`` collects what is to be said in other conversations.
    """

    uow: UnitOfWork
    call: ActionCall
    reading: Reading
    words: Words
    conversation: Conversation
    identity_id: int
    files: Path
    policy: CompanyPolicy
    help_centre: HelpCentre
    user: User | None = None
    contact: Contact | None = None
    alike: GroupMessages = each_alone
    reply: Reply = field(default_factory=Reply)
    slots: dict[str, str | None] = field(default_factory=dict)
    was_asking: bool = False
    shares_phone: bool = False
    then: list[Command] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """The unit of work's session; shows only what the asker may see."""
        return self.uow.session

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.uow.actor

    @property
    def colleague(self) -> User:
        """The asking user; only for skills that are declared for staff."""
        if self.user is None:
            raise RuntimeError("a staff skill was called without a user")
        return self.user

    def say(self, response: str, /, **data: str) -> None:
        """Add a sentence."""
        self.reply.parts.append(Text(self.words.say(response, **data)))

    def show(self, part: Part) -> None:
        """Add a card, table, picture or document."""
        self.reply.parts.append(part)

    def offer(
        self,
        label: str,
        intent: str,
        *,
        style: ButtonStyle = "default",
        once: bool = False,
        asks: Literal["phone"] | None = None,
        **entities: str,
    ) -> None:
        """Add a button whose text is ``label`` and which says ``intent`` with ``entities`` when pressed.

        ``asks``: where the channel can, pressing it gives this instead.
        """
        self.offer_command(label, Command(intent, entities), style=style, once=once, asks=asks)

    def offer_command(
        self,
        label: str,
        command: Command,
        *,
        style: ButtonStyle = "default",
        once: bool = False,
        asks: Literal["phone"] | None = None,
    ) -> None:
        """Add a button for a command."""
        button = Button(label=label[:75], command=str(command), style=style, single_use=once, asks=asks)
        self.reply.buttons.append(button)

    def offer_menu(self, label: str, options: Iterable[tuple[str, str, Command]]) -> None:
        """Add a menu if it has options: what is listed, how it reads when chosen, and the command it stands for."""
        listed = tuple(Option(label=each, said=said[:75], command=str(command)) for each, said, command in options)
        if listed:
            self.reply.menus.append(Menu(label=label, options=listed))

    def offer_undo(self) -> None:
        """Add the Undo button for what this turn has changed, when it has."""
        self.uow.flush()
        entry_id = self.uow.journal.entry_id
        if entry_id is not None:
            self.offer(self.words.label("undo"), "undo", once=True, entry=str(entry_id))

    def card(
        self,
        record: Record,
        *,
        title: str,
        subtitle: str = "",
        fields: Mapping[str, str | None],
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """Add a record's card; ``fields`` maps label names (``utter_label_<name>``) to values, None is left out."""
        pairs = tuple((_capitalised(self.words.label(name)), value) for name, value in fields.items() if value)
        shown = tuple(replace(edit, label=_capitalised(edit.label)) for edit in edits)
        self.show(Card(title=title, subtitle=subtitle, ref=str(record.ref), fields=pairs, edits=shown))

    def focus_on(self, record: Record) -> None:
        """Make ``record`` what "it" means from now on in this conversation."""
        self.conversation.focus = focused_on(self.conversation.focus, record)

    def forget_focus(self) -> None:
        """Make "it" mean nothing: what was just said is about several records."""
        self.conversation.focus = unfocused(self.conversation.focus)

    def focused_id(self, kind: str) -> int | None:
        """The record of this kind that was talked about last."""
        value = self.conversation.focus.get(kind)
        return value if isinstance(value, int) else None

    def last_focus(self) -> RecordRef | None:
        """The record talked about last, of any kind."""
        value = self.conversation.focus.get("last")
        return RecordRef.from_text(value) if isinstance(value, str) else None


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
