"""From what was said to the record that was meant: by reference, name, or the focus of the talk."""

from __future__ import annotations

import re
from typing import TypeVar

from sqlalchemy import and_, literal, or_, select
from sqlalchemy.orm import joinedload

from actions.describing import describe_briefly
from actions.errors import Ambiguous, Missing, SlotRejected, UnknownName, refused
from actions.listing import listed_ref, listed_refs
from actions.one_at_a_time import require_one
from actions.turn import Turn
from actions.words_for_names import is_no_name
from crm_store.finding import find_by_name, is_typo_of
from crm_store.models import RECORDS, Account, Contact, Deal, Product, Record, Stage, StageType, User
from crm_store.names import name_key
from crm_store.refs import RecordRef

N = TypeVar("N", bound=Account | Contact | Product | User)
MAX_CHOICES = 6
_LATEST = 3
_ARTICLE = re.compile(r"(?:the|teh|hte|our|my|from|with|at)\s", re.IGNORECASE)
"""A word in front of a name that the name has not got: "teh globex"."""
_A_VALUE = re.compile(r"\s*[-$€£]?[\d.,]+\s*(?:k|m|mio|mn|usd|eur|gbp|%|[$€£])?\s*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,}")
_MOST_WORDS = 12
_NO_COMPANY = frozenset(
    "deal deals move moved push pushed pull make mark lost lose losing won wins signed sign close closed closing date "
    "next step stage amount value with that this from into over they them their have been will would should could "
    "please lead qualified proposal negotiation change update raise lower back week month year give assign reassign "
    "going gone down call name rename more less today tomorrow yesterday because price budget "
    "customer company owner".split()
)
NEW = "new:"
"""Before a name: the person agreed that this record be created."""


def by_ref(turn: Turn, text: str | None, kind: str | None = None) -> Record | None:
    """The record a reference such as "deal:12" names, if the asker may see it."""
    ref = RecordRef.from_text(text) if text else None
    if ref is None or (kind is not None and ref.kind != kind) or ref.kind not in RECORDS:
        return None
    return turn.session.get(RECORDS[ref.kind], ref.id)


def listed_meant(turn: Turn, kind: str | None = None) -> Record | None:
    """The record picked by its place in the list shown last ("the second one"), if it is of this kind."""
    return by_ref(turn, listed_ref(turn), kind)


def by_name(turn: Turn, record_class: type[N], said: str, *, entity: str, creatable: bool = False) -> N:
    """The one record called ``said`` (a name or a reference); raises Ambiguous or UnknownName.

    ``creatable``, for accounts: offer to create it, and do so when ``said`` comes back with NEW before it.
    """
    referenced = by_ref(turn, said, record_class.kind)
    if isinstance(referenced, record_class):
        return referenced
    if creatable and said.startswith(NEW):
        return turn.uow.add(record_class(name=said.removeprefix(NEW).strip()[:200], owner_id=turn.colleague.id))
    matches = find_by_name(turn.session, record_class, said)
    if len(matches.best) == 1:
        return matches.best[0]
    if matches.best:
        raise Ambiguous(record_class.kind, said, matches.best[:MAX_CHOICES], entity)
    typos = [record for record in matches.near if is_typo_of(said, record.name)]
    if len(typos) == 1:
        return typos[0]
    if creatable and not typos and (is_no_name(said) or _A_VALUE.fullmatch(said)):
        raise SlotRejected("utter_no_company_name", {"said": said[:60]})
    _, _, rest = said.partition(" ")
    if rest and _ARTICLE.match(said) is not None:
        return by_name(turn, record_class, rest, entity=entity, creatable=creatable)
    raise UnknownName(record_class.kind, said, matches.near[:3], entity, creatable)


def resolve_account(turn: Turn, *, creatable: bool = False) -> Account | None:
    """The account named in the message, or the one talked about; None when neither."""
    said = turn.call.first("account")
    if said is not None:
        return by_name(turn, Account, said, entity="account", creatable=creatable)
    focused = turn.focused_id(Account.kind)
    return turn.session.get(Account, focused) if focused is not None else None


def resolve_contact(turn: Turn) -> Contact | None:
    """The contact named in the message, at the named account when one is; None when no name was said."""
    said = turn.call.first("contact")
    if said is None:
        return None
    account_name = turn.call.first("account")
    if account_name is not None and RecordRef.from_text(said) is None:
        account = by_name(turn, Account, account_name, entity="account")
        key = name_key(said)
        here = [c for c in account.contacts if key and (c.name_key == key or key in c.name_key.split())]
        if len(here) == 1:
            return here[0]
    return by_name(turn, Contact, said, entity="contact")


