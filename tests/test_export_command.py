"""`profbook export` and `scrub` on real runs: every format is read back by what it is for."""

from __future__ import annotations

import contextlib
import csv
import gzip
import http.server
import importlib
import io
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree as ET

import pytest

from pipeline import tasks
from pipeline.__main__ import main as command
from pipeline.decode import decode_profile
from pipeline.decode.gobench import decode_gobench
from pipeline.render.export_rows import COLUMNS
from tests.browser.conftest import serve as serve_folder
from tests.oracle.conftest import TOOLS
from tests.test_house import ROOT

BASE = ("20261120_213245-baseline", "20261120_213307-baseline")
HEAD = ("20261120_213256-optimized", "20261120_213318-optimized")
SETTINGS = '[[compare]]\nbase = "baseline"\nhead = "optimized"\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy two runs of either label of the demo."""
    root = tmp_path_factory.mktemp("exported")
    (root / "profbook.toml").write_text(SETTINGS)
    for run in (*BASE, *HEAD):
        shutil.copytree(ROOT / "profiles" / run, root / "profiles" / run)
    return root


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


def main(words: list[str]) -> int:
    """Run the command as a process of its own would: it reads settings and runs once."""
    tasks.forget()
    return command(words)


@pytest.fixture(scope="module")
def go() -> str:
    found = shutil.which("go", path=TOOLS)
    if found is None:
        pytest.skip("no Go toolchain")
    return found


def export(here: Path, *words: str, code: int = 0) -> bytes:
    """Export to a file; gives what is in it."""
    out = here / "out"
    out.unlink(missing_ok=True)
    assert main(["export", *words, "--out", "out"]) == code
    return out.read_bytes() if code == 0 else b""


# --- rows ---------------------------------------------------------------------------------------------------------


def test_rows_are_the_same_in_json_csv_and_parquet(here: Path) -> None:
    rows = json.loads(export(here, "json"))
    assert rows["columns"] == list(COLUMNS)
    assert {row["run"] for row in rows["rows"]} == {*BASE, *HEAD}
    read = list(csv.DictReader(io.StringIO(export(here, "csv").decode())))
    assert [{**row, "value": float(row["value"])} for row in read] == [
        {**row, "value": float(row["value"])} for row in rows["rows"]
    ]
    polars = importlib.import_module("polars")
    table = polars.read_parquet(io.BytesIO(export(here, "parquet")))
    assert table.columns == list(COLUMNS)
    assert table.to_dicts() == [{**row, "value": float(row["value"])} for row in rows["rows"]]


def test_one_row_for_each_metric_and_profile_total(here: Path) -> None:
    rows = json.loads(export(here, "json", BASE[0]))["rows"]
    keys = [(row["component"], row["profile"], row["metric"]) for row in rows]
    assert len(keys) == len(set(keys))
    assert ("eventstore", "", "ops_per_sec") in keys
    assert ("eventstore", "eventstore/cpu.prof", "total.cpu") in keys
    assert {row["run"] for row in rows} == {BASE[0]}


def test_openmetrics_keeps_to_its_grammar(here: Path) -> None:
    *lines, end = export(here, "openmetrics").decode().splitlines()
    assert end == "# EOF"
    families: list[str] = []
    for line in lines:
        if line.startswith("# TYPE"):
            families.append(line.split()[2])
        else:
            pattern = rf'(# HELP )?{families[-1]}({{run="[^"]+",label="\w+",component="\w+"}} -?[0-9.e+-]+$| .+)'
            assert re.match(pattern, line), line
    assert len(families) == len(set(families)) > 10


