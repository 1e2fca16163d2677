"""Commands for `go tool pprof` that a reader can paste, quoted for a shell whatever a file is called. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model.record import ProfileRecord
from pipeline.render import encode, links

_FLAGS = ("-inuse_space", "-inuse_objects", "-alloc_space", "-alloc_objects")


@dataclass(frozen=True, slots=True)
class Command:
    """One command line and what it is for; ``site_path`` is set where ``{site}`` in ``text`` is this site's address."""

    purpose: str
    text: str
    site_path: str = ""


def commands(
    run_id: str,
    taken: Sequence[ProfileRecord],
    shown: ProfileRecord,
    *,
    profiles_dir: str,
    site_url: str,
    raw: bool,
) -> tuple[Command, ...]:
    """Write the commands for the profiles of one kind, in the order they were taken, of which one is ``shown``."""
    folder = f"{profiles_dir}/{run_id}"
    # pprof adds up the files it is given, as a merged profile is the sum of those of its pods.
    local = " ".join(_quoted(f"{folder}/{path}") for path in shown.merged_of or (shown.path,))
    made = [
        Command("Explore it in pprof's web view", f"go tool pprof -http=: {local}"),
        Command("Print the top functions", f"go tool pprof -top{_flag(shown)} {local}"),
    ]
    if len(taken) > 1 and shown.kind == "cpu":
        every = " ".join(_quoted(f"{folder}/{path}") for one in taken for path in one.merged_of or (one.path,))
        made.append(Command("Add up all of them", f"go tool pprof -http=: {every}"))
    # Of several -base options pprof takes the last alone, so there is no such command for a sum.
    elif len(taken) > 1 and not shown.merged_of:
        first = _quoted(f"{folder}/{taken[0].path}")
        made.append(Command("See what grew since the first", f"go tool pprof -http=: -base {first} {local}"))
    endpoint = links.endpoint(run_id, shown) if raw and not shown.merged_of else ""
    if endpoint:
        path = encode.url_path(endpoint)
        where = f"{site_url.rstrip('/')}/{path}" if site_url else f"{{site}}/{path}"
        made.append(
            Command("Read it from this site", f"go tool pprof -top {shlex.quote(where)}", "" if site_url else path)
        )
    return tuple(made)


def _flag(profile: ProfileRecord) -> str:
    kind = f"-{profile.sample_types[profile.default_index].type}" if profile.sample_types else ""
    return f" {kind}" if kind in _FLAGS else ""


def _quoted(path: str) -> str:
    return shlex.quote(encode.visible(path))
