"""A branch that many write to at once: fetch, make it anew, push; whoever was overtaken does it again.

Rules: what is pushed is always made from what is there, so nothing that others brought is lost. The branch is replaced
only if it is still as it was fetched. Writers wait for a random time, longer each round, so that they part.
The branch of a site holds one commit: its root, and ``pr/N/`` for each preview.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import SiteError
from pipeline.site.git import Repository, TreeFile
from pipeline.site.limits import SiteFile, list_files

MARKER: Final = ".profbook.json"
"""What the root of a published site was made of."""
_PREVIEW: Final = re.compile(r"pr/([1-9]\d{0,9})/")
_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 20.0
_FAILURES: Final = 4
"""So many times in a row the remote may not answer at all."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on when others are faster, and how to wait; clock and chance can be replaced."""

    seconds: float = 600.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Change:
    """What a branch shall hold: a tree, why, and the commit it follows (empty: it stands alone)."""

    tree: str
    message: str
    parent: str = ""


def update(repo: Repository, branch: str, change: Callable[[str], Change | None], patience: Patience) -> str:
    """Bring a branch of the remote to what ``change`` makes of its tip; gives the tip after it.

    ``change`` is asked again each time somebody else was faster; None leaves the branch as it is. Raises SiteError when
    the remote refuses, does not answer, or others are faster for too long.
    """
    begun, rounds, failures = patience.clock(), 0, 0
    while True:
        try:
            tip = repo.fetch(branch)
        except SiteError:
            # A branch replaced between two steps of a fetch looks like a fault; one that stays is told.
            failures += 1
            if failures >= _FAILURES:
                raise
        else:
            wanted = change(tip)
            if wanted is None or (tip and wanted.tree == repo.tree_of(tip)):
                return tip
            commit = repo.commit(wanted.tree, wanted.message, wanted.parent)
            pushed = repo.push(commit, branch, expected=tip)
            if pushed == "done":
                return commit
            failures = failures + 1 if pushed == "failed" else 0
            if failures >= _FAILURES:
                raise SiteError(f"the remote {repo.remote} does not take a push", cure="Check the connection to it.")
        wait = patience.chance() * min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(rounds, 10))
        rounds += 1
        if patience.clock() - begun + wait > patience.seconds:
            raise SiteError(
                f"others pushed to {branch} first, {rounds} times in {patience.seconds:g} s",
                cure="Try again; nothing was lost. Fewer jobs at once help, or a larger publish.seconds.",
            )
        patience.sleep(wait)


# --- the site on its branch --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Root:
    """A built site for the root of the branch; ``marker`` tells what it was made of."""

    folder: Path
    marker: Mapping[str, str]


def marker_of(repo: Repository, tip: str) -> dict[str, str]:
    """Read what the published root was made of; empty when that is not known."""
    for _, data in repo.read([file for file in repo.files(tip) if file.path == MARKER]):
        try:
            told = json.loads(data)
        except ValueError:
            return {}
        return {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else {}
    return {}


def site_tree(
    repo: Repository,
    tip: str,
    *,
    root: Root | None = None,
    previews: Mapping[int, Path] | None = None,
    pruned: Callable[[int], bool] = lambda _number: False,
    keep_previews: int = 0,
    refuse: Callable[[list[SiteFile]], None] = lambda _files: None,
) -> str:
    """Make the tree of a site's branch: a new root, new previews, and what the tip has beside them.

    Without a root that of the tip stays. ``refuse`` is shown all files before any is stored.
    """
    new = dict(previews or {})
    there = repo.files(tip)
    numbers = {number_of(file) for file in there} - {0} | set(new)
    gone = {number for number in numbers if number not in new and pruned(number)}
    if keep_previews:
        gone |= set(sorted(numbers - gone, reverse=True)[keep_previews:]) - set(new)
    kept = [file for file in there if _stays(file, gone | set(new), new_root=root is not None)]
    folders = ({"": root.folder} if root else {}) | {f"pr/{number}/": folder for number, folder in new.items()}
    listed = {prefix: list_files(folder) for prefix, folder in folders.items()}
    local = [
        SiteFile(prefix + one.path, one.size_bytes, one.fault) for prefix, files in listed.items() for one in files
    ]
    refuse([*local, *(SiteFile(file.path, file.size_bytes) for file in kept)])
    blobs = {file.path: file.blob for file in kept}
    for prefix, folder in folders.items():
        stored = repo.write(folder, [file.path for file in listed[prefix] if not file.fault])
        blobs |= {prefix + path: blob for path, blob in stored.items()}
    blobs[".nojekyll"] = _blob(repo, b"")
    if root is not None:
        blobs[MARKER] = _blob(repo, json.dumps(dict(root.marker), sort_keys=True).encode() + b"\n")
    return repo.tree(blobs)


def number_of(file: TreeFile) -> int:
    """Say which pull request a file of the branch is a preview of; 0 for the root's."""
    found = _PREVIEW.match(file.path)
    return int(found[1]) if found else 0


def _stays(file: TreeFile, replaced: set[int], *, new_root: bool) -> bool:
    number = number_of(file)
    return number not in replaced if number else not new_root


def _blob(repo: Repository, data: bytes) -> str:
    return repo.run("hash-object", "-w", "--stdin", given=data).decode().strip()


def write_previews(repo: Repository, tip: str, folder: Path) -> int:
    """Write the previews of a branch beside a built site, for hosts that take a folder; gives how many there are."""
    files = [file for file in repo.files(tip) if number_of(file)]
    for file, data in repo.read(files):
        place = folder / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return len({number_of(file) for file in files})