@pytest.mark.parametrize(("form", "better"), [("customSmallerIsBetter", "lower"), ("customBiggerIsBetter", "higher")])
def test_custom_benchmarks_are_the_medians_of_one_label(here: Path, form: str, better: str) -> None:
    rows = json.loads(export(here, "json", "baseline"))["rows"]
    found = {one["name"]: one for one in json.loads(export(here, form, "baseline"))}
    assert len(found) == len({row["metric"] for row in rows if row["better"] == better})
    name, metric = ("Mean latency", "latency_mean") if better == "lower" else ("Throughput", "ops_per_sec")
    values = [row["value"] for row in rows if row["metric"] == metric]
    assert found[f"eventstore: {name}"]["value"] == pytest.approx(sum(values) / 2)
    assert set(found[f"eventstore: {name}"]) == {"name", "unit", "value", "range", "extra"}


def test_custom_benchmarks_of_two_labels_are_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export(here, "customSmallerIsBetter", code=2)
    assert "one label" in capsys.readouterr().err


def test_benchfmt_is_what_benchstat_compares(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(export(here, "json"))["rows"]
    for label in ("baseline", "optimized"):
        file = decode_gobench(export(here, "benchfmt", label))
        assert file.faults == file.findings == ()
        assert len(file.results) == 2
        (here / f"{label}.txt").write_bytes((here / "out").read_bytes())
    assert main(["benchstat", "-format", "csv", "baseline.txt", "optimized.txt"]) == 0
    told, flags = capsys.readouterr().out, re.MULTILINE
    for unit, metric, factor in (("sec/op", "latency_mean", 1), ("B/op", "alloc_bytes_per_op", 1)):
        block = re.search(rf"^,{re.escape(unit)},.*\n(?:.*\n)*?/component=eventstore,([^,]+),.*?,([^,]+),", told, flags)
        assert block, unit
        for label, center in zip(("baseline", "optimized"), block.groups(), strict=True):
            values = [row["value"] * factor for row in rows if row["metric"] == metric and row["label"] == label]
            assert float(center) == pytest.approx(sum(values) / 2, rel=1e-9)


@pytest.mark.skipif(shutil.which("benchstat") is None, reason="benchstat is not installed")
def test_the_real_benchstat_reads_benchfmt(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for label in ("baseline", "optimized"):
        (here / f"{label}.txt").write_bytes(export(here, "benchfmt", label))
    real = subprocess.run(["benchstat", "baseline.txt", "optimized.txt"], capture_output=True, text=True, check=True)
    capsys.readouterr()
    assert main(["benchstat", "baseline.txt", "optimized.txt"]) == 0
    assert capsys.readouterr().out == real.stdout


def test_all_labels_in_one_benchfmt_file_are_told_apart(here: Path) -> None:
    assert {dict(one.config).get("label") for one in decode_gobench(export(here, "benchfmt")).results} == {
        "baseline", "optimized",
    }  # fmt: skip


# --- comparisons ----------------------------------------------------------------------------------------------------


def test_a_comparison_as_json(here: Path) -> None:
    (one,) = json.loads(export(here, "comparison"))["comparisons"]
    assert (one["base_label"], one["head_label"]) == ("baseline", "optimized")
    assert one["base_runs"] == list(BASE)
    assert {"metrics", "functions", "rules", "outcome"} <= set(one)


def test_junit_and_sarif_are_well_formed(here: Path) -> None:
    assert ET.fromstring(export(here, "junit")).tag == "testsuites"
    document = json.loads(export(here, "sarif", "optimized", "baseline"))
    assert document["version"] == "2.1.0"
    assert document["runs"][0]["tool"]["driver"]["name"] == "profbook"


def test_versus_says_the_verdict_and_every_metric(here: Path) -> None:
    text = export(here, "versus", "baseline", "optimized").decode()
    assert text.startswith("# `optimized` against `baseline`\n\n**inconclusive**")
    assert "Throughput" in text


# --- reports --------------------------------------------------------------------------------------------------------


def test_reports_go_into_a_folder_of_each_run(here: Path) -> None:
    assert main(["export", "readme", "--out", "reports/"]) == 0
    assert main(["export", "analysis", "--out", "reports/"]) == 0
    for run in (*BASE, *HEAD):
        assert f"# Run `{run}`" in (here / "reports" / run / "README.md").read_text()
        assert "Heap" in (here / "reports" / run / "analysis.md").read_text()
    assert "runtime.mallocgc" in (here / "reports" / BASE[0] / "README.md").read_text()


@pytest.mark.parametrize("out", ["profiles/", "profiles", f"profiles/{BASE[0]}/", f"profiles/{BASE[0]}/new.md"])
def test_a_report_is_not_written_into_a_run(here: Path, out: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "analysis", BASE[0], "--out", out]) == 2
    assert "nothing changes a run" in capsys.readouterr().err
    assert not list((here / "profiles").rglob("*.md"))


def test_a_report_may_stand_beside_the_runs(here: Path) -> None:
    assert main(["export", "versus", "baseline", "optimized", "--out", "profiles/comparisons/"]) == 0
    (here / "profiles/comparisons/baseline-vs-optimized.md").unlink()
    (here / "profiles/comparisons").rmdir()


def test_the_change_of_a_series_has_its_sign(here: Path) -> None:
    text = export(here, "analysis", BASE[0]).decode()
    lines = [line for line in text.splitlines() if line.startswith("- last: ")]
    assert lines
    assert all(line.endswith(" since the first") and line.rpartition(", ")[2][0] in "+−0" for line in lines)


def test_a_report_of_several_runs_in_one_file_is_refused(here: Path) -> None:
    export(here, "readme", code=2)


@pytest.mark.parametrize("words", [(BASE[0],), ("baseline", "optimized")])
def test_one_html_file_needs_nothing_else(here: Path, words: tuple[str, ...]) -> None:
    text = export(here, "html", *words).decode()
    assert "<script" not in text
    assert not re.findall(r'\s(?:src|data-src|on\w+)="', text)
    assert set(re.findall(r'href="(.)', text)) <= {"#", "d"}
    assert "url(" not in text.replace("url(#", "")
    assert "<svg" in text


def test_a_picture_is_of_two_labels(here: Path) -> None:
    assert export(here, "png", "baseline", "optimized").startswith(b"\x89PNG")
    export(here, "png", "baseline", code=2)


def test_links_of_one_html_file_lead_to_the_site(here: Path) -> None:
    (here / "profbook.toml").write_text(f'{SETTINGS}[site]\nurl = "https://pages.example/app/"\n')
    try:
        text = export(here, "html", BASE[0]).decode()
    finally:
        (here / "profbook.toml").write_text(SETTINGS)
    assert 'href="https://pages.example/app/explore/index.html?p=' in text
    assert 'href="https://pages.example/app/runs/index.html"' in text
    ours = ("#", "data:,", "https://pages.example/app/")
    assert all(href.startswith(ours) for href in re.findall(r'href="([^"]*)', text))


# --- profiles -------------------------------------------------------------------------------------------------------


def totals(data: bytes) -> list[int]:
    profile = decode_profile(data)
    return [int(column.sum()) for column in profile.samples.values.T]


def raw(run: str, name: str) -> bytes:
    return (ROOT / "profiles" / run / "eventstore" / name).read_bytes()


def test_merged_profiles_add_up(here: Path) -> None:
    merged = totals(export(here, "pprof", "baseline"))
    assert merged == [sum(pair) for pair in zip(*(totals(raw(run, "cpu.prof")) for run in BASE), strict=True)]


def test_a_difference_carries_its_base(here: Path) -> None:
    profile = decode_profile(export(here, "pprof", "optimized", "--base", "baseline", "--kind", "allocs"))
    assert "pprof::base" in profile.labels.key
    head, base = ([totals(raw(run, "allocs-after.prof")) for run in runs] for runs in (HEAD, BASE))
    assert int(profile.samples.values[:, 0].sum()) == sum(row[0] for row in head) - sum(row[0] for row in base)


def test_a_difference_of_sums_of_unlike_many_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("optimized", "--kind", "allocs", "--base")
    export(here, "pprof", *words, "baseline")
    assert "sums" not in capsys.readouterr().err
    export(here, "pprof", *words, BASE[0])
    assert f"the sum of {len(HEAD)} profiles less the sum of 1: sums, not means" in capsys.readouterr().err


def test_a_filter_leaves_what_matches(here: Path) -> None:
    files = [str(ROOT / "profiles" / run / "eventstore/cpu.prof") for run in BASE]
    for option in ("focus", "ignore"):
        ours = totals(export(here, "pprof", "baseline", f"--{option}", "runtime.mallocgc"))
        assert main(["pprof", "-proto", f"-{option}=runtime.mallocgc", "-output=whole.pb.gz", *files]) == 0
        assert ours == totals((here / "whole.pb.gz").read_bytes())
        assert 0 < ours[0] < totals(export(here, "pprof", "baseline"))[0]


def test_folded_and_speedscope_have_the_same_sums(here: Path) -> None:
    lines = export(here, "folded", BASE[0]).decode().splitlines()
    assert sum(int(line.rpartition(" ")[2]) for line in lines) == totals(raw(BASE[0], "cpu.prof"))[1]
    shown = json.loads(export(here, "speedscope", BASE[0]))
    assert sum(shown["profiles"][1]["weights"]) == totals(raw(BASE[0], "cpu.prof"))[1]


def test_default_pgo_is_of_cpu_and_says_what_it_is_of(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = decode_profile(export(here, "pgo", "optimized"))
    assert "2 CPU profiles" in capsys.readouterr().err
    assert [str(one) for one in profile.sample_types] == ["samples/count", "cpu/nanoseconds"]
    assert len(profile.labels) == 0
    export(here, "pgo", "optimized", "--kind", "heap", code=2)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "words",
    [("nothing",), (), ("json", "no-such-run"), ("pprof", "--kind", "mutexes"), ("pprof", "--component", "x"),
     ("versus", "baseline"), ("parca",), ("json", "--strange", "1")],
)  # fmt: skip
def test_what_cannot_be_meant_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert main(["export", *words]) == 2


@pytest.mark.oracle
def test_go_tool_pprof_opens_what_is_exported(here: Path, go: str) -> None:
    difference = ("pprof", "optimized", "--base", "baseline")
    for words in (("pprof", "baseline", "--kind", "heap"), difference, ("pgo", "baseline")):
        (here / "out.pb.gz").write_bytes(export(here, *words))
        done = subprocess.run([go, "tool", "pprof", "-top", "out.pb.gz"], capture_output=True, text=True, check=True)
        with contextlib.redirect_stdout(io.StringIO()) as ours:
            assert main(["pprof", "-top", "out.pb.gz"]) == 0
        assert done.stdout == ours.getvalue()


@pytest.mark.oracle
def test_go_build_takes_default_pgo(here: Path, go: str, tmp_path: Path) -> None:
    (tmp_path / "default.pgo").write_bytes(export(here, "pgo", "baseline"))
    source = shutil.copytree(ROOT / "pipeline" / "demo", tmp_path / "demo")
    words = [go, "build", "-C", str(source), "-buildvcs=false", "-trimpath", f"-pgo={tmp_path}/default.pgo"]
    words = [*words, "-o", f"{tmp_path}/bin/", "./eventstore"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    words = [go, "version", "-m", f"{tmp_path}/bin/eventstore"]
    assert "-pgo=" in subprocess.run(words, capture_output=True, text=True, check=True).stdout


# --- push -----------------------------------------------------------------------------------------------------------


class Store(http.server.BaseHTTPRequestHandler):
    """Takes what Pyroscope and Parca take, as they do."""

    seen: ClassVar[list[tuple[str, bytes, dict[str, str]]]] = []
    status = 200

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, body, dict(self.headers)))
        self.send_response(self.status)
        self.send_header("Content-Length", "9")
        self.end_headers()
        self.wfile.write(b"too old\x1b\n")


