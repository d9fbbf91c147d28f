"""Files come in whole or not at all, and go out so that no spreadsheet runs them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm_store.exchange import UnknownKind, defused, export_rows, kind_called, write_csv
from crm_store.importing import ImportRefused, ImportReport, import_csv
from crm_store.models import Account, Contact, Deal
from tests.crm_store.small_company import Company


def _import(company: Company, path: Path, content: str | bytes, *, kind: str | None = None) -> ImportReport:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with company.acting() as uow:
        report = import_csv(uow, path, kind=kind, currency="USD")
        uow.commit()
        return report


def _count(company: Company, cls: type[Account | Contact | Deal]) -> int:
    with company.acting() as uow:
        return uow.session.scalar(select(func.count(cls.id))) or 0


def test_deals_come_in_with_their_accounts(company: Company, tmp_path: Path) -> None:
    report = _import(
        company,
        tmp_path / "deals.csv",
        "Name,Company,Owner,Value,Closing date,Stage\n"
        'Rollout,Hooli,dana,"12,500.50",2027-03-31,Proposal\n'
        "Second,Acme Corp,Eli Example,,,\n",
    )
    assert (report.kind, report.created, report.known) == ("deals", 2, 0)
    with company.acting() as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Rollout")).one()
        assert (deal.account.name, deal.owner.handle, deal.stage.name) == ("Hooli", "dana", "Proposal")
        assert (deal.amount, str(deal.close_date), deal.currency) == (Decimal("12500.50"), "2027-03-31", "USD")
        second = uow.session.scalars(select(Deal).where(Deal.name == "Second")).one()
        assert (second.account.name, second.owner.handle, second.amount) == ("Acme Corp", "eli", None)


def test_importing_a_file_again_adds_nothing(company: Company, tmp_path: Path) -> None:
    content = "name,account,owner,amount\nRollout,Hooli,dana,1\n"
    _import(company, tmp_path / "d.csv", content)
    again = _import(company, tmp_path / "d.csv", content)
    assert (again.created, again.known) == (0, 1)
    contacts = "name,email,account\nAnn Lee,ann@hooli.test,Hooli\nBo Chu,,Hooli\n"
    assert _import(company, tmp_path / "c.csv", contacts).created == 2
    assert _import(company, tmp_path / "c.csv", contacts).known == 2


def test_semicolons_and_a_byte_order_mark_are_understood(company: Company, tmp_path: Path) -> None:
    report = _import(company, tmp_path / "a.csv", "\ufeffname;industry\nHooli;Search\nPied Piper;Compression\n")
    assert (report.kind, report.created) == ("accounts", 2)


REFUSED = [
    ("name,account,owner,amount\nA,Hooli,dana,1\nB,Hooli,dana,much\n", 3, "'much' is not an amount"),
    ("name,account,owner,amount\nA,Hooli,dana,-5\n", 2, "not an amount"),
    ("name,account,owner,amount\nA,Hooli,dana,nan\n", 2, "not an amount"),
    ("name,account,owner,amount\nA,Hooli,dana,1e99\n", 2, "not an amount"),
    ("name,account,owner,amount\nA,Hooli,dana,1.005\n", 2, "not an amount"),
    ("name,account,owner,amount\nA,Hooli,nobody,1\n", 2, "nobody is called 'nobody'"),
    ("name,account,owner,close date\nA,Hooli,dana,31/03/2027\n", 2, "not a date"),
    ("name,account,owner,close date\nA,Hooli,dana,2027-02-30\n", 2, "not a date"),
    ("name,account,owner,stage\nA,Hooli,dana,Dreaming\n", 2, "no stage 'Dreaming'"),
    ("name,account,owner,amount\nA,,dana,1\n", 2, "account is empty"),
    ("name,industry\nHooli,Search\n,Toys\n", 3, "name is empty"),
    ("name,industry\nHooli,Search,Extra\n", 2, "more cells than columns"),
    ("colour,shape\nred,round\n", 1, "columns fit neither"),
    ("", 1, "columns fit neither"),
    (b"name,industry\n\xff\xfe,Toys\n", 1, "not UTF-8"),
]


@pytest.mark.parametrize(("content", "line", "problem"), REFUSED)
def test_a_row_that_cannot_be_taken_is_named_and_nothing_is_imported(
    sqlite_company: Company, tmp_path: Path, content: str | bytes, line: int, problem: str
) -> None:
    before = [_count(sqlite_company, cls) for cls in (Account, Contact, Deal)]
    with pytest.raises(ImportRefused, match="nothing was imported") as refusal:
        _import(sqlite_company, tmp_path / "x.csv", content)
    assert refusal.value.line == line
    assert problem in refusal.value.problem
    assert [_count(sqlite_company, cls) for cls in (Account, Contact, Deal)] == before


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("x")'])
def test_a_cell_a_spreadsheet_would_run_is_defused(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+1.5", "-1e3", "Acme", "a=b", "", None, 5, True])
def test_other_cells_are_left_alone(cell: str | int | None) -> None:
    assert defused(cell) == cell


def test_an_exported_name_is_no_formula(company: Company) -> None:
    with company.acting() as uow:
        uow.add(Account(name='=HYPERLINK("http://evil.test")'))
        out = io.StringIO()
        assert write_csv(export_rows(uow.session, Account, limit=None), out) == 4
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert rows[3]["name"] == '\'=HYPERLINK("http://evil.test")'
    assert rows[0]["owner"] == "Dana Example"


def test_an_export_covers_what_its_reader_may_see_newest_first_when_limited(company: Company) -> None:
    with company.acting("finn") as uow:
        assert [row["name"] for row in export_rows(uow.session, Deal, limit=None)] == ["Initech rollout"]
    with company.acting() as uow:
        assert [row["name"] for row in export_rows(uow.session, Deal, limit=2)] == ["Initech rollout", "Globex audit"]


def test_kinds_are_known_by_both_their_forms() -> None:
    assert kind_called("deals") is kind_called("Deal") is Deal
    assert kind_called("activities").kind == "activity"
    with pytest.raises(UnknownKind, match="deals"):
        kind_called("dreams")
