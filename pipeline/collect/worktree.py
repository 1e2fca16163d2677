"""Checkouts of two commits beside each other, for as long as they are compared.

Rules: the user's own checkout, index and branches are never touched; a worktree is detached, below
``build/worktrees``, and gone when the block ends, whatever ends it. What a killed process left there is removed at the
next start; the caller holds a lock, so that nobody else's worktrees are. No hook of the repository is run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.collect.secrets import printable
from pipeline.errors import CollectError, UsageError
from pipeline.model.layout import is_run_name

_SECONDS: Final = 600
_NO_HOOKS: Final = ("-c", f"core.hooksPath={os.devnull}")
_SHORT: Final = 12


@dataclass(frozen=True, slots=True)
class Ref:
    """A commit by the name it was asked for."""

    name: str
    sha: str

    @property
    def label(self) -> str:
        """Make a label of the name: its last part, safe as a part of a run's name; else the short commit."""
        plain = re.sub(r"[^A-Za-z0-9._-]+|\.{2,}", "-", self.name.removeprefix("refs/heads/").removeprefix("origin/"))
        plain = plain.strip("-._")[:60]
        if self.name == self.sha or not is_run_name(plain) or re.search(r"[~^@:]", self.name):
            return self.sha[:_SHORT]
        return plain


def resolve(root: Path, name: str) -> Ref:
    """Find the commit a name stands for. Raises UsageError when there is none."""
    done = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    sha = done.stdout.strip()
    if done.returncode or not re.fullmatch(r"[0-9a-f]{40,64}", sha):
        if _git(root, "rev-parse", "--git-dir").returncode:
            raise UsageError(
                "this project is not in a git repository", cure="A/B rounds need two commits: run `git init`."
            )
        raise UsageError(
            f"git knows no commit {printable(name)!r}",
            cure="Use a branch, tag or commit; `git fetch` brings those of others.",
        )
    return Ref(name, sha)


@contextmanager
def worktrees(root: Path, refs: Sequence[Ref], folder: Path) -> Iterator[tuple[Path, ...]]:
    """Check out each commit below ``folder`` and give the project's place in each, until the block ends.

    Raises CollectError when git refuses.
    """
    remove_leftovers(root, folder)
    folder.mkdir(parents=True, exist_ok=True)
    inside = _git(root, "rev-parse", "--show-prefix").stdout.strip()
    try:
        places = []
        for number, ref in enumerate(refs, 1):
            tree = folder / f"{number}-{ref.sha[:_SHORT]}"
            done = _git(root, "worktree", "add", "--quiet", "--detach", "--force", str(tree), ref.sha)
            if done.returncode:
                said = printable(done.stderr.replace(str(root), "."), 300)
                raise CollectError(
                    f"git could not check out {printable(ref.name)}: {said}",
                    cure="Run `git worktree list` and `git worktree prune`, then try again.",
                )
            places.append(tree / inside)
        yield tuple(places)
    finally:
        remove_leftovers(root, folder)


def remove_leftovers(root: Path, folder: Path) -> None:
    """Remove every worktree below ``folder``; its caller is the only one who makes some there."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for tree in sorted(folder.iterdir()):
        if tree.is_symlink() or not tree.is_dir():
            tree.unlink()
            continue
        _git(root, "worktree", "remove", "--force", "--force", str(tree))
        shutil.rmtree(tree, ignore_errors=True)
    _git(root, "worktree", "prune")
    shutil.rmtree(folder, ignore_errors=True)


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(
            ["git", *_NO_HOOKS, *words],
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise CollectError("git is not installed", cure="A/B rounds check out two commits; install git.") from error
    except subprocess.TimeoutExpired as error:
        raise CollectError(f"git {words[0]} did not end in {_SECONDS} s", cure="Look for a lock in .git.") from error
