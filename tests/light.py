"""The command with a light site engine and a log of the work done: for tests of state, where the pages do not matter.

As a script it takes the words of the command. Environment: ``LIGHT_LOG`` is a file that gets a line for each piece of
work done; a run named by ``LIGHT_BLOCK`` waits, while it is derived, for somebody to open the FIFO ``LIGHT_FIFO``.
``--crash-everywhere`` ends the command by SIGKILL before its first, second, … change of the disk, each time looking
whether the next call repairs everything.
"""

import hashlib
import os
import shutil
import signal
import sys
from pathlib import Path

from pipeline import derive, stages
from pipeline.__main__ import main
from pipeline.model.config import CompareConfig, Config
from pipeline.model.page import SiteContent
from pipeline.render import pages
from pipeline.site import build, swap, templates
from pipeline.store import codec, fingerprint

REPO = Path(__file__).parents[1]
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}


def log(*words):
    if os.environ.get("LIGHT_LOG"):
        with Path(os.environ["LIGHT_LOG"]).open("a", encoding="utf-8") as file:
            file.write(" ".join(words) + "\n")


def derive_logged(run, *args, **options):
    log("derive", run.id)
    if os.environ.get("LIGHT_BLOCK") == run.id:
        Path(os.environ["LIGHT_FIFO"]).read_bytes()
    return derive.derive(run, *args, **options)


def render_light(records, comparisons, **_options):
    log("site")
    data = {f"runs/{one.run.id}/index.html": codec.dump(one) for one in records}
    data |= {f"compare/{one.slug}/index.html": codec.dump(one) for one in comparisons}
    return SiteContent(documents={}, stamped={}, data=data | {"index.html": b"light"}, copies={})


def build_light(content, *, staging, site_dir, **_options):
    swap.recover(site_dir, staging)
    for name, data in content.data.items():
        (staging / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / "site" / name).write_bytes(data)
    swap.swap_in(staging / "site", site_dir)
    shutil.rmtree(staging, ignore_errors=True)
    return build.BuildReport((), (), (), len(content.data))


def install():
    """Put the light engine and the log in the place of the real engine."""
    stages.derive = derive_logged
    pages.render_site = render_light
    build.build_site = build_light
    templates.templates_dir = lambda: REPO / "site_templates"
    templates.read_templates = lambda _folder: {}


def copy_package(place):
    """Copy the package: keys must not change when somebody edits the code while a test runs."""
    for name in ("pipeline", "site_templates", "tests"):
        left_out = shutil.ignore_patterns("__pycache__", "demo", "test_*")
        shutil.copytree(REPO / name, place / name, ignore=left_out, dirs_exist_ok=True)
    return place


def snapshot(build_dir):
    """Digest everything that was built; locks are not part of it."""
    return {
        path.relative_to(build_dir).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in build_dir.rglob("*")
        if path.is_file() and path.relative_to(build_dir).parts[0] not in {"locks", "cache"}
    }


def forked(words, die_at=0):
    """Run the command in a child; ``die_at`` kills it before that change of the disk."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if die_at:
        seen = [0]

        def watch(event, args):
            written = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
            if written or event in CHANGES:
                seen[0] += 1
                if seen[0] == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
    os._exit(main(words))


def warm_up():
    """Import and remember here what every child would have to again."""
    from doit import cmd_base, doit_cmd  # noqa: F401

    from pipeline import decode, tasks  # noqa: F401
    from pipeline.analysis import calltree, header, metrics, top  # noqa: F401
    from pipeline.compare import history, pair  # noqa: F401
    from pipeline.decode import loadtest  # noqa: F401

    config = Config()
    fingerprint.derive_key("", config)
    fingerprint.compare_key(CompareConfig(base="a", head="b"), [], [])
    fingerprint.history_key({}, config)
    fingerprint.site_key({}, {}, config, templates.templates_dir())


def crash_everywhere(words):
    os.fsync = lambda _descriptor: None  # a kill does not lose what the system has taken
    warm_up()
    built = Path("build")
    assert forked(words) == 0
    whole = snapshot(built)
    for die_at in range(1, 10_000):
        shutil.rmtree(built)
        ended = forked(words, die_at)
        if ended == 0:
            print(f"{die_at - 1} crashes repaired")
            return
        assert ended == -signal.SIGKILL, f"crash {die_at}: exit code {ended}"
        assert forked(words) == 0, f"crash {die_at}: the next call failed"
        found = snapshot(built)
        assert found == whole, f"crash {die_at}: {sorted(set(found.items()) ^ set(whole.items()))}"


if __name__ == "__main__":
    install()
    if sys.argv[1] == "--crash-everywhere":
        crash_everywhere(sys.argv[2:])
    else:
        sys.exit(main())
