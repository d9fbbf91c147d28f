"""The requests of one message: read, told apart from answers, and answered one after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from actions.asking.mistaken import figures_said
from actions.call import ActionCall, Command
from actions.customer_requests import request_meant
from actions.desk.grammar import WORK, is_calling_off, read_desk_command
from actions.pending import Pending
from actions.quoting import NO_HELP
from actions.reply import Reply
from actions.skills.handover import BECAUSE
from actions.turn import Posting, Turn
from bot.answers import NAMES, as_answer
from bot.desk_calling import reason_to_hand_over
from bot.desk_listening import thread_ticket
from bot.dialogue.state import DialogueState
from bot.offers import press, token_for_label
from bot.review import RequestSeen
from bot.signals import SHARING_PHONES, command_of
from bot.speakers import Speaker
from bot.trace import Trace
from bot.understanding import as_said, parse_of_command, understand
from crm_store.journal import Origin
from crm_store.models import Inbox, Role, Ticket
from crm_store.unit_of_work import UnitOfWork
from nlu.parse import FALLBACK_INTENT, ParseResult
from nlu.segments import split_requests
from nlu.values.reading import Reading

if TYPE_CHECKING:
    from bot.turn import TurnPipeline

AGENT_ROLES = frozenset({Role.SUPPORT, Role.MANAGER, Role.ADMIN})
_TRIED = r"(?:(?:i'?ve |i )?(?:already )?(?:tried|did|done) (?:that|this|it|all (?:of )?that)(?: already)?)"
_NO_USE = (
    r"(?:(?:it|that|this) )?(?:still )?(?:(?:did|does|do|is|was|has)(?:n'?t| not)|no|not) (?:really )?"
    r"(?:work\w*|help\w*|solve\w*|fix\w*|luck|use|good)(?: (?:it|me|that|this|either|at all|for me|unfortunately))*"
)
_DID_NOT_HELP = re.compile(
    rf"\W*(?:(?:no|nope|sorry|ok|hm+|yes|but|still|unfortunately)\b\W*)*"
    rf"(?:{_TRIED}(?:\W+(?:(?:and|but)\W+)?{_NO_USE})?|{_NO_USE})\W*",
    re.IGNORECASE,
)
_OPEN_FORMS = frozenset({"add_contact", "create_task", "log_deal", "open_ticket"})
_FIGURES = frozenset(
    {
        "ask_report", "show_results", "show_pipeline", "team_activity", "quota_status", "refine_report", "set_language",
        FALLBACK_INTENT,
    }
)  # fmt: skip
_PROBLEMS = frozenset({"complaint", "open_ticket"})
_SENTENCE_ENDS = re.compile(r"[.!?;\n]\s*\S")
SAY = "say"
"""The command of a button that stands for a message: pressing it says the message."""


class RequestsOfOneMessage:
    """The requests of one message, answered one after the other, each with a reply of its own."""

    def __init__(
        self,
        *,
        pipeline: TurnPipeline,
        uow: UnitOfWork,
        inbox: Inbox,
        speaker: Speaker,
        reading: Reading,
        trace: Trace,
        postings: list[Posting],
    ) -> None:
        self._pipeline = pipeline
        self._uow = uow
        self._inbox = inbox
        self._speaker = speaker
        self._reading = reading
        self._trace = trace
        self._postings = postings
        self._replies = [Reply()]
        self._then: list[Command] = []
        self._left_aside: tuple[str, ...] = ()
        self._kept = self._take_kept()
        self._state = DialogueState.from_json(inbox.conversation.dialogue).known_to(pipeline.dialogue.domain)

    def run(self) -> list[Reply]:
        pressed = self._pressed()
        if pressed is not None and pressed.intent.name == SAY:
            self._read_text(pressed.entities[0].value)
        elif pressed is not None:
            self._respond(pressed, pressed)
        elif self._inbox.payload is None:
            self._hear()
        self._go_on()
        while self._state.later and self._state.form is None and not self._inbox.conversation.pending:
            following, *rest = self._state.later
            self._state = replace(self._state, later=tuple(rest))
            parse = self._understand(following)
            self._respond(parse, self._meant(following, parse))
            self._go_on()
        if self._left_aside:
            requests = ", ".join(f'"{each}"' for each in self._left_aside)
            self._turn_for(ActionCall(action="")).say("utter_left_aside", requests=requests[:300])
        self._call_a_person()
        self._inbox.conversation.dialogue = self._state.to_json()
        return self._replies

    def _call_a_person(self) -> None:
        """Hand a customer over when the bot had better not go on by itself."""
        if self._speaker.user is not None:
            return
        policy = self._pipeline.policy.desk
        reason = reason_to_hand_over(self._uow.session, self._inbox, self._trace.requests, policy)
        if reason is not None:
            parse = parse_of_command(Command("talk_to_human", {BECAUSE: reason.value}), self._inbox.text)
            self._respond(parse, parse)

    def _desk_command(self, text: str) -> Command | None:
        """What a colleague says to the support desk, by its strict grammar; in a customer's thread at least a note."""
        if self._speaker.user is None:
            return None
        conversation = self._inbox.conversation
        pending = Pending.from_json(conversation.pending)
        if pending is not None and pending.resume.intent == WORK and pending.fill == "note":
            # What was asked for is what the customer will read: whatever it sounds like, unless it calls it off.
            return None if is_calling_off(text) else pending.answered_with(text.strip())
        ticket = thread_ticket(self._uow, conversation.id)
        if ticket is None and self._speaker.user.role not in AGENT_ROLES:
            return None
        focus = str(conversation.focus.get("last") or "")
        about_ticket = ticket is not None or focus.startswith(f"{Ticket.kind}:")
        is_agent = self._speaker.user.role is Role.SUPPORT
        command = read_desk_command(text, about_ticket=about_ticket, is_agent=is_agent)
        addressed = bool((self._inbox.place or {}).get("addressed", True))
        if command is None and ticket is not None and not addressed and pending is None:
            command = Command(WORK, {"do": "note", "note": text.strip()})
        return command

    def _hear(self) -> None:
        signal = command_of(self._inbox.attachments)
        if signal is None:
            self._read_text(self._inbox.text)
        else:
            parse = parse_of_command(signal, self._inbox.text)
            self._respond(parse, parse)

    def _go_on(self) -> None:
        """Go on with what waited until the asker had shown who they are: as the person they now are."""
        while self._then:
            following = parse_of_command(self._then.pop(0), "")
            self._speaker, self._reading = self._pipeline.identify(self._uow, self._inbox)
            self._respond(following, following)

    def _pressed(self) -> ParseResult | None:
        session = self._uow.session
        token = self._inbox.payload
        if token is None:
            token = token_for_label(
                session,
                self._inbox.text,
                conversation_id=self._inbox.conversation_id,
                identity_id=self._inbox.identity_id,
            )
        if token is None:
            return None
        outcome = press(
            session,
            token,
            conversation_id=self._inbox.conversation_id,
            identity_id=self._inbox.identity_id,
            now=self._uow.now,
        )
        if outcome.command is None:
            self._inbox.payload = token
            self._turn_for(ActionCall(action="")).say(f"utter_button_{outcome.problem or 'unknown'}")
            self._trace.requests.append(
                {"text": self._inbox.text, "intent": None, "actions": [], "error": f"button_{outcome.problem}"}
            )
            return None
        return parse_of_command(outcome.command, self._inbox.text)

    def _read_text(self, text: str) -> None:
        if not text.strip():
            response = _response_to(self._inbox.attachments)
            self._turn_for(ActionCall(action="")).say(response)
            self._trace.requests.append({"text": text, "intent": None, "actions": [response], "error": "empty"})
            return
        command = self._desk_command(text)
        if command is not None:
            parse = parse_of_command(command, text)
            self._respond(parse, parse)
            return
        if self._kept is not None and _DID_NOT_HELP.fullmatch(text) is not None:
            parse = parse_of_command(self._kept, text)
            self._respond(parse, parse)
            return
        conversation = self._inbox.conversation
        whole = self._understand(text)
        pending = Pending.from_json(conversation.pending)
        if pending is not None and pending.fill in NAMES and len(split_requests(text, self._understand)) > 1:
            # "Show me Globex and then my tasks" is no answer to "which company?", though it names one.
            pending = None
        answer = as_answer(
            text,
            as_said(whole),
            pending=pending,
            domain=self._pipeline.dialogue.domain,
            state=self._state,
            reading=self._reading,
            interruption_threshold=self._pipeline.settings.config.understanding.interruption_threshold,
        )
        if answer is not None:
            self._respond(whole, parse_of_command(answer, text))
            return
        segments = split_requests(text, self._heard)
        if len(segments) > 1 and self._is_one_problem(segments):
            segments = (text,)
        if self._is_about_figures(text, whole, segments):
            parse = parse_of_command(Command("ask_report", {"words": text}), text)
            self._respond(whole, parse)
            return
        if whole.intent.name == "cancel":
            # What was to come after it is called off as well.
            self._state = replace(self._state, later=())
        left_aside = self._state.later if self._state.form is None else ()
        if left_aside:
            # What they waited for was not answered: the talk has moved on, and nothing is done behind it.
            self._state = replace(self._state, later=())
            self._left_aside = left_aside
        if len(segments) == 1:
            self._respond(whole, self._meant(text, whole))
            return
        if self._state.form is None:
            # Nobody answered what was asked; these requests are not to wait for it.
            conversation.pending = {}
        self._state = replace(self._state, later=(*segments, *self._state.later)[:10])

    def _meant(self, text: str, parse: ParseResult) -> ParseResult:
        """The parse as the actions are to read it; of a customer's few words what they stand for."""
        meant = as_said(parse)
        if self._speaker.user is not None or self._state.form is not None:
            return meant
        call = ActionCall(
            action="",
            intent=parse.intent.name,
            confidence=parse.intent.confidence,
            text=text,
            entities=meant.entities,
            ranking=parse.ranking,
        )
        command = request_meant(self._turn_for(call), kept=self._kept)
        return parse_of_command(command, text) if command is not None else meant

    def _heard(self, text: str) -> ParseResult:
        """The engine's reading of a part of a message, under the name of the request that is meant by it."""
        parse = self._understand(text)
        return replace(parse, intent=self._meant(text, parse).intent)

    def _is_one_problem(self, segments: Sequence[str]) -> bool:
        """Whether a customer tells of one problem in several sentences: "This is ridiculous! Third one this year"."""
        return self._speaker.user is None and _PROBLEMS.issuperset(self._heard(each).intent.name for each in segments)

    def _is_about_figures(self, text: str, whole: ParseResult, segments: Sequence[str]) -> bool:
        """Whether a message reads word for word as one question about figures where the engine heard otherwise.

        "New opps I've added in the last 30 days" opens no form, and "revenue by rep, excluding Theo" is one question.
        """
        opens_form = whole.intent.name in _OPEN_FORMS
        if self._speaker.user is None or self._state.form is not None or self._state.later:
            return False
        several = len(segments) > 1
        if not (opens_form or (several and whole.intent.name in _FIGURES and not _SENTENCE_ENDS.search(text))):
            return False
        if not self._asks_for_figures(text, narrowed=opens_form):
            return False
        # "Won deals this quarter and lost deals last quarter" are two questions, each with its own time.
        return not (several and all(self._asks_for_figures(each, narrowed=False) for each in segments))

    def _asks_for_figures(self, text: str, *, narrowed: bool) -> bool:
        turn = self._turn_for(ActionCall(action="action_ask_report", text=text))
        return figures_said(turn, narrowed=narrowed) is not None

    def _take_kept(self) -> Command | None:
        """What "tried that, didn't help" asks for right after an article was shown: kept for the very next message."""
        conversation = self._inbox.conversation
        kept = conversation.focus.get(NO_HELP)
        if kept is None:
            return None
        conversation.focus = {key: value for key, value in conversation.focus.items() if key != NO_HELP}
        return Command.from_text(str(kept))

    def _understand(self, text: str) -> ParseResult:
        margin = self._pipeline.settings.config.understanding.ambiguity_margin
        return understand(self._pipeline.engine, text, reading=self._reading, ambiguity_margin=margin)

    def _respond(self, parse: ParseResult, meant: ParseResult) -> None:
        self._replies.append(Reply())
        self._uow.journal.start_entry(
            Origin(
                conversation_id=self._inbox.conversation_id,
                inbox_id=self._inbox.id,
                intent=meant.intent.name,
                confidence=meant.intent.confidence,
            )
        )
        seen = RequestSeen(
            inbox=self._inbox,
            number=len(self._trace.requests),
            parse=parse,
            meant=meant,
            was_asked=bool(self._inbox.conversation.pending) or self._state.form is not None,
        )
        self._pipeline.review.note(self._uow, self._speaker, self._reading, seen)
        self._state, steps = self._pipeline.dialogue.respond(self._state, meant, self._turn_for)
        self._trace.add(parse, meant, steps)
        self._pipeline.on_step("acted")

    def _turn_for(self, call: ActionCall) -> Turn:
        return Turn(
            uow=self._uow,
            call=call,
            reading=self._reading,
            words=self._pipeline.words,
            conversation=self._inbox.conversation,
            identity_id=self._inbox.identity_id,
            files=self._pipeline.settings.files_dir,
            policy=self._pipeline.policy,
            user=self._speaker.user,
            contact=self._speaker.contact,
            help_centre=self._pipeline.help_centre,
            alike=self._pipeline.alike,
            reply=self._replies[-1],
            shares_phone=self._inbox.conversation.channel in SHARING_PHONES,
            then=self._then,
            postings=self._postings,
        )


def _response_to(attachments: list[dict[str, Any]]) -> str:
    """What is said to a message without words."""
    if any(attachment.get("refused") for attachment in attachments):
        return "utter_attachment_too_large"
    return "utter_attachment_kept" if attachments else "utter_empty"