@pytest.fixture
def store() -> Iterator[str]:
    Store.seen, Store.status = [], 200
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("here")
def test_pyroscope_gets_each_profile(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from urllib.parse import parse_qs, urlsplit

    monkeypatch.setenv("PROFBOOK_PUSH_TOKEN", "kanarie")
    assert main(["export", "pyroscope", "baseline", "--to", store]) == 0
    assert len(Store.seen) == 2
    path, body, headers = Store.seen[0]
    query = {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
    assert urlsplit(path).path == "/ingest"
    assert query["format"] == "pprof"
    assert query["name"] == f"eventstore.cpu{{label=baseline,run={BASE[0]}}}"
    assert int(query["until"]) - int(query["from"]) >= 5
    assert headers["Authorization"] == "Bearer kanarie"
    data = body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
    assert totals(data) == totals(raw(BASE[0], "cpu.prof"))


@pytest.mark.usefixtures("here")
def test_parca_gets_profiles_with_ids_in_sequence(store: str) -> None:
    import base64

    from pipeline.proto import profile_pb2

    assert main(["export", "parca", BASE[0], "--kind", "heap", "--to", f"{store}/prefix/"]) == 0
    ((path, body, headers),) = Store.seen
    assert path == "/prefix/profiles/writeraw"
    assert "Authorization" not in headers
    ((series,),) = (json.loads(body)["series"],)
    labels = {one["name"]: one["value"] for one in series["labels"]["labels"]}
    assert labels == {"__name__": "memory", "job": "eventstore", "run": BASE[0], "label": "baseline"}
    message = profile_pb2.Profile.FromString(gzip.decompress(base64.b64decode(series["samples"][0]["rawProfile"])))
    for table in (message.function, message.location, message.mapping):
        assert [one.id for one in table] == list(range(1, len(table) + 1))


@pytest.mark.usefixtures("here")
def test_a_refusal_is_told_with_its_cure(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    Store.status = 422
    assert main(["export", "pyroscope", "baseline", "--to", store]) != 0
    told = capsys.readouterr().err
    assert "HTTP 422 too old\\x1b" in told
    assert "reject-older-than" in told


@pytest.mark.usefixtures("here")
def test_an_address_with_a_password_is_refused_unseen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "parca", "--to", "http://ann:kanarie@127.0.0.1:1"]) == 2
    assert "kanarie" not in capsys.readouterr().err


# --- scrub, and the site as a server of profiles --------------------------------------------------------------------


@pytest.mark.usefixtures("here")
def test_scrub_copies_runs_that_are_as_good(tmp_path: Path) -> None:
    assert main(["scrub", "--out", str(tmp_path / "shared"), BASE[0]]) == 0
    folder = tmp_path / "shared" / BASE[0]
    copied = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert {"run.json", "eventstore/cpu.prof", "eventstore/heap-after.prof"} <= copied
    assert totals((folder / "eventstore/cpu.prof").read_bytes()) == totals(raw(BASE[0], "cpu.prof"))
    assert main(["scrub", "--out", str(tmp_path / "shared"), BASE[0]]) == 2


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("words", [(), ("--out", "profiles/copy"), ("--out", "x", "no-such-run")])
def test_scrub_refuses_what_cannot_be_meant(words: tuple[str, ...]) -> None:
    assert main(["scrub", *words]) == 2


@pytest.mark.oracle
def test_go_tool_pprof_reads_the_site(here: Path, go: str) -> None:
    assert main(["site"]) == 0
    with serve_folder(here / "build" / "site") as address:
        for kind, name in (("heap", "heap-after.prof"), ("profile", "cpu.prof")):
            url = f"{address}/runs/{BASE[0]}/eventstore/debug/pprof/{kind}"
            read = subprocess.run([go, "tool", "pprof", "-top", url], capture_output=True, text=True, check=True)
            path = str(ROOT / "profiles" / BASE[0] / "eventstore" / name)
            local = subprocess.run([go, "tool", "pprof", "-top", path], capture_output=True, text=True, check=True)
            assert read.stdout == local.stdout
