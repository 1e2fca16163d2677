"""Settings of publishing: where the site goes, where runs are kept, and what the comment on a pull request says."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

BRANCH_NAME: Final = r"^([A-Za-z0-9_][A-Za-z0-9_-]*([./][A-Za-z0-9_][A-Za-z0-9_-]*)*)?$"
"""Branches we are sure git takes: no part begins with a dash or dot, none is empty."""


class PublishConfig(BaseModel):
    """Publishing the site, and the store of runs it is built from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["artifact", "branch"] = Field(
        "artifact",
        description="artifact: make a checked folder for actions/deploy-pages, or any web server, and say where it is; "
        "branch: push the site to `branch`.",
    )
    remote: str = Field(
        "origin", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}$", description="Git remote that branches are pushed to."
    )
    branch: str = Field(
        "gh-pages",
        pattern=BRANCH_NAME,
        max_length=100,
        min_length=1,
        description="Branch of the site, and of previews of pull requests; it holds one commit.",
    )
    runs_branch: str = Field(
        "profbook-runs",
        pattern=BRANCH_NAME,
        max_length=100,
        description="Branch that keeps the runs of all who publish; empty: the site is made of the runs here alone.",
    )
    share_runs: bool = Field(
        False,
        description="Also in the mode artifact push the runs here to `runs_branch`, as they are; else that branch is "
        "only read. The workflow of `profbook init github` does.",
    )
    runs_folder: str = Field(
        "", description="Folder that keeps them instead, such as a mounted bucket; from the project's root on."
    )
    keep_runs: int = Field(
        0, ge=0, description="Keep only the newest runs of each label in the store, this many; 0: all."
    )
    keep_previews: int = Field(
        0, ge=0, description="Keep only the previews of the newest pull requests, this many; 0: all."
    )
    max_site_bytes: int = Field(
        1_000_000_000, ge=1, description="Refuse to publish a site larger than this; GitHub Pages takes 1 GB."
    )
    max_file_bytes: int = Field(
        100_000_000, ge=1, description="Refuse to publish a file larger than this; GitHub takes 100 MB."
    )
    seconds: float = Field(600.0, gt=0, description="Give up when others have been faster for this long.")


class CommentConfig(BaseModel):
    """The comment on a pull request, and what else its checks show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(
        "default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$",
        description="Tells comments of several configurations on one pull request apart.",
    )
    author: str = Field(
        "",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9-]{0,99}(\[bot\])?)?$",
        description="Who writes our comments; empty: the owner of the token, `github-actions[bot]` in a workflow.",
    )
    status: bool = Field(True, description="Also set a commit status, with a link to the report.")
    annotations: int = Field(
        10, ge=0, le=50, description="At most so many annotations of source lines of functions that got dearer."
    )
    movers: int = Field(10, ge=1, le=100, description="At most so many changes are listed for each comparison.")
    picture: bool = Field(
        False, description="Show the runs of both sides as a picture, which the site then holds; it needs `site.url`."
    )
    max_characters: int = Field(60_000, ge=1000, le=65_000, description="Longest comment; GitHub refuses 65,536.")
    seconds: float = Field(
        300.0, gt=0, description="Longest time to wait for GitHub when it is busy or asks us to slow down."
    )
