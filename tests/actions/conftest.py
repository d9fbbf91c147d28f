"""Fixtures of the skills' tests."""

from tests.assistants import make_rig, rig, seeded_database, trained_engine, trained_rig

__all__ = ["make_rig", "rig", "seeded_database", "trained_engine", "trained_rig"]
