"""What one file of an import is: by its content, with its name as a hint where the content leaves a choice.

Rules: a file whose name says it is a profile must be one; any other file is kept whatever it is. Pure: bytes in, facts
out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from pipeline.decode import decode_profile
from pipeline.decode.contents import kind_of
from pipeline.decode.loadtest import decode_load
from pipeline.errors import DecodeError
from pipeline.model import layout
from pipeline.model.run import DEFAULT_COMPONENT, Phase

_PROFILE_KINDS: Final = frozenset({*layout.ENDPOINTS, "profile"})
_ALIKE: Final = (frozenset({"heap", "allocs"}), frozenset({"block", "mutex"}))
_KEPT_AS_NAMED: Final = frozenset({"manifest", "notes", "bench", "time", "memstats", "source", "trace"})
_PROFILE_NAME: Final = re.compile(r"\.(prof|pprof|pb|pb\.gz|pgo|out)$", re.IGNORECASE)
_BENCH: Final = re.compile(rb"^Benchmark\S*\s+\d+\s+[\d.e+]+ ns/op", re.MULTILINE)
_GNU_TIME: Final = b"Maximum resident set size (kbytes):"
_WORDS: Final[dict[str, Phase]] = {"before": "before", "baseline": "before", "during": "during", "after": "after"}
_KIND_WORDS: Final = frozenset({
    "heap", "mem", "memory", "allocs", "alloc", "cpu", "profile", "prof", "pprof", "goroutine", "goroutines", "block",
    "mutex", "threadcreate", "goroutineleak", "debug0", "debug1", "debug2", "default", "merged", "out",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is. ``code`` and ``message`` are set when it cannot be used; ``nanos`` is the profile's own time.

    ``other_kind`` is what the content is when the name claims something else.
    """

    component: str
    kind: str
    phase: Phase
    code: str = ""
    message: str = ""
    nanos: int = 0
    other_kind: str = ""


def looks_like_profile(path: str) -> bool:
    """Tell by its name whether a file is meant as a profile."""
    return layout.place(path).kind in _PROFILE_KINDS or bool(_PROFILE_NAME.search(path))


def identify(path: str, data: bytes, *, max_bytes: int) -> Content:
    """Say what a file is; ``path`` is its place in the run, ``max_bytes`` bounds what a profile may unpack to."""
    place = layout.place(path)
    if place.kind in _KEPT_AS_NAMED:
        return Content(place.component, place.kind, place.phase)
    if place.kind == "load" or (place.kind == "other" and path.endswith(".json")):
        return _load(path, place, data)
    if place.kind == "log" or (place.kind == "other" and not _PROFILE_NAME.search(path)):
        kind = "time" if _GNU_TIME in data else "bench" if _BENCH.search(data) else ""
        if kind or place.kind == "log":
            return Content(_component(path) if kind else "", kind or "log", "")
    return _profile(path, place, data, max_bytes)


def too_large(path: str, max_bytes: int) -> Content:
    """Say what a file is that is too large to be looked into."""
    if not looks_like_profile(path):
        return Content("", "other", "")
    place = layout.place(path)
    return Content(
        place.component or _component(path),
        place.kind,
        place.phase,
        "too_large",
        f"it has more than {max_bytes:,} bytes",
    )


def _load(path: str, place: layout.Place, data: bytes) -> Content:
    component = place.component or path.rpartition("/")[0] or DEFAULT_COMPONENT
    try:
        decode_load(data)
    except DecodeError as error:
        if place.kind == "load":
            return Content(component, "load", "", error.code, error.message)
        return Content("", "other", "")
    return Content(component, "load", "")


def _profile(path: str, place: layout.Place, data: bytes, max_bytes: int) -> Content:
    claimed = place.kind if place.kind in _PROFILE_KINDS else "profile"
    component, phase = place.component or _component(path), place.phase
    if claimed == "profile" or path.count("/") > 1:
        component, phase = _component(path), place.phase or _phase(path)
    try:
        profile = decode_profile(data, max_bytes=max_bytes)
    except DecodeError as error:
        if not looks_like_profile(path):
            return Content("", "other", "")
        return Content(component, claimed, phase, error.code, error.message)
    kind = kind_of(profile)
    nanos = profile.time_nanos
    if claimed == "profile":
        usual: Phase = "during" if kind == "cpu" else "after" if kind in layout.ENDPOINTS else ""
        return Content(component, kind, phase or usual, nanos=nanos)
    same = kind in {claimed, "profile"} or any({kind, claimed} <= group for group in _ALIKE)
    return Content(component, claimed, phase, nanos=nanos, other_kind="" if same else kind)


def _words(path: str) -> list[str]:
    stem = PurePosixPath(path).name
    stem = re.sub(r"(\.(prof|pprof|pb|gz|pgo|out|log|txt|bench|time))+$", "", stem, flags=re.IGNORECASE)
    return [word for word in re.split(r"[-_.]+", stem) if word]


def _phase(path: str) -> Phase:
    return next((_WORDS[word] for word in _words(path) if word in _WORDS), "")


def _component(path: str) -> str:
    """Name the component of a file: its folder, else what its name says beside kind, moment and numbers."""
    folder = path.rpartition("/")[0]
    if folder:
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.replace("/", ".")).strip("._-")
        return name if layout.is_run_name(name) else DEFAULT_COMPONENT
    kept: list[str] = []
    for word in _words(path):
        if word in _WORDS:
            break  # what follows says during or after what
        if word.lower() not in _KIND_WORDS and not re.fullmatch(r"\d{6,}", word):
            kept.append(word)
    name = re.sub(r"[^A-Za-z0-9_]+", "_", "_".join(kept)).strip("_")
    return name if layout.is_run_name(name) and not name.isdigit() else DEFAULT_COMPONENT
