"""Secrets planted inside the files of a run appear nowhere in what is made of them."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from pathlib import Path

import pytest

from pipeline import exporting, profiling, tasks
from pipeline.__main__ import main
from pipeline.model.run import LoadReport, Manifest, ProgramReport
from pipeline.store.runs import manifest_bytes
from tests.builders import pprof_message, write_run
from tests.test_canary import contents

MARK = "kanarie"
"""Every planted secret holds it, in small letters or capitals."""
TOKEN, KEY = f"ghp_{MARK}{'A1' * 14}", f"AKIA{MARK.upper()}012345678"
JWT = f"eyJhbGciOiJIUzI1NiJ9.{MARK}eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{MARK}\n-----END RSA PRIVATE KEY-----"
HOME = f"/home/{MARK}/src/app"
URL = f"postgres://ann:{MARK}@db:5432/x?sslpassword={MARK}"
TEXT = f"see {HOME}/notes, {URL}, Authorization: Bearer {MARK}-1234567, {KEY}\n{JWT}\n{PEM}\n--password={MARK}\n"
BASELINE, OPTIMIZED = "20260101_000000-baseline", "20260101_000100-optimized"


def profile(factor: int) -> bytes:
    """Build a CPU profile with secrets wherever text can be."""
    stacks = [(("main.main", f"main.{TOKEN}"), (10, 100 * factor)), (("main.main", "main.idle"), (5, 50))]
    message = pprof_message(stacks, duration_nanos=10**9, files={"main.main": f"{HOME}/main.go"})
    texts = [text.decode() for text in message.string_table]

    def add(text: str) -> int:
        texts.append(text)
        return len(texts) - 1

    message.mapping[0].filename = add(f"{HOME}/bin/app")
    message.comment.append(add(TEXT))
    message.doc_url = add(f"https://ann:{MARK}@docs/x?token={MARK}")
    for sample in message.sample:
        sample.label.add(key=add("tenant"), str=add(f"{MARK} gmbh"))
        sample.label.add(key=add("auth"), str=add(f"Bearer {MARK}-1234567"))
        sample.label.add(key=add("allowed"), str=add(f"a {TOKEN} b"))
        sample.label.add(key=add("shard"), num=7)
    add(f"unused {KEY}")
    del message.string_table[:]
    message.string_table.extend(text.encode() for text in texts)
    return gzip.compress(message.SerializeToString(), mtime=0)


LABELS = f'# labels: {{"tenant":"{MARK} gmbh"}}\n'
GOROUTINES = f"goroutine profile: total 1\n1 @ 0x1\n{LABELS}#\t0x1\tmain.main+0x1\t{HOME}/main.go:3\n"
DUMP = (
    f"goroutine 1 [select]:\nmain.serve(...)\n\t{HOME}/main.go:3 +0x1\ncreated by main.main\n\t{HOME}/main.go:9 +0x2\n"
)
LOAD = {
    "timestamp": "2026-01-01T00:00:00Z", "duration_s": 10, "total_ops": 1000, "writes": 900, "reads": 100, "errors": 0,
    "ops_per_sec": 100, "avg_latency_ms": 1.5, "token": MARK, "target": URL,
}  # fmt: skip
SETTINGS = '[redact]\nlabels = ["allowed"]\n[[compare]]\nbase = "baseline"\nhead = "optimized"\n'


def plant(root: Path) -> None:
    """Write a project of two runs whose files are full of secrets."""
    (root / "profbook.toml").write_text(SETTINGS)
    for factor, run_id in ((1, BASELINE), (3, OPTIMIZED)):
        manifest = Manifest(
            run_id,
            label=run_id.partition("-")[2],
            notes=TEXT,
            args=(f"--db-password={MARK}",),
            load=LoadReport(("load", "--token", MARK, URL), exit_code=0, tail=TEXT),
            programs=(ProgramReport("x", "y", (f"{HOME}/x",), tail=TEXT),),
        )
        files = {
            "run.json": manifest_bytes(manifest),
            "cpu.prof": profile(factor),
            "goroutine-before.txt": GOROUTINES.encode(),
            "goroutine-after.txt": DUMP.encode(),
            "load-test-results.json": json.dumps(LOAD).encode(),
            "README.md": TEXT.encode(),
            "test.log": TEXT.encode(),
            "trace.out": b"go 1.27 trace\0\xff" + f"{HOME} {KEY}".encode(),
            "heap.prof": f"not a profile: {TOKEN}".encode(),
            "used.time.txt": f'\tCommand being timed: "x --password={MARK}"\n\tElapsed: 1\n'.encode(),
        }
        write_run(root / "profiles", run_id, files)


def run(*words: str) -> str:
    """Run the command here; gives what it printed."""
    tasks.forget()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        main(words)
    return out.getvalue() + err.getvalue()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Build the site of the project; gives its place, and what was printed."""
    root = tmp_path_factory.mktemp("planted")
    plant(root)
    with contextlib.chdir(root):
        return root, run("site") + run("gate", "--json", "build/gate.json", "--junit", "build/gate.xml")


