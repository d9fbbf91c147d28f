"""Trained models on disk: complete versions side by side, one of them current, replaced in one step."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nlu.training_data import NluError

KEPT_VERSIONS = 3
_MANIFEST, _CURRENT, _TURNED_AWAY, _UNFINISHED = "manifest.json", "current", "turned-away", ".unfinished-"


class ModelMissing(NluError):
    """There is no usable model at ``path``."""

    def __init__(self, *, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a model was made from and with.

    ``trained_at`` is ISO 8601 in UTC; ``fingerprint`` is equal for models trained on the same data, in the same way,
    with the same libraries; ``figures`` are measured at training. ``inputs`` is ``training_inputs.inputs_digest`` when
    it was trained with the usual settings.
    """

    version: str
    trained_at: str
    fingerprint: str
    libraries: Mapping[str, str]
    figures: Mapping[str, float]
    inputs: str = ""


class ModelStore:
    """The versions below one directory. A reader never sees a half-written one."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def versions(self) -> tuple[Manifest, ...]:
        """Return the manifests of all complete versions, oldest first."""
        manifests = (self.manifest(path.parent.name) for path in self._directory.glob(f"[!.]*/{_MANIFEST}"))
        return tuple(sorted(manifests, key=lambda manifest: (manifest.trained_at, manifest.version)))

    def manifest(self, version: str) -> Manifest:
        """Return the manifest of ``version``; raises ModelMissing."""
        path = self._directory / version / _MANIFEST
        try:
            return Manifest(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as err:
            raise ModelMissing(path=str(path), problem="no readable manifest") from err

    def current(self) -> Path:
        """Return the directory of the current version; raises ModelMissing when there is none."""
        try:
            version = (self._directory / _CURRENT).read_text(encoding="utf-8").strip()
        except OSError as err:
            raise ModelMissing(path=str(self._directory), problem="nothing has been trained") from err
        self.manifest(version)
        return self._directory / version

    def restore(self, version: str) -> Path:
        """Make an earlier ``version`` the current one and return its directory; raises ModelMissing.

        The version it replaces is remembered as turned away: training on the same data would only bring it back.
        """
        restored = self.manifest(version)
        turned_away = self.turned_away()
        with suppress(ModelMissing):
            turned_away |= {self.manifest(self.current().name).fingerprint}
        self._write_turned_away(turned_away - {restored.fingerprint})
        self._point_to(version)
        return self._directory / version

    def previous(self) -> str:
        """Return the newest version that is older than the current one; raises ModelMissing when there is none."""
        current = self.current().name
        versions = [manifest.version for manifest in self.versions()]
        place = versions.index(current)
        if place == 0:
            raise ModelMissing(path=str(self._directory), problem="no model is older than the current one")
        return versions[place - 1]

    def turned_away(self) -> frozenset[str]:
        """Return the fingerprints of models somebody replaced by an earlier one."""
        try:
            return frozenset((self._directory / _TURNED_AWAY).read_text(encoding="utf-8").split())
        except OSError:
            return frozenset()

    def free_version(self, wanted: str) -> str:
        """Return ``wanted``, numbered if there is such a version already."""
        version, number = wanted, 2
        while (self._directory / version).exists():
            version, number = f"{wanted}-{number}", number + 1
        return version

    def note_inputs(self, manifest: Manifest, inputs: str) -> Manifest:
        """Keep with the model of ``manifest`` that these ``inputs`` lead to it too, and return its new manifest."""
        noted = replace(manifest, inputs=inputs)
        self._write(f"{manifest.version}/{_MANIFEST}", _described(noted))
        return noted

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Give a directory to write a model into; it vanishes unless ``publish`` moves it away."""
        self._directory.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self._directory))
        try:
            yield unfinished
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def publish(self, written: Path, manifest: Manifest) -> Path:
        """Make what was ``written`` the current version, drop all but the last KEPT_VERSIONS, return its directory."""
        (written / _MANIFEST).write_text(_described(manifest), encoding="utf-8")
        target = self._directory / manifest.version
        written.chmod(0o755)
        written.rename(target)
        self._write_turned_away(self.turned_away() - {manifest.fingerprint})
        self._point_to(manifest.version)
        for old in self.versions()[:-KEPT_VERSIONS]:
            if old.version != manifest.version:
                shutil.rmtree(self._directory / old.version)
        return target

    def _point_to(self, version: str) -> None:
        self._write(_CURRENT, version + "\n")

    def _write_turned_away(self, fingerprints: frozenset[str]) -> None:
        if fingerprints != self.turned_away():
            self._write(_TURNED_AWAY, "".join(f"{each}\n" for each in sorted(fingerprints)))

    def _write(self, name: str, content: str) -> None:
        fresh = self._directory / f".{name.replace('/', '-')}-{os.getpid()}"
        fresh.write_text(content, encoding="utf-8")
        fresh.replace(self._directory / name)


def _described(manifest: Manifest) -> str:
    return json.dumps(asdict(manifest), indent=2, sort_keys=True) + "\n"
