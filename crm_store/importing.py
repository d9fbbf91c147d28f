"""Bringing accounts, contacts and deals in from CSV files: all rows or none, and none twice."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sqlalchemy import func, select

from crm_store.errors import StoreError
from crm_store.finding import find_by_name
from crm_store.models import Account, Contact, Deal, Pipeline, Role, Stage, User
from crm_store.names import name_key
from crm_store.unit_of_work import UnitOfWork

_HEADER_WORDS = {
    "company": "account",
    "organisation": "account",
    "organization": "account",
    "e-mail": "email",
    "value": "amount",
    "closing date": "close_date",
    "close date": "close_date",
}


class ImportRefused(StoreError):
    """The file cannot be imported; ``line`` counts the header as 1."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path.name}, line {line}: {problem}; nothing was imported")
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did."""

    kind: str
    created: int
    known: int


@dataclass(slots=True, kw_only=True)
class _Importer:
    uow: UnitOfWork
    path: Path
    currency: str
    line: int = 1

    def refuse(self, problem: str) -> ImportRefused:
        return ImportRefused(self.path, self.line, problem)

    def account(self, row: Mapping[str, str]) -> bool:
        name = self._required(row, "name")
        if find_by_name(self.uow.session, Account, name).exact:
            return False
        owner = self._user(row.get("owner"))
        fields = {key: row.get(key) or None for key in ("industry", "region", "website", "phone", "email")}
        self.uow.add(Account(name=name, owner_id=owner.id if owner else None, **fields))
        return True

    def contact(self, row: Mapping[str, str]) -> bool:
        name = self._required(row, "name")
        email = (row.get("email") or "").strip() or None
        session = self.uow.session
        if email and session.scalar(select(Contact.id).where(func.lower(Contact.email) == email.casefold()).limit(1)):
            return False
        account = self._account(row.get("account"))
        if email is None:
            same = find_by_name(session, Contact, name).exact
            if any(contact.account_id == (account.id if account else None) for contact in same):
                return False
        self.uow.add(
            Contact(
                name=name,
                email=email,
                account_id=account.id if account else None,
                title=row.get("title") or None,
                phone=row.get("phone") or None,
                locale="en_US",
            )
        )
        return True

    def deal(self, row: Mapping[str, str]) -> bool:
        account = self._account(self._required(row, "account"))
        assert account is not None  # noqa: S101 - _account only gives None for an empty name
        name = row.get("name") or f"{account.name} deal"
        session = self.uow.session
        key = name_key(name)
        if session.scalar(select(Deal.id).where(Deal.account_id == account.id, Deal.name_key == key).limit(1)):
            return False
        owner = self._user(self._required(row, "owner"))
        assert owner is not None  # noqa: S101 - the name is not empty
        now = self.uow.now
        self.uow.add(
            Deal(
                name=name,
                account_id=account.id,
                owner_id=owner.id,
                stage_id=self._stage(row.get("stage")).id,
                amount=self._amount(row.get("amount")),
                currency=(row.get("currency") or self.currency).upper(),
                close_date=self._date(row.get("close_date")),
                next_step=row.get("next_step") or None,
                source=row.get("source") or None,
                stage_since=now,
                last_activity_at=now,
            )
        )
        return True

    def _required(self, row: Mapping[str, str], column: str) -> str:
        value = " ".join((row.get(column) or "").split())
        if not value:
            raise self.refuse(f"{column} is empty")
        return value[:200]

    def _account(self, name: str | None) -> Account | None:
        if not name or not name.strip():
            return None
        exact = find_by_name(self.uow.session, Account, name).exact
        if len(exact) > 1:
            raise self.refuse(f"several accounts are called {name!r}")
        return exact[0] if exact else self.uow.add(Account(name=" ".join(name.split())[:200]))

    def _user(self, handle: str | None) -> User | None:
        if not handle or not handle.strip():
            return None
        wanted = handle.strip().casefold()
        user = self.uow.session.scalar(
            select(User).where((User.handle == wanted) | (func.lower(User.name) == wanted) | (User.email == wanted))
        )
        if user is None or user.role not in set(Role):
            raise self.refuse(f"nobody is called {handle!r}")
        return user

    def _stage(self, name: str | None) -> Stage:
        pipeline = self.uow.session.scalars(select(Pipeline).where(Pipeline.is_default.is_(True))).one()
        if not name:
            return pipeline.stages[0]
        for stage in pipeline.stages:
            if name_key(stage.name) == name_key(name):
                return stage
        raise self.refuse(f"there is no stage {name!r}; choose from {', '.join(s.name for s in pipeline.stages)}")

    def _amount(self, text: str | None) -> Decimal | None:
        if not text:
            return None
        try:
            amount = Decimal(text.replace(",", "").replace(" ", ""))
        except InvalidOperation as err:
            raise self.refuse(f"{text!r} is not an amount") from err
        if not amount.is_finite() or amount < 0 or amount > 10**12 or amount != amount.quantize(Decimal("0.01")):
            raise self.refuse(f"{text!r} is not an amount")
        return amount

    def _date(self, text: str | None) -> date | None:
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError as err:
            raise self.refuse(f"{text!r} is not a date like 2027-03-31") from err


def import_csv(uow: UnitOfWork, path: Path, *, kind: str | None, currency: str) -> ImportReport:
    """Add the file's rows that are not there yet; the caller commits.

    ``kind`` is "accounts", "contacts" or "deals"; without it the columns decide. Raises ImportRefused for the first row
    that cannot be taken.
    """
    importer = _Importer(uow=uow, path=path, currency=currency)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, dialect=_dialect(file.read(4096)))
            file.seek(0)
            reader = csv.DictReader(file, dialect=reader.reader.dialect)
            columns = [_column(name) for name in reader.fieldnames or ()]
            chosen = kind or _kind_of(columns)
            take = _takers(importer).get(chosen or "")
            if take is None or chosen is None:
                raise importer.refuse("the columns fit neither accounts (name), contacts (name, email) nor deals")
            created = known = 0
            for values in reader:
                importer.line = reader.line_num
                if None in values:
                    raise importer.refuse("more cells than columns")
                row = {_column(name): (value or "").strip() for name, value in values.items()}
                if take(row):
                    created += 1
                else:
                    known += 1
    except UnicodeDecodeError as err:
        raise importer.refuse("the file is not UTF-8") from err
    except csv.Error as err:
        raise importer.refuse(str(err)) from err
    return ImportReport(kind=chosen, created=created, known=known)


def _takers(importer: _Importer) -> dict[str, Callable[[Mapping[str, str]], bool]]:
    return {"accounts": importer.account, "contacts": importer.contact, "deals": importer.deal}


def _column(name: str) -> str:
    plain = name.strip().casefold()
    return _HEADER_WORDS.get(plain, plain.replace(" ", "_"))


def _kind_of(columns: list[str]) -> str | None:
    if "account" in columns and ({"amount", "stage", "close_date"} & set(columns)):
        return "deals"
    if "name" in columns:
        return "contacts" if {"account", "title"} & set(columns) else "accounts"
    return None


def _dialect(sample: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(sample, delimiters=",;\t")
    except csv.Error:
        return csv.excel
