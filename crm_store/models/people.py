"""The people of the company: users and their teams."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_store.base import Base, Record
from crm_store.types import ExactAmount


class Role(StrEnum):
    """What a user is in the company; access follows from it."""

    REP = "rep"
    MANAGER = "manager"
    SUPPORT = "support"
    MARKETER = "marketer"
    ADMIN = "admin"


class Team(Base):
    """A team of users."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class User(Record, Base):
    """A colleague. ``handle`` is the short name people use ("dana"); quiet hours are local wall-clock times.

    ``on_leaderboard``: they want to be seen on it by all who sell.
    """

    __tablename__ = "user_account"
    kind = "user"

    handle: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[Role]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    timezone: Mapped[str] = mapped_column(default="UTC")
    locale: Mapped[str] = mapped_column(default="en_US")
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    active: Mapped[bool] = mapped_column(default=True)
    on_leaderboard: Mapped[bool] = mapped_column(default=False)

    team: Mapped[Team | None] = relationship()
    manager: Mapped[User | None] = relationship(remote_side="User.id")


class Quota(Base):
    """What a user is to close in one calendar quarter, in the company's currency."""

    __tablename__ = "quota"
    __table_args__ = (UniqueConstraint("user_id", "year", "quarter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    year: Mapped[int]
    quarter: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(ExactAmount)

    user: Mapped[User] = relationship()


Index("ix_user_account_role_active", User.role, User.active)
