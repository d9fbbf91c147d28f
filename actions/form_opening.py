"""Opening forms: what their fields hold and offer, read from the store as the person asking may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select

from actions.errors import refused
from actions.form_checks import amount_text
from actions.forms import FORMS, FormState
from actions.turn import CompanyPolicy
from actions.words import Words
from crm_store.access import Permission
from crm_store.models import RECORDS, Account, ActivityKind, Contact, Deal, Pipeline, Record, Stage, StageType
from crm_store.refs import RecordRef
from crm_store.unit_of_work import UnitOfWork
from nlu.values.reading import Reading

FEEDBACK_ABOUT = ("wrong_answer", "missing", "idea", "praise")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormOpening:
    """Opens forms for the actor of a unit of work."""

    uow: UnitOfWork
    words: Words
    reading: Reading
    policy: CompanyPolicy

    def open(self, form: str, *, ref: str | None = None, said: Mapping[str, str] | None = None) -> FormState:
        """The form about the record ``ref``; ``said`` fills fields with what is known from elsewhere.

        Raises KeyError for a form there is none of, Refused for a record that is not there or not for them to change.
        """
        spec = FORMS[form]
        record = self._record(ref)
        if spec.changes:
            if not isinstance(record, Deal):
                raise refused("utter_record_gone")
            if self.uow.permission(record) is Permission.NO:
                raise refused("utter_not_allowed")
            state = self._of_deal(form, record)
        else:
            state = self._about(form, record)
        names = {each.name: each.longest for each in spec.fields}
        known = {name: value[: names[name]] for name, value in (said or {}).items() if name in names and value}
        refs = {name: each for name, each in state.refs.items() if name not in known}
        return replace(state, values={**state.values, **known}, refs=refs)

    def _record(self, ref: str | None) -> Record | None:
        parsed = RecordRef.from_text(ref) if ref else None
        if parsed is None or parsed.kind not in RECORDS:
            return None
        record = self.uow.session.get(RECORDS[parsed.kind], parsed.id)
        if record is None:
            raise refused("utter_record_gone")
        return record

    def _of_deal(self, form: str, deal: Deal) -> FormState:
        stages = [each for each in deal.stage.pipeline.stages if each.type is StageType.OPEN or each is deal.stage]
        return FormState(
            form=form,
            ref=str(deal.ref),
            version=deal.version,
            values={
                "name": deal.name,
                "amount": amount_text(deal.amount, deal.currency) if deal.amount is not None else "",
                "close_date": deal.close_date.isoformat() if deal.close_date else "",
                "stage": deal.stage.name,
                "next_step": deal.next_step or "",
            },
            choices={"stage": tuple((each.name, each.name) for each in stages)},
        )

    def _about(self, form: str, record: Record | None) -> FormState:
        account, contact = _parties(record)
        named: dict[str, Account | Contact] = {}
        if account is not None:
            named["account"] = account
        if contact is not None:
            named["contact"] = contact
        asked = {each.name for each in FORMS[form].fields}
        fixed = {"kind": self._kinds()[0][1], "date": self.reading.today.isoformat()}
        values = {name: value for name, value in fixed.items() if name in asked}
        names = {name: each.name for name, each in named.items() if name in asked}
        return FormState(
            form=form,
            ref=str(record.ref) if record is not None else None,
            values={**values, **names},
            refs={name: str(named[name].ref) for name in names},
            choices=self._choices(form),
        )

    def _choices(self, form: str) -> dict[str, tuple[tuple[str, str], ...]]:
        match form:
            case "log_deal":
                return {"stage": tuple((stage.name, stage.name) for stage in self._open_stages())}
            case "log_activity":
                return {"kind": self._kinds()}
            case "feedback":
                about = [self.words.label(f"feedback_{key}") for key in FEEDBACK_ABOUT]
                return {
                    "subject": tuple((each, self.words.say("utter_feedback_subject", about=each)) for each in about)
                }
        return {}

    def _open_stages(self) -> list[Stage]:
        pipeline = self.uow.session.scalars(select(Pipeline).where(Pipeline.is_default.is_(True))).one()
        return [stage for stage in pipeline.stages if stage.type is StageType.OPEN]

    def _kinds(self) -> tuple[tuple[str, str], ...]:
        return tuple((self.words.label(kind.value), kind.value) for kind in ActivityKind)


def _parties(record: Record | None) -> tuple[Account | None, Contact | None]:
    match record:
        case Deal():
            return record.account, record.contact
        case Contact():
            return record.account, record
        case Account():
            return record, None
    return None, None
