"""The small company on both databases, for what two agents do at once."""

from tests.crm_store.conftest import (
    _company_file,
    _company_template,
    company,
    postgres_company,
    postgres_server,
    sqlite_company,
)

__all__ = [
    "_company_file",
    "_company_template",
    "company",
    "postgres_company",
    "postgres_server",
    "sqlite_company",
]
