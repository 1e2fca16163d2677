"""The corridor while one works: the site on this machine, built when runs come, and a live view of a run.

Rules: as in `stages`. A run that is not finished is read as its collector leaves it: whole files only, each decoded
once. What cannot be read is left out; nothing is written into it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipeline import sites, stages
from pipeline.analysis.redact import Redactor, redact_profile
from pipeline.errors import ProfbookError, SiteError
from pipeline.model import layout
from pipeline.model.config import Config
from pipeline.store import runs

POLL_SECONDS: Final = 1.0
_TOP: Final = 12
_TAIL: Final = 2000
_LOAD_LOGS: Final = ("test.log", "collection.log")
_SERIES: Final = {"heap": "inuse_space", "goroutine": "goroutine"}


def serve(
    root: Path,
    config: Config,
    *,
    port: int = 8050,
    ended: threading.Event | None = None,
    opened: Callable[[str], None] | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Serve the site and the live view until ``ended`` or Ctrl-C; the site is built again when runs change."""
    from pipeline.render.live_page import live_page
    from pipeline.site.live import LIVE, LiveServer, serve_until
    from pipeline.site.templates import read_templates, templates_dir

    watch, live = _Watch(root, config, say), Live(root, config)
    try:
        page, site = live_page(read_templates(templates_dir())), stages.build_folder(root) / "site"
        try:
            server = LiveServer(port, site, page, live.state, watch.version)
        except OSError as error:
            cure = "Choose another with --port, or 0 for any."
            raise SiteError(f"port {port} cannot be used: {error.strerror or error}", cure=cure) from error
        here = server.address
        say(f"{here} shows the site, {here.rstrip('/')}{LIVE} a run while it is taken; Ctrl-C ends this")
        if opened is not None:
            opened(here)
        serve_until(server, ended or threading.Event(), watch.look, POLL_SECONDS)
    except KeyboardInterrupt:
        say("ended")
    return 0


@dataclass(slots=True)
class _Watch:
    """Builds the site when the runs, or the settings it was called with, changed."""

    root: Path
    config: Config
    say: Callable[[str], None]
    seen: tuple[tuple[str, int], ...] | None = None
    failed: str = ""

    def look(self) -> None:
        """Build the site again if runs came, went or changed."""
        if self._runs() != self.seen:
            self.build()

    def build(self) -> None:
        """Build the site; a failure is told once and leaves the old site."""
        self.seen = self._runs()
        try:
            sites.build_site(self.root, self.config, say=self.say)
            self.failed = ""
        except ProfbookError as error:
            if str(error) != self.failed:
                self.failed = str(error)
                self.say(f"the site is as it was: {error}")

    def version(self) -> str:
        """Name the site that is there now."""
        try:
            stat = (stages.build_folder(self.root) / "site.json").stat()
        except OSError:
            return ""
        return f"{stat.st_ino}-{stat.st_mtime_ns}"

    def _runs(self) -> tuple[tuple[str, int], ...] | None:
        folder = stages.profiles_folder(self.root, self.config)
        try:
            return tuple((name, (folder / name).stat().st_mtime_ns) for name in runs.run_names(folder))
        except (OSError, ProfbookError):
            return self.seen


@dataclass(slots=True)
class Live:
    """The state of the newest run being collected, as plain values; profiles are decoded once."""

    root: Path
    config: Config
    _known: dict[tuple[str, str, int], dict[str, Any] | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def state(self) -> dict[str, Any]:
        """Say what is being collected: files, growth, the heaviest functions, the end of the load's output."""
        with self._lock:
            folder = self._newest()
            if folder is None:
                self._known.clear()
                return {"collecting": False}
            redactor = Redactor(self.config.redact.rules)
            manifest = _manifest(folder)
            snapshots = [one for path in _paths(folder) if (one := self._snapshot(folder, path, redactor)) is not None]
            return {
                "collecting": True,
                "run": redactor.text(folder.name.removeprefix(".").removesuffix(".partial")),
                "started": redactor.text(str(manifest.get("started", ""))),
                "files": [{key: one[key] for key in ("path", "component", "kind", "bytes")} for one in snapshots],
                "series": _series(snapshots),
                "top": [one["top"] | {"path": one["path"]} for one in _last_of_each(snapshots) if one["top"]],
                "load": redactor.text(_tail(folder)),
            }

    def _newest(self) -> Path | None:
        profiles = stages.profiles_folder(self.root, self.config)
        found = [path for path in profiles.glob(".*.partial") if path.is_dir() and (path / ".collector.json").is_file()]
        return max(found, key=lambda path: path.name, default=None)

    def _snapshot(self, folder: Path, path: str, redactor: Redactor) -> dict[str, Any] | None:
        try:
            stat = (folder / path).stat()
            key = (folder.name, path, stat.st_mtime_ns)
            if key not in self._known:
                self._known[key] = _read(folder, path, redactor, self.config.limits.max_decoded_bytes)
            return self._known[key]
        except OSError:
            return None


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / runs.MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _paths(folder: Path) -> list[str]:
    """List the profiles there are, in the order they were written."""
    found = [
        path
        for path in folder.glob("**/*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    found.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [path.relative_to(folder).as_posix() for path in found]


def _read(folder: Path, path: str, redactor: Redactor, max_bytes: int) -> dict[str, Any] | None:
    """Decode one profile into what the live page shows; None for what is none."""
    from pipeline.analysis.top import build_top_tables
    from pipeline.decode import decode_profile
    from pipeline.units import show

    place = layout.place(path)
    if place.kind not in layout.ENDPOINTS:
        return None
    data = (folder / path).read_bytes()
    try:
        profile = redact_profile(decode_profile(data, max_bytes=max_bytes, symbolize=True), redactor).profile
        table = build_top_tables(profile, limit=_TOP)[profile.sample_index(_SERIES.get(place.kind, ""))]
    except (ProfbookError, IndexError):
        return None
    unit = table.sample_type.unit
    rows = [[row.name, show(row.flat, unit), show(row.cum, unit)] for row in table.rows]
    return {
        "path": redactor.text(path),
        "component": place.component,
        "kind": place.kind,
        "bytes": len(data),
        "total": table.total,
        "text": show(table.total, unit),
        "top": {"type": table.sample_type.type, "total": show(table.total, unit), "rows": rows},
    }


def _series(snapshots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order the totals of heaps and goroutines by component, for the growth charts."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in snapshots:
        if one["kind"] in _SERIES:
            point = {"value": one["total"], "text": one["text"], "path": one["path"]}
            found.setdefault((one["component"], one["kind"]), []).append(point)
    return [{"component": key[0], "kind": key[1], "points": points} for key, points in sorted(found.items())]


def _last_of_each(snapshots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    last = {(one["component"], one["kind"]): one for one in snapshots}
    return [last[key] for key in sorted(last)]


def _tail(folder: Path) -> str:
    """Read the end of what the load test has printed."""
    for name in _LOAD_LOGS:
        path = folder / name
        if path.is_file():
            with path.open("rb") as log:
                log.seek(max(path.stat().st_size - _TAIL, 0))
                return log.read().decode("utf-8", "replace")
    return ""
