"""The corridor's first part: how runs come to be.

Rules: as in `stages`. What comes from outside is checked and kept; the exit code says whether data is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pipeline import sites
from pipeline.errors import CollectError, StoreError, UsageError
from pipeline.model.config import Config
from pipeline.stages import PARTIAL, build_folder, profiles_folder
from pipeline.store import atomic, locks
from pipeline.store.config import has_shared_settings, load_config
from pipeline.units import counted

# --- collect -----------------------------------------------------------------------------------------------------


def collect_runs(
    root: Path,
    config: Config,
    *,
    label: str = "",
    variant: str = "",
    repeat: int = 1,
    notes: str = "",
    args: Sequence[str] = (),
    is_enough: Callable[[str], bool] | None = None,
) -> int:
    """Build the service once and take ``repeat`` runs of it; the exit code is 3 when one of them is partial.

    ``args`` are extra words for the service. An interrupted run is the last one, and one that ``is_enough``.
    """
    from pipeline.collect import services, session

    session.check_request(config, variant)
    prepared = services.prepare(config, root, build_folder(root) / "bin")
    worst = 0
    for _ in range(repeat):
        run = session.collect_run(
            config, root=root, prepared=prepared, label=label, variant=variant, args=args, notes=notes
        )
        worst = max(worst, session.exit_code(run.manifest))
        if run.manifest.status == "interrupted" or (is_enough and is_enough(run.path.name)):
            break
    return worst


# --- A/B of two commits -------------------------------------------------------------------------------------------


def compare_refs(  # noqa: PLR0913 - all by keyword: the words of one command
    root: Path,
    config: Config,
    *,
    base: str,
    head: str,
    rounds: int = 4,
    labels: str = "",
    variant: str = "",
    notes: str = "",
    is_enough: Callable[[int, tuple[Sequence[str], Sequence[str]]], bool] | None = None,
    say: Callable[[str], None] = locks.tell,
) -> int:
    """Collect runs of two commits in interleaved rounds; the exit code is 3 when one of them is missing or partial."""
    from pipeline.collect import rounds as ab

    build = build_folder(root)
    with locks.hold(build / "locks", "ab"):
        return ab.compare_refs(
            config,
            base,
            head,
            root=root,
            folder=build / "worktrees",
            rounds=rounds,
            labels=labels,
            variant=variant,
            notes=notes,
            is_enough=is_enough,
            say=say,
        )


# --- import ------------------------------------------------------------------------------------------------------


def import_paths(
    root: Path, config: Config, *, paths: Sequence[str], label: str = "", say: Callable[[str], None] = print
) -> int:
    """Make runs of folders, archives and files that others collected; the exit code is 3 when something is missing."""
    from pipeline.collect.adopt import import_paths as adopt
    from pipeline.collect.archive import ImportLimits

    build = build_folder(root)
    with locks.hold(build / "locks", "import"):
        return adopt(
            [root / path for path in paths],
            profiles=profiles_folder(root, config),
            staging=build / "import",
            label=label,
            limits=ImportLimits(config.limits.import_files, config.limits.import_bytes),
            max_bytes=config.limits.max_decoded_bytes,
            say=say,
        )[1]


# --- init --------------------------------------------------------------------------------------------------------


def init(root: Path, *, force: bool = False, say: Callable[[str], None] = print) -> int:
    """Write profbook.toml for the project in ``root``. Raises UsageError when there are settings already."""
    from pipeline.collect.project import is_unignored, look, settings, told

    place = root / "profbook.toml"
    if place.exists() and not force:
        raise UsageError("there is a profbook.toml already", cure="Edit it, or write over it with --force.")
    if not force and has_shared_settings(root):
        raise UsageError("pyproject.toml has a [tool.profbook] table already", cure="Edit that one.")
    project = look(root)
    for line in told(project):
        say(line)
    atomic.write_bytes(place, settings(project).encode())
    if is_unignored(root, "build"):
        say("git does not ignore build/, where all that is made goes: add /build/ to .gitignore")
    say("wrote profbook.toml; next: `profbook doctor`, then `profbook collect --label baseline`")
    return 0


# --- doctor ------------------------------------------------------------------------------------------------------

_SIGNS: Final = {"info": "✓", "warning": "!", "error": "✕"}


def doctor(
    root: Path, environ: Mapping[str, str], asked: Sequence[str] = (), *, say: Callable[[str], None] = print
) -> int:
    """Check settings, services, tools, leftovers, the site's size, a line each; the exit code is 3 when a collect would
    lose data. ``asked`` for the ``site`` it says what that is made of, and looks at nothing else.

    Raises ConfigError when the settings themselves are wrong, UsageError for any other word.
    """
    if strange := [word for word in asked if word != "site"]:
        raise UsageError(f"doctor does not take {strange[0]!r}", cure="`profbook doctor --help` lists what it takes.")
    config = load_config(root, environ)
    if asked:
        _tell_size(root, config, say=say, is_whole=True)
        return 0
    from pipeline.collect.doctor import examine

    say(f"{_SIGNS['info']} settings: valid")
    errors = 0
    for found in examine(config, root, profiles=profiles_folder(root, config)):
        errors += found.severity == "error"
        evidence = f" ({found.evidence})" if found.evidence else ""
        say(f"{_SIGNS[found.severity]} {found.subject}: {found.message}{evidence}")
        if found.cure:
            say(f"    {found.cure}")
    _tell_size(root, config, say=say)
    return PARTIAL if errors else 0


def _tell_size(root: Path, config: Config, *, say: Callable[[str], None], is_whole: bool = False) -> None:
    """Say how large the site is; with ``is_whole``, and when it is too large, what it is made of."""
    from pipeline.render.site_size import size_line, size_lines

    size = sites.size(root, config)
    if size:
        say(f"{_SIGNS['warning' if size.is_too_large else 'info']} site: {size_line(size)}")
    elif is_whole:
        raise StoreError("there is no site", cure="Build it: `profbook site`.")
    if size and (is_whole or size.is_too_large):
        for line in size_lines(size):
            say(f"    {line}")


# --- collections in the background -------------------------------------------------------------------------------


def start_collection(root: Path, config: Config, words: Sequence[str], *, say: Callable[[str], None] = print) -> int:
    """Start ``collect WORDS`` in the background, and say which run it writes."""
    from pipeline.collect import daemon

    one = daemon.start(words, root=root, profiles=profiles_folder(root, config))
    say(f"{one.id}: collecting, process {one.pid}; `profbook collect stop {one.id}` ends it")
    return 0


def list_collections(root: Path, config: Config, *, say: Callable[[str], None] = print) -> int:
    """Say which collections are running."""
    from pipeline.collect import daemon

    found = daemon.running(profiles_folder(root, config))
    for one in found:
        say(f"{one.id}: since {one.since}, {counted(one.profiles, 'profile')}, process {one.pid} on {one.host}")
    if not found:
        say("no collection is running")
    return 0


def stop_collection(root: Path, config: Config, wanted: str = "", *, say: Callable[[str], None] = print) -> int:
    """End a collection in good order and say what became of its run; the exit code is 3 when it is partial."""
    from pipeline.collect import daemon

    profiles = profiles_folder(root, config)
    ended = daemon.stop(profiles, daemon.choose(daemon.running(profiles), wanted))
    if ended.path is None:
        raise CollectError(f"{ended.id} ended without a profile", cure=f"See its logs in {profiles.name}/.")
    say(f"{ended.id}: {ended.status}, {counted(ended.profiles, 'profile')}")
    return PARTIAL if ended.status == "partial" else 0
