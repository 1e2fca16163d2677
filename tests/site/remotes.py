"""A bare repository and clones of it, as publishing meets them; git reads no settings of this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
}  # fmt: skip


def git(place: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=place, env=ENVIRON, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bare(place: Path) -> Path:
    """Make a bare repository whose main branch has one commit."""
    place.mkdir(parents=True)
    git(place, "init", "--quiet", "--bare", "--initial-branch=main")
    tree = git(place, "hash-object", "-w", "-t", "tree", os.devnull).strip()
    commit = git(place, "commit-tree", "-m", "first", tree).strip()
    git(place, "update-ref", "refs/heads/main", commit)
    return place


def clone(remote: Path, place: Path) -> Path:
    git(place.parent, "clone", "--quiet", str(remote), str(place))
    return place


def branch_files(remote: Path, branch: str) -> dict[str, bytes]:
    """Read all files of a branch of the bare repository."""
    names = [name for name in git(remote, "ls-tree", "-r", "-z", "--name-only", branch).split("\0") if name]
    words = ["git", "show"]
    return {
        name: subprocess.run([*words, f"{branch}:{name}"], cwd=remote, capture_output=True, check=True).stdout
        for name in names
    }
