"""`profbook pprof`: the command line, what it reads and writes, and how it fails."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.model.source import Extract, SourceFile, SourceStore, StoredFunction, name_digest
from pipeline.pprof_command import local_zone, run
from pipeline.pprof_options import parse_arguments, report_kind, report_options, source_options
from tests.builders import pprof_bytes

SAMPLES = [(["main", "heavy"], [1, 900_000_000]), (["main", "light"], [3, 100_000_000])]


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TZ", "UTC")
    path = tmp_path / "cpu.pprof"
    path.write_bytes(pprof_bytes(SAMPLES))
    return str(path)


def pprof(*argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return run(argv, out, err), out.getvalue(), err.getvalue()


def test_top(profile: str) -> None:
    assert pprof("-top", profile) == (
        0,
        (
            "File: app\n"
            "Type: cpu\n"
            "Time: 2023-11-14 22:13:20 UTC\n"
            "Showing nodes accounting for 1000ms, 100% of 1000ms total\n"
            "      flat  flat%   sum%        cum   cum%\n"
            "     900ms 90.00% 90.00%      900ms 90.00%  heavy\n"
            "     100ms 10.00%   100%      100ms 10.00%  light\n"
            "         0     0%   100%     1000ms   100%  main\n"
        ),
        "",
    )


@pytest.mark.parametrize(
    ("report", "shown"),
    [
        ("-tree", "     900ms 90.00% 90.00%      900ms 90.00%                | heavy\n"),
        ("-peek=^l", "     100ms 10.00% 10.00%      100ms 10.00%                | light\n"),
        ("-traces", "     900ms   heavy\n             main\n"),
        ("-raw", "          1  900000000: 2 1 \n"),
        ("-dot", 'N1 [label="heavy\\n900ms (90.00%)" id="node1" fontsize=24 '),
        ("-callgrind", "fn=(1) heavy\n"),
    ],
)
def test_every_report_of_text(profile: str, report: str, shown: str) -> None:
    code, out, err = pprof(report, profile)
    assert (code, err) == (0, "")
    assert shown in out


def test_tags_and_comments(profile: str) -> None:
    assert pprof("-tags", profile) == (0, "", "")
    assert pprof("-comments", "-add_comment=checked", profile) == (0, "checked\n", "")


def test_a_peek_at_nothing_is_refused(profile: str) -> None:
    code, out, err = pprof("-peek=zz", profile)
    assert (code, out, err) == (2, "", "profbook pprof: no matches found for regexp: zz\n")


def test_list_reads_what_the_run_stored(profile: str, tmp_path: Path) -> None:
    function = StoredFunction("light", 28, 31)
    extract = Extract(25, ("", "// light is", "// light.", "func light() {", "\twork()", "\tmore()", "}"))
    file = SourceFile("light.go", "", True, "ab" * 32, 31, (name_digest("light.go"),), (function,), (extract,))
    (tmp_path / "source.json").write_text(json.dumps(asdict(SourceStore("", "", (file,)))))
    assert pprof("-list=light", profile) == (
        0,
        (
            "Total: 1s\n"
            "ROUTINE ======================== light in light.go\n"
            "     100ms      100ms (flat, cum) 10.00% of Total\n"
            "         .          .     25:\n"
            "         .          .     26:// light is\n"
            "         .          .     27:// light.\n"
            "         .          .     28:func light() {\n"
            "         .          .     29:\twork()\n"
            "     100ms      100ms     30:\tmore()\n"
            "         .          .     31:}\n"
        ),
        "",
    )
    code, out, err = pprof("-list=heavy", profile)
    assert (code, out.splitlines()[-1]) == (0, " Error: could not find file heavy.go in the source stored with the run")
    assert err.startswith("no source: ")


def test_list_reads_below_a_folder_that_is_named(profile: str, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "heavy.go").write_text("".join(f"line {number}\n" for number in range(1, 40)))
    code, out, err = pprof("-list=heavy", f"-source_path={tmp_path / 'tree'}", profile)
    assert (code, err) == (0, "")
    assert "     900ms      900ms     20:line 20\n" in out
    assert [line[-7:] for line in out.splitlines()[3:]] == [f"line {number}" for number in range(15, 26)]
    out = pprof("-list=light", f"-source_path={tmp_path / 'tree'}", profile)[1]
    assert out.endswith(f" Error: could not find file light.go on path {tmp_path / 'tree'}\n")


def test_list_does_not_look_around(profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "heavy.go").write_text("".join("secret\n" for _ in range(40)))
    monkeypatch.chdir(tmp_path)
    assert "secret" not in pprof("-list=heavy", profile)[1]


def test_a_bad_store_is_refused(profile: str, tmp_path: Path) -> None:
    (tmp_path / "source.json").write_text("{}")
    code, out, err = pprof("-list=heavy", profile)
    assert (code, out) == (2, "")
    assert err.startswith("profbook pprof: source.json: bad_source: ")


def test_a_bad_pattern_is_refused(profile: str) -> None:
    assert pprof("-peek=(", profile)[2].startswith("profbook pprof: parsing argument regexp")


def test_profiles_are_written_as_bytes(profile: str, tmp_path: Path) -> None:
    out = io.TextIOWrapper(io.BytesIO())
    assert run(["-proto", "-focus=light", profile], out, io.StringIO()) == 0
    written = tmp_path / "light.pb.gz"
    assert pprof("-proto", "-focus=light", f"-output={written}", profile)[0] == 0
    assert written.read_bytes() == out.buffer.getvalue()  # type: ignore[attr-defined]
    assert "of 100ms total" in pprof("-top", str(written))[1]
    assert pprof("-topproto", f"-output={written}", profile)[0] == 0
    assert "Type: flat" in pprof("-top", str(written))[1]


def test_bytes_do_not_go_to_a_terminal(profile: str) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    err = io.StringIO()
    assert run(["-proto", profile], Terminal(), err) == 2
    assert "-output=FILE" in err.getvalue()


def test_options_are_spelt_as_in_go(profile: str) -> None:
    short = pprof("-top", "-cum", "-nodecount=1", profile)
    assert short == pprof("--text", "--cum=true", "--nodecount", "1", "--", profile)
    assert "Showing top 1 nodes out of 3" in short[1]
    assert "main" in short[1].splitlines()[-1]


def test_shortcuts_choose_a_sample_type(tmp_path: Path) -> None:
    heap = tmp_path / "heap"
    kinds = [("inuse_space", "bytes"), ("alloc_space", "bytes")]
    heap.write_bytes(pprof_bytes([(["f"], [1, 2048])], kinds))
    assert "Type: inuse_space" in pprof("-top", "-inuse_space", str(heap))[1]
    code, out, err = pprof("-top", "-alloc_space", "-sample_index=0", str(heap))
    assert (code, "Type: inuse_space" in out) == (0, True)
    assert err == "Multiple value selections, ignoring -alloc_space\n"


def test_output_goes_to_a_file(profile: str, tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    assert pprof("-top", f"-output={target}", profile) == (0, "", f"Generating report in {target}\n")
    assert target.read_text() == pprof("-top", profile)[1]


def test_several_sources_are_added_and_a_bad_one_is_told(profile: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pprof"
    bad.write_text("<html>not found</html>")
    code, out, err = pprof("-top", profile, str(bad), profile)
    assert (code, "of 2000ms total" in out) == (0, True)
    assert f"{bad}: not_a_profile: " in err
    assert "Fetched 2 source profiles out of 3\n" in err


def test_a_base_is_taken_away(profile: str) -> None:
    assert "of 0 total" in pprof("-top", f"-base={profile}", profile)[1]
    code, out, _ = pprof("-top", f"-diff_base={profile}", "-normalize", profile)
    assert (code, "Showing nodes accounting for 0, 0% of 1s total" in out) == (0, True)


def test_a_binary_before_the_profile_names_it(profile: str, tmp_path: Path) -> None:
    binary = tmp_path / "server"
    binary.write_bytes(b"\x7fELF\x02")
    assert pprof("-top", str(binary), profile)[1].startswith("File: server\n")


def test_filters_that_match_nothing_are_told(profile: str) -> None:
    code, _, err = pprof("-top", "-focus=zz", profile)
    assert (code, err) == (0, "Focus expression matched no samples\n")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "no report asked for"),
        (["-top"], "no profile source specified"),
        (["-top", "-text", "x"], "must set at most one output format"),
        (["-tree", "-peek=f", "x"], "must set at most one output format"),
        (["-disasm=f", "x"], "-disasm is not in this version"),
        (["-weblist=f", "x"], "-weblist is not in this version"),
        (["-list=f", "-peek=f", "x"], "must set at most one output format"),
        (["-svg", "x"], "-svg is not in this version"),
        (["-http=:0", "x"], "-http is not in this version"),
        (["-bogus", "x"], "flag provided but not defined: -bogus"),
        (["-top", "-focus"], "flag needs an argument: -focus"),
        (["-top", "-nodecount=many", "x"], 'invalid value "many" for flag -nodecount'),
        (["-top", "-nodefraction=nan", "x"], 'invalid value "nan" for flag -nodefraction'),
        (["-top=maybe", "x"], 'invalid boolean value "maybe" for -top'),
        (["-top", "-cum", "-flat", "x"], "conflicting options set: [cum flat]"),
        (["-top", "-lines", "-files", "x"], "conflicting options set: [files lines]"),
        (["-top", "-divide_by=0", "x"], "zero divisor specified"),
        (["-top", "-base=a", "-diff_base=b", "x"], "-base and -diff_base flags cannot both be specified"),
        (["-top", "/does/not/exist"], "/does/not/exist: No such file or directory"),
    ],
)
def test_refusals(argv: list[str], message: str) -> None:
    code, out, err = pprof(*argv)
    assert (code, out) == (2, "")
    assert err.startswith(f"profbook pprof: {message}")


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (b"404 page not found\n", "not_a_profile"), (b"\x1f\x8b\x08junk", "gzip")]
)
def test_bad_files_are_named_with_their_code(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "heap.pprof"
    path.write_bytes(data)
    status, out, err = pprof("-top", str(path))
    assert (status, out) == (2, "")
    assert err.startswith(f"profbook pprof: {path}: {code}")


def test_addresses_are_refused_without_repeating_their_secrets() -> None:
    code, _, err = pprof("-top", "https://user:secret@host/debug/pprof/heap?token=hidden")
    assert code == 2
    assert "secret" not in err
    assert "hidden" not in err


def test_options_after_files_are_pointed_out(profile: str) -> None:
    assert "Options go before files." in pprof("-top", profile, "-cum")[2]


def test_help() -> None:
    code, out, err = pprof("-help")
    assert (code, out) == (0, "")
    assert err.startswith("usage: profbook pprof")


def test_defaults_are_pprof_s() -> None:
    options = report_options(parse_arguments(["-top", "x"]), io.StringIO())
    assert (options.node_count, options.node_fraction, options.edge_fraction, options.unit) == (
        -1,
        0.005,
        0.001,
        "minimum",
    )


@pytest.mark.parametrize(
    ("symbolize", "style"),
    [
        ("", (True, True, False)),
        ("local:force", (True, True, True)),
        ("demangle=templates", (True, False, True)),
        ("demangle=none", (False, False, True)),
    ],
)
def test_symbolize_only_decides_about_names(symbolize: str, style: tuple[bool, bool, bool]) -> None:
    names = source_options(parse_arguments(["-top", f"-symbolize={symbolize}", "x"])).names
    assert names
    assert (names.parameters, names.templates, names.force) == style


def test_without_symbolization_names_stay() -> None:
    assert source_options(parse_arguments(["-top", "-symbolize=local:none", "x"])).names is None


@pytest.mark.parametrize(
    ("name", "shown"), [("Europe/Berlin", "CET"), (":Asia/Tokyo", "JST"), ("", "UTC"), ("No/Such", "UTC")]
)
def test_the_time_zone_is_that_of_the_user(
    profile: str, monkeypatch: pytest.MonkeyPatch, name: str, shown: str
) -> None:
    monkeypatch.setenv("TZ", name)
    assert f" {shown}\n" in pprof("-top", profile)[1]


def test_without_tz_the_system_s_zone_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    assert local_zone() is not None


def test_usage_errors_carry_a_cure() -> None:
    with pytest.raises(UsageError) as raised:
        report_kind(parse_arguments(["-web"]))
    assert raised.value.cure
