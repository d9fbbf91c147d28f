"""A made-up company, Brightwater, with three years of business: what `rapport demo` and the tests talk about."""

from crm_store.demo.seeding import DatabaseNotEmpty, SeedReport, seed, seed_large

__all__ = ["DatabaseNotEmpty", "SeedReport", "seed", "seed_large"]
