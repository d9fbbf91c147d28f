"""What all tables share: naming of constraints, identity, time of creation, versioning and soft deletion."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Enum, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from crm_store.refs import RecordRef
from crm_store.types import UtcDateTime


class Base(DeclarativeBase):
    """Base of all tables. JSON columns are typed ``dict[str, Any]``."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        # As text holding the values: by default the names would be stored, and PostgreSQL would get ENUM types, which a
        # migration cannot simply extend.
        StrEnum: Enum(StrEnum, native_enum=False, length=32, values_callable=lambda kind: [str(each) for each in kind]),
    }


class Record:
    """A row people talk about: it has a number, is journaled, versioned, and deleted only by marking.

    ``kind`` is its name in references ("deal"); ``unjournaled`` names columns the journal leaves out because they
    follow from others.
    """

    kind: ClassVar[str]
    unjournaled: ClassVar[frozenset[str]] = frozenset({"id", "version", "created_at", "name_key"})

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        # Two transactions that change one row at once: the second gets StaleDataError instead of a lost update.
        return {"version_id_col": cls.version}

    @property
    def ref(self) -> RecordRef:
        """The record's name in buttons, journals and links."""
        return RecordRef(self.kind, self.id)
