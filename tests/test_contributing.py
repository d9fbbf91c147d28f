"""CONTRIBUTING.md's "add a skill in four edits", followed to the letter on a copy of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from bot.settings import PROJECT

_BLOCK = re.compile(r"^```(?:yaml|python) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COPIED = ("actions", "bot", "crm_store", "nlu", "tests", "domain.yml", "config.yml", "pyproject.toml")
_NEIGHBOURS = ("rules.yml", "dialogue.yml")
"""The training data the new skill is tried among: enough to be told apart from, quick to train."""


def edits() -> dict[str, str]:
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text[text.index("<!-- add-a-skill: begin -->") : text.index("<!-- add-a-skill: end -->")]
    return dict(_BLOCK.findall(section))


def test_the_section_has_four_edits_of_the_four_places() -> None:
    assert [path.split("/")[0] for path in edits()] == ["domain.yml", "nlu", "actions", "tests"]


def test_a_skill_added_as_described_works(tmp_path: Path) -> None:
    for name in _COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    for path in (tmp_path / "nlu" / "data").glob("*.yml"):
        if path.name not in _NEIGHBOURS:
            path.unlink()
    for name, text in edits().items():
        if name == "domain.yml":
            _merge(tmp_path / name, text)
        else:
            (tmp_path / name).write_text(text, encoding="utf-8")
    script = Path(next(name for name in edits() if name.startswith("tests/"))).stem
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/bot/test_dialogues.py", "-k", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    assert "1 passed" in result.stdout


def _merge(path: Path, block: str) -> None:
    """Insert the lines under each top-level key of the block right after the same key's line in the file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    added: dict[str, list[str]] = {}
    for line in block.splitlines():
        if line and not line.startswith(" "):
            added[line] = current = []
        else:
            current.append(line)
    for key, new_lines in added.items():
        at = lines.index(key) + 1
        lines[at:at] = new_lines
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
