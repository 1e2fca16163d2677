"""Git as a store of trees: files in and out byte for byte, commits without a checkout, pushes that never overwrite.

Rules: the user's checkout, index and branches are not touched: an index of our own, refs below ``refs/profbook/``. No
hook, filter or attribute is used, so bytes stay what they are. A token reaches git through the environment only, and
no message holds one. A push says what it expects to find there; that it was overtaken is an answer, not an error.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pipeline.analysis.masking import mask_text
from pipeline.errors import SiteError, UsageError

_SECONDS: Final = 600
_SHA: Final = re.compile(r"[0-9a-f]{40,64}")
_OVERTAKEN: Final = re.compile(
    r"stale info|non-fast-forward|fetch first|cannot lock ref|failed to lock|reference already exists"
    r"|incorrect old value|failed to update ref|remote ref updated"
)
_FILE_MODES: Final = frozenset({"100644", "100755"})
Pushed = Literal["done", "overtaken", "failed"]


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of a tree: its path with ``/``, git mode, object name and size in bytes."""

    path: str
    mode: str
    blob: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository a project is in; ``scratch`` is a folder for our index, ``token`` for pushes over HTTPS."""

    root: Path
    scratch: Path
    remote: str = "origin"
    server: str = ""
    token: str = field(default="", repr=False)

    # --- remote branches -----------------------------------------------------------------------------------------

    def fetch(self, branch: str) -> str:
        """Bring a branch of the remote; gives its commit, empty when there is no such branch. Raises SiteError."""
        ours, theirs = f"refs/profbook/{branch}", f"refs/heads/{branch}"
        listed = self.run("ls-remote", "--quiet", self.remote, theirs).decode().split()
        if theirs not in listed:
            self.run("update-ref", "-d", ours)
            return ""
        quietly = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--refmap=")
        self.run("fetch", *quietly, self.remote, f"+{theirs}:{ours}")
        return self.run("rev-parse", "--verify", ours).decode().strip()

    def push(self, commit: str, branch: str, *, expected: str) -> Pushed:
        """Make a commit the remote's branch, if that is still at ``expected`` (empty: not there). Raises SiteError
        when the remote refuses for another reason than that it was overtaken.
        """
        place = f"refs/heads/{branch}"
        words = ("push", "--quiet", "--porcelain", "--no-verify", f"--force-with-lease={place}:{expected}")
        done = self._call((*words, self.remote, f"{commit}:{place}"))
        if done.returncode == 0:
            return "done"
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        if _OVERTAKEN.search(said):
            return "overtaken"
        if re.search(r"^!\t", said, re.MULTILINE):
            raise self._fault(("push", branch), said)
        return "failed"

    # --- trees and commits ---------------------------------------------------------------------------------------

    def files(self, tree: str) -> list[TreeFile]:
        """List the plain files of a tree or commit, in order; links and submodules are left out."""
        if not tree:
            return []
        found = []
        for row in self.run("ls-tree", "-r", "-l", "-z", "--full-tree", tree).split(b"\0"):
            facts, _, name = row.partition(b"\t")
            mode, kind, blob, size = (facts.decode().split() + [""] * 4)[:4]
            if kind == "blob" and mode in _FILE_MODES:
                found.append(TreeFile(os.fsdecode(name), mode, blob, int(size)))
        return found

    def read(self, files: Sequence[TreeFile]) -> Iterator[tuple[TreeFile, bytes]]:
        """Give the bytes of files, one after the other."""
        words = [*self._words(), "cat-file", "--batch"]
        with subprocess.Popen(
            words,
            cwd=self.root,
            env=self._env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as reader:
            assert reader.stdin is not None
            assert reader.stdout is not None
            for file in files:
                reader.stdin.write(f"{file.blob}\n".encode())
                reader.stdin.flush()
                facts = reader.stdout.readline().split()
                if len(facts) != 3:
                    raise SiteError(f"git has lost {file.path}", cure="Run `git fsck`.")
                data = reader.stdout.read(int(facts[2]) + 1)[:-1]
                yield file, data
            reader.stdin.close()

    def write(self, folder: Path, paths: Sequence[str]) -> dict[str, str]:
        """Store files of a folder; gives their object names by path. Bytes are stored as they are."""
        plain = [path for path in paths if "\n" not in path and "\r" not in path]
        listed = "".join(f"{folder / path}\n" for path in plain)
        names = self.run("hash-object", "-w", "--no-filters", "--stdin-paths", given=os.fsencode(listed)).split()
        stored = dict(zip(plain, (name.decode() for name in names), strict=True))
        for path in set(paths) - set(plain):
            data = (folder / path).read_bytes()
            stored[path] = self.run("hash-object", "-w", "--stdin", given=data).decode().strip()
        return stored

    def tree(self, blobs: Mapping[str, str]) -> str:
        """Make a tree of files by path; gives its object name."""
        lines = b"".join(f"100644 {blob}\t".encode() + os.fsencode(path) + b"\0" for path, blob in blobs.items())
        index = self.scratch / f"index-{os.getpid()}"
        self.scratch.mkdir(parents=True, exist_ok=True)
        index.unlink(missing_ok=True)
        try:
            self.run("update-index", "-z", "--index-info", given=lines, index=index)
            return self.run("write-tree", index=index).decode().strip()
        finally:
            index.unlink(missing_ok=True)

    def commit(self, tree: str, message: str, parent: str = "") -> str:
        """Make a commit of a tree, without a parent unless one is given; gives its name."""
        parents = ("-p", parent) if parent else ()
        return self.run("commit-tree", *parents, "-F", "-", tree, given=message.encode()).decode().strip()

    def tree_of(self, commit: str) -> str:
        """Give the tree of a commit; empty for no commit."""
        return self.run("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip() if commit else ""

    # --- running git ---------------------------------------------------------------------------------------------

    def run(self, *words: str, given: bytes = b"", index: Path | None = None) -> bytes:
        """Run a git command and give what it prints. Raises SiteError when it fails."""
        done = self._call(words, given, index)
        if done.returncode:
            raise self._fault(words, done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def check(self) -> None:
        """Raise UsageError when the project is in no repository, or has no such remote."""
        if self._call(("rev-parse", "--git-dir")).returncode:
            raise UsageError("this project is not in a git repository", cure="Branches need one: run `git init`.")
        if self._call(("remote", "get-url", self.remote)).returncode:
            raise UsageError(
                f"git knows no remote {self.remote!r}",
                cure="Name one with publish.remote, or add it: `git remote add`.",
            )

    def _words(self) -> tuple[str, ...]:
        settings = (f"core.hooksPath={os.devnull}", "core.quotePath=false", "gc.auto=0", "core.protectNTFS=false")
        return ("git", *(word for one in settings for word in ("-c", one)))

    def _call(
        self, words: Sequence[str], given: bytes = b"", index: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                [*self._words(), *words],
                cwd=self.root,
                env=self._env(index),
                input=given,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SiteError(f"git {words[0]} did not end within {_SECONDS} s", cure="Is the remote there?") from None
        except OSError as error:
            raise SiteError(f"cannot run git: {error.strerror or error}", cure="Install git.") from error

    def _env(self, index: Path | None = None) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if name not in _LOCAL}
        env |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **_IDENTITY}
        if index is not None:
            env["GIT_INDEX_FILE"] = str(index)
        if self.token and self.server.startswith("https://"):
            word = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
            # The empty value first: a header that a checkout left in the settings would be sent as well.
            pairs = [("", ""), ("", f"AUTHORIZATION: basic {word}")]
            env["GIT_CONFIG_COUNT"] = str(len(pairs))
            for place, (_, value) in enumerate(pairs):
                env[f"GIT_CONFIG_KEY_{place}"] = f"http.{self.server.rstrip('/')}/.extraheader"
                env[f"GIT_CONFIG_VALUE_{place}"] = value
        return env

    def _fault(self, words: Sequence[str], said: str) -> SiteError:
        clean = " ".join("".join(char if char.isprintable() else " " for char in mask_text(said)).split())[:400]
        return SiteError(
            f"git {words[0]} failed: {clean.replace(str(self.root), '.')}",
            cure="Check the remote, and that you, or the token of the workflow (`contents: write`), may push to it.",
        )


_LOCAL: Final = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"}
)
"""What a hook that calls us sets for its own repository."""
_IDENTITY: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "profbook"), ("EMAIL", "profbook@noreply.invalid"))
}
