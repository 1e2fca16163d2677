"""The command with a light site engine and a log of the work done: for tests of state, where the pages do not matter.

As a script it takes the words of the command. Environment: ``LIGHT_LOG`` is a file that gets a line for each piece of
work done; a run named by ``LIGHT_BLOCK`` waits, while it is derived, for somebody to open the FIFO ``LIGHT_FIFO``.
``--crash-everywhere`` ends the command by SIGKILL before its first, second, … change of the disk, each time looking
whether the next call repairs everything; ``--crash-growing FOLDER`` does so beginning with a copy of that as ``build``.
"""

import hashlib
import os
import shutil
import signal
import sys
from pathlib import Path

from pipeline import derive, history, stages
from pipeline.__main__ import main
from pipeline.model.config import CompareConfig, Config
from pipeline.model.history import History, OverTime
from pipeline.model.page import SiteContent, SitePart, StampedPage
from pipeline.render import links, pages
from pipeline.site import build, engine, stamp, templates
from pipeline.store import codec, fingerprint

REPO = Path(__file__).parents[1]
SHELL = stamp.Shell((("body", ""),), (), ())
CONTENTS = (("top", "Top"),)
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


def lists_light(_shop, _summaries, _comparisons, **_options):
    log("site")
    return SiteContent(documents={}, stamped={}, data={"index.html": b"light"}, copies={})


def run_light(_shop, one, *_facts, **_options):
    return SitePart(StampedPage(links.run_page(one.run.id), "", codec.dump(one).decode(), CONTENTS), {}, {})


def comparison_light(_shop, one, **_options):
    return SitePart(StampedPage(links.compare_page(one), "", codec.dump(one).decode(), CONTENTS), {}, {})


def install():
    """Put a light engine, light pages, no history and the log in the place of the real ones."""
    stages.derive = derive_logged
    pages.render_lists, pages.run_part, pages.comparison_part = lists_light, run_light, comparison_light
    build.run_engine = lambda *_words, **_options: engine.Engine(Path(), {}, "light")
    build.shells_of = lambda *_words: [(kind, SHELL, "") for kind in ("run", "compare")]
    build._vega = lambda _root: b""
    history.is_current = lambda *_words: True
    history.find, history.over_time = (lambda *_words: History()), (lambda *_words: OverTime())
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
    from pipeline.compare import pair  # noqa: F401
    from pipeline.decode import loadtest  # noqa: F401
    from pipeline.render import summary  # noqa: F401

    config = Config()
    fingerprint.derive_key("", config)
    fingerprint.compare_key(CompareConfig(base="a", head="b"), [], [])
    fingerprint.page_key(templates=[REPO / "site_templates" / name for name in ("pages", "partials")])
    fingerprint.site_key("", {}, config, templates.templates_dir())


def crash_everywhere(words, before=None):
    """Die before every change of the disk in turn; ``before`` is the folder ``build`` each time begins as, or none."""
    os.fsync = lambda _descriptor: None  # a kill does not lose what the system has taken
    warm_up()
    built = Path("build")
    assert forked(words) == 0
    whole = snapshot(built)
    for die_at in range(1, 10_000):
        shutil.rmtree(built)
        if before:
            shutil.copytree(before, built)
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
    elif sys.argv[1] == "--crash-growing":
        crash_everywhere(sys.argv[3:], Path(sys.argv[2]))
    else:
        sys.exit(main())