def resolve_user(turn: Turn, said: str) -> User:
    """The colleague called ``said`` (handle, name, "me"); raises Ambiguous or UnknownName."""
    if said.casefold() in {"me", "myself", "i"} and turn.user is not None:
        return turn.user
    by_handle = turn.session.scalar(select(User).where(User.handle == said.casefold(), User.active.is_(True)))
    return by_handle or by_name(turn, User, said, entity="person")


def resolve_deal(turn: Turn, *, include_closed: bool = False) -> Deal:
    """The deal that is meant; raises Ambiguous, UnknownName or Missing.

    By reference, by its title, as the open deal of the named account or contact, or as the one talked about.
    """
    referenced = by_ref(turn, turn.call.first("ref"), Deal.kind)
    if isinstance(referenced, Deal):
        return referenced
    listed = listed_meant(turn, Deal.kind)
    if isinstance(listed, Deal):
        return listed
    if not include_closed:
        require_one(turn)
    title = turn.call.first("deal")
    account_said = turn.call.first("account")
    if title is not None:
        return _deal_by_title(turn, title, account_said)
    if account_said is not None:
        account = _account_with_deal(turn, account_said)
        return _deal_with(turn, account, include_closed=include_closed)
    contact = resolve_contact(turn)
    if contact is not None and contact.account is not None:
        return _one_deal(turn, contact.name, _deals_of(turn, contact.account, include_closed=include_closed))
    titled = _titled_in_the_words(turn)
    if titled:
        return _one_deal(turn, titled[0].name, titled)
    unheard = _company_in_the_words(turn)
    if unheard is not None:
        account = _account_with_deal(turn, unheard)
        return _deal_with(turn, account, include_closed=include_closed)
    focused = turn.focused_id(Deal.kind)
    deal = turn.session.get(Deal, focused) if focused is not None else None
    if deal is not None:
        return deal
    focused_account = turn.focused_id(Account.kind)
    talked_about = turn.session.get(Account, focused_account) if focused_account is not None else None
    deals = _deals_of(turn, talked_about, include_closed=include_closed) if talked_about is not None else []
    if talked_about is not None and deals:
        return _one_deal(turn, talked_about.name, deals)
    raise Missing("ref", "utter_ask_which_deal", _latest_deals(turn), free_text=True)


def _titled_in_the_words(turn: Turn) -> list[Deal]:
    """The asker's open deals whose title of several words stands in the message, though the engine heard none."""
    if turn.user is None or turn.call.is_command:
        return []
    said = f" {name_key(turn.call.text)} "
    # Asked in SQL, since somebody may own thousands of open deals. Keys are words and single spaces: no "%" in them.
    titled = and_(Deal.name_key.contains(" "), literal(said).like("% " + Deal.name_key + " %"))
    own = select(Deal).join(Stage).where(Deal.owner_id == turn.user.id, Stage.type == StageType.OPEN, titled)
    found = turn.session.scalars(own.order_by(Deal.id.desc())).all()
    longest = max((len(deal.name) for deal in found), default=0)
    return [deal for deal in found if len(deal.name) == longest]


def _company_in_the_words(turn: Turn) -> str | None:
    """The first word of a company's name that the engine took for another word: "sequoia signed!"."""
    call = turn.call
    if call.entities and not any(each.end for each in call.entities):
        return None
    taken = [call.text[each.start : each.end].casefold() for each in call.entities]
    words = [word for word in _WORD.findall(call.text.casefold()) if word not in _NO_COMPANY][:_MOST_WORDS]
    words = [word for word in words if not any(word in said for said in taken)]
    if not words:
        return None
    starts = [Account.name_key.startswith(f"{word} ", autoescape=True) for word in words]
    found = turn.session.scalars(
        select(Account.name_key).where(or_(Account.name_key.in_(words), *starts)).limit(1)
    ).first()
    return next((word for word in words if found is not None and found.split()[0] == word), None)


def _account_with_deal(turn: Turn, said: str) -> Account:
    """The account called ``said``; of several, the only one with which the asker has an open deal."""
    if by_ref(turn, said, Account.kind) is None and turn.user is not None:
        found = find_by_name(turn.session, Account, said, limit=50).best
        if len(found) > 1:
            mine = set(
                turn.session.scalars(
                    select(Deal.account_id)
                    .join(Stage)
                    .where(
                        Deal.account_id.in_([account.id for account in found]),
                        Deal.owner_id == turn.user.id,
                        Stage.type == StageType.OPEN,
                    )
                )
            )
            theirs = [account for account in found if account.id in mine]
            if len(theirs) == 1:
                return theirs[0]
            if theirs:
                raise Ambiguous(Account.kind, said, tuple(theirs[:MAX_CHOICES]), "account")
    return by_name(turn, Account, said, entity="account")


