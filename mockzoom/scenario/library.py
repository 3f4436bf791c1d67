"""Where scenarios are found: by path, in the folders of a project, among the bundled ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mockzoom.contract import bundled as packed
from mockzoom.errors import UsageError, nearest
from mockzoom.scenario.document import MOST_BYTES, too_large
from mockzoom.scenario.mistakes import Mistakes
from mockzoom.scenario.model import Place

SUFFIXES = (".yaml", ".yml")


def bundled() -> dict[str, Path]:
    """Return the scenarios that come with mockzoom: name to path, sorted."""
    return in_folder(packed("scenarios"))


def in_folder(folder: Path) -> dict[str, Path]:
    """Return the scenarios of a folder: the name of each file, without its ending, to its path."""
    if not folder.is_dir():
        return {}
    files = (path for path in folder.iterdir() if path.suffix in SUFFIXES)
    return {path.stem: path for path in sorted(files, key=lambda path: path.stem)}


def find(name: str | Path, folders: Sequence[str | Path] = ()) -> Path:
    """Return the file of a scenario: a path, or a name in `folders` or among the bundled ones.

    Raises `UsageError` with the nearest names.
    """
    text = str(name)
    if is_path(text):
        return Path(text)
    known = names_in(folders)
    if text in known:
        return known[text]
    where = "in " + ", ".join([*map(str, folders), "the bundled ones"])
    raise UsageError(
        f"no scenario is called {text!r} {where}{nearest(text, known)} "
        "(`mockzoom play --list` shows them; a file is named by its path, such as ./mine.yaml)"
    )


def names_in(folders: Iterable[str | Path]) -> dict[str, Path]:
    """Return every scenario that a name can mean, those of earlier folders before later ones."""
    known = bundled()
    for folder in reversed(list(folders)):
        known |= in_folder(Path(folder))
    return known


def is_path(text: str) -> bool:
    """Return whether `text` is a path and not a name."""
    return text.endswith(SUFFIXES) or "/" in text or "\\" in text


def label(path: Path) -> str:
    """Return a file's name for mistakes: a bundled one's is the same wherever it is installed."""
    folder = packed("scenarios")
    if path.is_relative_to(folder):
        return "scenarios/" + path.relative_to(folder).as_posix()
    return path.as_posix()


def text_of(path: Path, file: str, mistakes: Mistakes) -> str | None:
    """Return the text of a scenario's file, or None once `mistakes` has the reason."""
    start = Place(file, 1, 1)
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        mistakes.add(start, f"cannot be read: {reason}", "the path of a scenario (YAML)")
        return None
    if len(data) > MOST_BYTES:
        too_large(start, mistakes)
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = Place(file, before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1)
        byte = f"0x{data[error.start]:02x}"
        mistakes.add(place, f"not UTF-8 (byte {byte})", "UTF-8 text", "save the file as UTF-8")
        return None
