"""What a rule says: when something happens, if all conditions hold, then do the actions in turn.

In YAML::

    name: Big deals in negotiation
    when: {event: stage_entered, stage: Negotiation}
    if:
      - {field: amount, is: above, value: 50000}
    then:
      - {do: notify, who: me}

Amounts are in the company's currency. People are "me" (the rule's owner), "owner" (the record's), "manager" (the
record's owner's), "team" (theirs), a role ("support") or somebody's handle. Texts may hold {record}, {account},
{owner}, {amount}, {stage} and {date}.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crm_store.automation.fields import check_field
from crm_store.errors import StoreError
from crm_store.models import RECORDS

_NO_SUBJECT = frozenset({"user", "article", "product", "address"})
TicketEventKind = Literal["opened", "answered", "waiting", "solved", "closed", "reopened"]
Operator = Literal[
    "equal to", "not", "above", "below", "at least", "at most", "containing", "empty", "filled", "one of"
]


class RuleInvalid(StoreError):
    """What was written is no rule; the message says where and why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_subject(kind: str) -> str:
    if kind not in RECORDS or kind in _NO_SUBJECT:
        known = ", ".join(sorted(RECORDS.keys() - _NO_SUBJECT))
        raise ValueError(f"no rules about {kind!r}; there are rules about: {known}")
    return kind


class RecordCreated(_Part):
    """A record was made."""

    event: Literal["created"] = "created"
    record: str

    _known = field_validator("record")(_is_subject)


class RecordChanged(_Part):
    """A field of a record, or any, was changed."""

    event: Literal["changed"] = "changed"
    record: str
    field: str | None = None

    _known = field_validator("record")(_is_subject)

    @model_validator(mode="after")
    def _has_field(self) -> Self:
        if self.field is not None:
            check_field(self.record, self.field)
        return self


class StageEntered(_Part):
    """A deal came into a stage: by name, or "won", "lost" or "open" for every stage of that type."""

    event: Literal["stage_entered"] = "stage_entered"
    stage: str = Field(min_length=1)

    @property
    def record(self) -> str:
        """What it is about."""
        return "deal"


class TimePassed(_Part):
    """So many days after a date of a record (before it, when negative), as long as the date has not moved."""

    event: Literal["time_passed"] = "time_passed"
    record: str
    field: str
    days: int = Field(ge=-1_000, le=1_000)

    _known = field_validator("record")(_is_subject)

    @model_validator(mode="after")
    def _has_date(self) -> Self:
        check_field(self.record, self.field, date=True)
        return self


class ScoreCrossed(_Part):
    """A customer's risk of leaving rose to ``above`` (0 to 1) or more; once for each piece of news."""

    event: Literal["score_crossed"] = "score_crossed"
    score: Literal["churn"] = "churn"
    above: float = Field(default=0.7, ge=0, le=1)

    @property
    def record(self) -> str:
        """What it is about."""
        return "account"


class TicketEvent(_Part):
    """Something became of a ticket."""

    event: Literal["ticket"] = "ticket"
    what: TicketEventKind

    @property
    def record(self) -> str:
        """What it is about."""
        return "ticket"


Trigger = Annotated[
    RecordCreated | RecordChanged | StageEntered | TimePassed | ScoreCrossed | TicketEvent, Field(discriminator="event")
]


class Condition(_Part):
    """A field (also one of a record it belongs to: "account.industry") compared with a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    field: str
    op: Operator = Field(default="equal to", alias="is")
    value: str | int | float | bool | list[str] | None = None

    @model_validator(mode="after")
    def _has_value(self) -> Self:
        if self.op == "one of" and not isinstance(self.value, list):
            raise ValueError('"one of" needs a list')
        if self.op in {"above", "below", "at least", "at most", "containing"} and self.value is None:
            raise ValueError(f'"{self.op}" needs a value')
        return self


class Notify(_Part):
    """Tell somebody; without a text, the rule's name and the record are said."""

    do: Literal["notify"] = "notify"
    who: str = "me"
    text: str | None = None
    urgent: bool = False


class CreateTask(_Part):
    """A task for somebody, due in so many days."""

    do: Literal["create_task"] = "create_task"
    who: str = "owner"
    subject: str = Field(min_length=1, max_length=300)
    in_days: int = Field(default=1, ge=0, le=1_000)


class Assign(_Part):
    """Another owner (of a task or ticket: assignee)."""

    do: Literal["assign"] = "assign"
    who: str


class SetField(_Part):
    """A field gets a value; a stage is named."""

    do: Literal["set_field"] = "set_field"
    field: str
    value: str | int | float | bool | None


class StartApproval(_Part):
    """Ask somebody whether a field may get a value; nothing changes before they agree."""

    do: Literal["start_approval"] = "start_approval"
    who: str = "manager"
    field: str
    value: str | int | float | bool | None


class SendEmail(_Part):
    """A letter to "contact" (the record's customer, if they agreed to get any), to a colleague, or to an address."""

    do: Literal["send_email"] = "send_email"
    to: str
    subject: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=5_000)


class CallWebhook(_Part):
    """A signed POST with the record as JSON."""

    do: Literal["call_webhook"] = "call_webhook"
    url: str = Field(pattern=r"^https?://[^\s/@]+(/\S*)?$", max_length=1_000)


RuleAction = Annotated[
    Notify | CreateTask | Assign | SetField | StartApproval | SendEmail | CallWebhook, Field(discriminator="do")
]


class RuleDefinition(_Part):
    """One rule. Immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = Field(min_length=1, max_length=120)
    when: Trigger
    conditions: tuple[Condition, ...] = Field(default=(), alias="if", max_length=10)
    actions: tuple[RuleAction, ...] = Field(alias="then", min_length=1, max_length=10)

    @model_validator(mode="after")
    def _fits_its_record(self) -> Self:
        for condition in self.conditions:
            check_field(self.when.record, condition.field)
        for action in self.actions:
            if isinstance(action, SetField | StartApproval):
                check_field(self.when.record, action.field, settable=True)
        return self

    def to_json(self) -> dict[str, Any]:
        """The form kept in the table and written in YAML."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def read_rule(data: Any) -> RuleDefinition:
    """A rule from JSON or YAML data; raises RuleInvalid with the first thing that is wrong."""
    try:
        return RuleDefinition.model_validate(data)
    except ValidationError as err:
        first = err.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RuleInvalid(f"{place}: {first['msg']}" if place else str(first["msg"])) from err