def leaks(folder: Path) -> list[str]:
    """List the files of a folder that hold what was planted, as a text or a name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 1
    return [
        path.relative_to(folder).as_posix()
        for path in files
        if MARK.encode() in contents(path.read_bytes()).lower() or MARK in path.name.lower()
    ]


def test_the_secrets_are_in_the_raw_files(told: tuple[Path, str]) -> None:
    assert len(leaks(told[0] / "profiles")) == 2 * 10


def test_nothing_is_printed(told: tuple[Path, str]) -> None:
    assert MARK not in told[1].lower()
    assert "2 runs" in told[1]


def test_nothing_is_in_what_is_built(told: tuple[Path, str]) -> None:
    assert leaks(told[0] / "build") == []


def test_the_site_has_what_may_be_shown(told: tuple[Path, str]) -> None:
    raw = told[0] / "build" / "site" / "runs" / BASELINE / "raw" / "service"
    names = {path.name for path in raw.iterdir()}
    assert {"cpu.prof", "goroutine-before.txt", "README.md", "load-test-results.json", "run.json"} <= names
    assert "trace.out" not in names
    assert json.loads((raw / "load-test-results.json").read_text())["total_ops"] == 1000
    page = (told[0] / "build" / "site" / "runs" / BASELINE / "index.html").read_text()
    for code in ("labels_left_out", "secret_masked", "raw_left_out"):
        assert code in page
    assert "main.idle" in page


def test_published_profiles_have_the_same_numbers(told: tuple[Path, str]) -> None:
    place = f"build/site/runs/{BASELINE}/service/debug/pprof/profile"
    with contextlib.chdir(told[0]):
        published, raw = (run("pprof", "-top", path) for path in (place, f"profiles/{BASELINE}/cpu.prof"))
        assert "allowed: Total" in run("pprof", "-tags", place)
        assert "tenant" not in run("pprof", "-tags", place)
    assert published.splitlines()[-2:] != []
    numbers = [line.split()[:5] for line in raw.splitlines() if line.strip()[:1].isdigit()]
    assert [line.split()[:5] for line in published.splitlines() if line.strip()[:1].isdigit()] == numbers


def test_nothing_is_in_exports(told: tuple[Path, str]) -> None:
    with contextlib.chdir(told[0]):
        for form in sorted(set(exporting.FORMATS) - {"pyroscope", "parca", "pgo"}):
            words = ["baseline"] if form.startswith("custom") or form in exporting.ROWS | profiling.FORMATS else []
            words = ["baseline", "optimized"] if form in {"versus", "html"} else words
            printed = run("export", form, *words, "--out", f"exports/{form}/")
            assert MARK not in printed.lower(), form
            assert list(Path("exports", form).rglob("*.*")), (form, printed)
        run("export", "html", BASELINE, "--out", "exports/run.html")
        assert leaks(Path("exports")) == []
        assert "main.idle" in Path("exports/run.html").read_text()


def test_nothing_is_in_a_comment(told: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.chdir(told[0]):
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(told[0] / "summary.md"))
        printed = run("comment")
    assert "optimized" in printed
    assert MARK not in printed.lower()
    summary = told[0] / "summary.md"
    assert not summary.exists() or MARK not in summary.read_text().lower()


def test_nothing_is_in_scrubbed_copies(told: tuple[Path, str]) -> None:
    with contextlib.chdir(told[0]):
        printed = run("scrub", "--out", "shared")
        assert MARK not in printed.lower()
        assert "left out trace.out" in printed
        assert leaks(Path("shared")) == []
        assert len(list(Path("shared").rglob("*.*"))) >= 2 * 9


def test_scrubbed_copies_are_runs(told: tuple[Path, str], tmp_path: Path) -> None:
    with contextlib.chdir(told[0]):
        run("scrub", "--out", str(tmp_path / "profiles"))
    with contextlib.chdir(tmp_path):
        assert "2 runs" in run("site")
        rows = json.loads(run("export", "json"))["rows"]
    with contextlib.chdir(told[0]):
        assert rows == json.loads(run("export", "json"))["rows"]
