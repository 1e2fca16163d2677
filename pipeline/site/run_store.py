"""The store of runs, apart from the site: everybody adds their own, nobody takes away; the site is made of all.

Rules: a run is known by its name and bytes. The same run is stored once; another run of the same name gets a name of
its own (``NAME-2``), so that neither is lost. Only the retention the settings ask for removes runs. What comes from a
store is checked like any foreign file: plain files only, nothing outside its run.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pipeline.model import layout
from pipeline.site.branch import Change, Patience, update
from pipeline.site.git import Repository, TreeFile
from pipeline.units import counted

Blobs = Mapping[str, str]
"""Files of one run: path inside it -> object name or digest."""

_MANIFEST: Final = "run.json"


def join(stored: Mapping[str, Blobs], own: Mapping[str, Blobs], *, keep: int = 0) -> dict[str, dict[str, str]]:
    """Put own runs to the stored ones, and keep the newest ``keep`` of each label (0: all). Pure."""
    joined = {name: dict(blobs) for name, blobs in stored.items()}
    for name, blobs in sorted(own.items()):
        place, number = name, 1
        while place in joined and not _is_same(joined[place], blobs):
            number += 1
            place = f"{name[: 99 - len(str(number))]}-{number}"
        joined[place] = {**joined.get(place, {}), **blobs}
    return {name: joined[name] for name in _newest(joined, keep)}


def _is_same(stored: Blobs, own: Blobs) -> bool:
    """Tell whether two sets of files are one run: of one manifest, or the files both have are the same."""
    if _MANIFEST in stored and _MANIFEST in own:
        return stored[_MANIFEST] == own[_MANIFEST]
    both = stored.keys() & own.keys()
    return bool(both) and all(stored[path] == own[path] for path in both)


def _newest(names: Mapping[str, Blobs], keep: int) -> list[str]:
    if not keep:
        return sorted(names)
    groups = defaultdict(list)
    for name in sorted(names):
        groups[layout.label_of(name)].append(name)
    return sorted(name for group in groups.values() for name in group[-keep:])


def run_files(profiles: Path) -> dict[str, list[str]]:
    """List the files of each run of a folder; links, hidden files and unfinished runs are left out."""
    if not profiles.is_dir():
        return {}
    found = {}
    for folder in sorted(profiles.iterdir()):
        if layout.is_run_name(folder.name) and not folder.name.endswith(".partial") and not folder.is_symlink():
            files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _left_out(folder, path)]
            found[folder.name] = [path.relative_to(folder).as_posix() for path in files]
    return {name: files for name, files in found.items() if files}


def _left_out(folder: Path, path: Path) -> bool:
    inside = path.relative_to(folder)
    steps = [folder.joinpath(*inside.parts[: end + 1]) for end in range(len(inside.parts))]
    return any(part.startswith(".") for part in inside.parts) or any(step.is_symlink() for step in steps)


# --- on a branch -------------------------------------------------------------------------------------------------


def share(
    repo: Repository, branch: str, own: Path, *, keep: int, patience: Patience, say: Callable[[str], None]
) -> str:
    """Add the runs of a folder to the store's branch; gives the commit that has them. Raises SiteError."""
    mine = _stored(repo, own)

    def change(tip: str) -> Change | None:
        stored = _runs(repo.files(tip))
        joined = join(stored, mine, keep=keep)
        if joined == {name: dict(blobs) for name, blobs in stored.items()}:
            return None
        new, gone = len(joined.keys() - stored.keys()), stored.keys() - joined.keys()
        blobs = {f"{name}/{path}": blob for name, files in joined.items() for path, blob in files.items()}
        # What retention removed shall not stay in the branch's past.
        return Change(repo.tree(blobs), f"{counted(new, 'run')} added\n", parent="" if gone else tip)

    tip = update(repo, branch, change, patience)
    say(f"{counted(len(mine), 'run')} of this project {'is' if len(mine) == 1 else 'are'} on the branch {branch}")
    return tip


def bring(repo: Repository, commit: str, into: Path, *, exact: bool) -> list[str]:
    """Write the runs of the store that a folder has not; gives their names.

    ``exact``: what the store has not goes, and what differs is written anew; only for a folder of our own.
    """
    stored = defaultdict(list)
    for file in repo.files(commit):
        name, _, path = file.path.partition("/")
        if layout.is_run_name(name) and _is_plain(path):
            stored[name].append(file)
    if exact and into.is_dir():
        kept = {name: {file.path.partition("/")[2]: file.blob for file in files} for name, files in stored.items()}
        _clear(repo, into, kept)
    missing = [name for name in sorted(stored) if not (into / name).exists()]
    for name in missing:
        _write(repo, stored[name], into, name)
    return missing


def _stored(repo: Repository, profiles: Path) -> dict[str, dict[str, str]]:
    return {name: repo.write(profiles / name, files) for name, files in run_files(profiles).items()}


def _runs(files: list[TreeFile]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for file in files:
        name, _, path = file.path.partition("/")
        if path:
            found[name][path] = file.blob
    return dict(found)


def _is_plain(path: str) -> bool:
    return bool(path) and all(part not in {"", ".", ".."} and not part.startswith(".git") for part in path.split("/"))


def _clear(repo: Repository, into: Path, stored: Mapping[str, Blobs]) -> None:
    here = _stored(repo, into)
    for folder in into.iterdir():
        if folder.name not in stored or here.get(folder.name) != dict(stored[folder.name]):
            shutil.rmtree(folder) if folder.is_dir() and not folder.is_symlink() else folder.unlink()


def _write(repo: Repository, files: list[TreeFile], into: Path, name: str) -> None:
    """Write one run; it becomes visible whole."""
    staging = into / f".{name[:200]}.new"
    shutil.rmtree(staging, ignore_errors=True)
    for file, data in repo.read(files):
        place = staging / file.path.partition("/")[2]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    staging.rename(into / name)


# --- in a folder -------------------------------------------------------------------------------------------------


def share_folder(store: Path, own: Path) -> list[str]:
    """Copy runs that a store folder has not into it, each visible whole; gives their names. Names decide there."""
    added = []
    for name, files in run_files(own).items():
        place = store / name
        if place.exists():
            continue
        staging = store / f".{name[:150]}.{os.getpid()}.new"
        for path in files:
            (staging / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(own / name / path, staging / path)
        try:
            staging.rename(place)
            added.append(name)
        except OSError:  # somebody else brought it meanwhile
            shutil.rmtree(staging, ignore_errors=True)
    return added
