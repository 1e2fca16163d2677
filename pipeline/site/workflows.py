"""The workflows for GitHub that `profbook init github` writes: plain files with a few words to fill in.

Rules: actions are pinned by commit; every job has the permissions it needs and no other; what runs code of a pull
request has no secret, and what has one runs none. They are filled with words that were checked, never with text of
others.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

from pipeline import __version__
from pipeline.model.publish import BRANCH_NAME
from pipeline.site.templates import templates_dir

NAMES: Final = ("profbook-collect.yml", "profbook-comment.yml", "profbook-pages.yml", "profbook-prune.yml")


def read_workflows(*, mode: str, branch: str) -> dict[str, str]:
    """Give the workflows by file name, for a mode of publishing and the main branch of the repository."""
    folder = templates_dir() / "workflows"
    texts = {name: (folder / name).read_text("utf-8") for name in NAMES}
    if mode == "artifact":
        # A deployment replaces the whole site, so one follows each preview that comes or goes.
        deploy = (folder / "deploy.part").read_text("utf-8")
        texts["profbook-comment.yml"] += deploy.replace("@NEEDS@", "comment")
        texts["profbook-prune.yml"] += deploy.replace("@NEEDS@", "prune")
        texts["profbook-pages.yml"] += (folder / "upload.part").read_text("utf-8")
    source = "GitHub Actions" if mode == "artifact" else "the site's branch"
    words = {"@VERSION@": __version__, "@BRANCH@": branch, "@SOURCE@": source}
    for word, value in words.items():
        texts = {name: text.replace(word, value) for name, text in texts.items()}
    return texts


def default_branch(root: Path) -> str:
    """Name the main branch: the remote's, else the one that is checked out, else ``main``."""
    for words in (("symbolic-ref", "--short", "refs/remotes/origin/HEAD"), ("symbolic-ref", "--short", "HEAD")):
        try:
            done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.SubprocessError):
            break
        name = done.stdout.strip().removeprefix("origin/")
        if done.returncode == 0 and name and re.match(BRANCH_NAME, name):
            return name
    return "main"