def _latest_deals(turn: Turn) -> tuple[tuple[str, str], ...]:
    """Open deals to choose from: of the list shown last, else the asker's that something happened to last."""
    if turn.user is None:
        return ()
    listed = [by_ref(turn, ref, Deal.kind) for ref in listed_refs(turn)]
    shown = [deal for deal in listed if isinstance(deal, Deal) and deal.stage.type is StageType.OPEN][:_LATEST]
    if shown:
        return tuple((describe_briefly(deal), str(deal.ref)) for deal in shown)
    query = select(Deal).join(Stage).where(Deal.owner_id == turn.user.id, Stage.type == StageType.OPEN)
    latest = turn.session.scalars(query.order_by(Deal.last_activity_at.desc(), Deal.id.desc()).limit(_LATEST))
    return tuple((describe_briefly(deal), str(deal.ref)) for deal in latest)


def _deals_of(turn: Turn, account: Account, *, include_closed: bool) -> list[Deal]:
    query = select(Deal).join(Stage).where(Deal.account_id == account.id).options(joinedload(Deal.stage))
    deals = list(turn.session.scalars(query.order_by(Deal.id.desc()).limit(50)))
    open_deals = [deal for deal in deals if deal.stage.type is StageType.OPEN]
    return open_deals or (deals[:MAX_CHOICES] if include_closed else [])


def _deal_with(turn: Turn, account: Account, *, include_closed: bool) -> Deal:
    deals = _deals_of(turn, account, include_closed=include_closed)
    if not deals:
        raise refused("utter_no_deal_there", company=account.name)
    return _one_deal(turn, account.name, deals)


def _one_deal(turn: Turn, said: str, deals: list[Deal]) -> Deal:
    if len(deals) == 1:
        return deals[0]
    if not deals:
        raise UnknownName(Deal.kind, said)
    focused = turn.focused_id(Deal.kind)
    for deal in deals:
        if deal.id == focused:
            return deal
    raise Ambiguous(Deal.kind, said, tuple(deals[:MAX_CHOICES]))


def _deal_by_title(turn: Turn, title: str, account_said: str | None) -> Deal:
    matches = find_by_name(turn.session, Deal, title, limit=200)
    deals = list(matches.best or matches.near)
    if account_said is None and len(deals) > 1:
        # Of many deals of one title, the one with the company talked about.
        focused = turn.focused_id(Account.kind)
        deals = [deal for deal in deals if deal.account_id == focused] or deals
    if account_said is not None:
        told_apart = _deal_at_one_of(turn, deals, account_said)
        if told_apart is not None:
            return told_apart
        account = by_name(turn, Account, account_said, entity="account")
        deals = [deal for deal in deals if deal.account_id == account.id] or _deals_of(
            turn, account, include_closed=False
        )
    elif not deals:
        # "Globex" may have been taken for a deal's title.
        accounts = find_by_name(turn.session, Account, title).best
        if len(accounts) == 1:
            deals = _deals_of(turn, accounts[0], include_closed=False)
    still_open = [deal for deal in deals if deal.stage.type is StageType.OPEN]
    return _one_deal(turn, title, still_open or deals)


def _deal_at_one_of(turn: Turn, deals: list[Deal], account_said: str) -> Deal | None:
    """Where several companies are called so, the one deal of the title that one of them has."""
    if by_ref(turn, account_said, Account.kind) is not None:
        return None
    namesakes = {account.id for account in find_by_name(turn.session, Account, account_said, limit=50).best}
    there = [deal for deal in deals if deal.account_id in namesakes]
    there = [deal for deal in there if deal.stage.type is StageType.OPEN] or there
    return there[0] if len(namesakes) > 1 and len(there) == 1 else None


def resolve_stage(turn: Turn, deal: Deal, said: str) -> Stage:
    """The stage of the deal's pipeline called ``said``; raises Missing with the stages to choose from."""
    stages = turn.session.get_one(Stage, deal.stage_id).pipeline.stages
    key = name_key(said.casefold().removeprefix("closed ").removesuffix(" stage"))
    for stage in stages:
        if name_key(stage.name) == key or stage.type.value == key:
            return stage
    near = [stage for stage in stages if key and (name_key(stage.name).startswith(key) or is_typo_of(said, stage.name))]
    if len(near) == 1:
        return near[0]
    raise Missing("stage", "utter_ask_which_stage", tuple((stage.name, stage.name) for stage in stages))
