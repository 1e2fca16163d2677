"""`profbook benchstat` prints what benchstat prints, for the files of benchstat's own tests and for cases by hand."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

import pipeline.__main__ as command
from pipeline import benchstat_command

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus" / "bench"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real results is not here")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def benchstat(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = benchstat_command.run(words, out, err)
    return code, out.getvalue(), err.getvalue()


def results(name: str, *values: float, unit: str = "ns/op") -> str:
    return "".join(f"Benchmark{name} 1 {value} {unit}\n" for value in values)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")


# --- the real tool's output -------------------------------------------------------------------------------------------


def real(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes((CORPUS / f"benchstat-{name}").read_bytes())


@needs_corpus
@pytest.mark.parametrize(
    ("golden", "words"),
    [("crcOldNew", ["crc-old.txt", "crc-new.txt"]), ("csvOldNew", ["-format", "csv", "old.txt", "new.txt"])],
)
def test_the_text_is_benchstats(here, golden, words):
    real(here, *(word for word in words if word.endswith(".txt")))
    code, out, err = benchstat(*words)
    assert (code, err) == (0, "")
    assert out == (CORPUS / f"benchstat-{golden}.stdout").read_text("utf-8")


# What the real tool prints for `-ignore note crc-old.txt crc-new.txt`, row by row: sec/op, then B/s.
CRC_P = """
.008 .539 .006 .003 0 0 0 0 0 0 0 0 .642 .959 .694 .036 .614 .838 .007 .239 .032 .005 .869 .001
.216 .323 .002 .055 0 .143 .052 0 .971 .754 .684 .009
.009 .579 .011 .005 0 0 0 0 0 0 0 0 .529 .971 .684 .063 .529 1 .007 .280 .052 .005 .912 .001
.218 .315 .002 .052 0 .143 .052 0 .971 .739 .684 .009
"""


@needs_corpus
def test_each_p_is_benchstats(here):
    real(here, "crc-old.txt", "crc-new.txt")
    _, out, _ = benchstat("-ignore", "note", "crc-old.txt", "crc-new.txt")
    assert [float(p) for p in re.findall(r"p=(\S+)", out)] == [float(p) for p in CRC_P.split()]
    assert re.findall(r"^geomean +(.*)", out, re.MULTILINE) == [
        "344.5n        237.5n       -31.05%",
        "1.594Gi         2.313Gi        +45.06%",
    ]


@needs_corpus
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["old.txt", "new.txt"], "Encode/format=gob-48    3.066µ ± 0%   3.070µ ± 2%        ~ (p=0.446 n=10)"),
        (["-col", "/format", "new.txt"], "Encode-48   1.423µ ± 1%   3.070µ ± 2%  +115.82% (p=0.000 n=10)"),
        (["-col", "/format@(gob json)", "-row", ".name", "-ignore", ".file", "new.txt"],
         "Encode   3.070µ ± 2%   1.423µ ± 1%  -53.66% (p=0.000 n=10)"),
        (["-row", ".name", "new.txt"], "¹ benchmarks vary in .fullname"),
        (["O=old.txt", "N=new.txt"], "                      │      O      │                  N                  │"),
        (["-col", "note", "issue19634.txt"], "FloatSub/100-4   115.00n ± ∞ ¹   78.80n ± ∞ ¹  -31.48% (p=0.008 n=5)"),
        (["-col", "note", "units.txt"], "NonExact   101.0 ± 1% ¹   101.0 ± 0%   0.00% (n=3)"),
        (["-col", "note", "zero.txt"], "geomean                     ¹   100.0       ?"),
        (["-filter", "/align:0", "-row", "/size", "-col", "/poly", "crc-new.txt"],
         "32kB      2.145µ ± 4%   1.218µ ± 2%  -43.23% (p=0.000 n=10)    73.206µ ± 4%  +3313.64% (p=0.000 n=10)"),
    ],
)  # fmt: skip
def test_lines_of_benchstat(here, words, line):
    real(here, *(word.rpartition("=")[2] for word in words if word.endswith(".txt")))
    assert line in benchstat(*words)[1].splitlines()


@needs_corpus
def test_every_file_of_results_is_read():
    for path in sorted(CORPUS.glob("*.txt")):
        code, out, _ = benchstat(str(path))
        assert (code, bool(out)) == (0, True), path.name


# --- cases by hand ----------------------------------------------------------------------------------------------------


def test_too_few_values(here):
    write(here, a=results("Get", 200), b=results("Get", 300))
    assert benchstat("a.txt", "b.txt")[1] == (
        "    │    a.txt     │              b.txt              │\n"
        "    │    sec/op    │    sec/op     vs base           │\n"
        "Get   200.0n ± ∞ ¹   300.0n ± ∞ ¹  ~ (p=1.000 n=1) ²\n"
        "¹ need >= 6 samples for confidence interval at level 0.95\n"
        "² need >= 4 samples to detect a difference at alpha level 0.05\n"
    )


def test_a_change_with_its_mean(here):
    write(
        here,
        a=results("Get", 10, 10, 10, 10, 10, 10) + results("Put", 999, 1000, 1001, 1003, 1004, 1005),
        b=results("Get", 20, 20, 20, 20, 20, 20) + results("Put", 1002, 1002, 1002, 1002, 1002, 1002),
    )
    assert benchstat("old=a.txt", "new=b.txt")[1] == (
        "        │     old     │                 new                 │\n"
        "        │   sec/op    │   sec/op     vs base                │\n"
        "Get       10.00n ± 0%   20.00n ± 0%  +100.00% (p=0.002 n=6)\n"
        "Put       1.002µ ± 0%   1.002µ ± 0%         ~ (p=1.000 n=6)\n"
        "geomean   100.1n        141.6n        +41.42%\n"
    )


def test_the_same_file_twice_is_two_columns(here):
    write(here, a=results("Get", 1))
    out = benchstat("-format=csv", "a.txt", "a.txt")[1]
    assert out.splitlines()[0] == ",a.txt#0,,a.txt#1,,,"


def test_bad_lines_are_told_and_the_rest_is_read(here):
    write(here, a=results("Get", 1) + "BenchmarkBad x\n", b="PASS\n")
    code, out, err = benchstat("a.txt", "b.txt")
    assert code == 0
    assert "Get" in out
    assert err.splitlines() == [
        "a.txt:2: parsing iteration count: invalid syntax",
        "b.txt: no line is a result of a Go benchmark",
    ]


def test_csv_warnings_name_their_cells(here):
    write(here, a=results("Get", 1), b=results("Get", 2))
    _, out, err = benchstat("-format", "csv", "a.txt", "b.txt")
    assert out.splitlines()[2] == "Get,1e-09,∞,2e-09,∞,~,p=1.000 n=1"
    assert err.splitlines() == [
        "B3: need >= 6 samples for confidence interval at level 0.95",
        "D3: need >= 6 samples for confidence interval at level 0.95",
        "F3: need >= 4 samples to detect a difference at alpha level 0.05",
    ]


def test_standard_input(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(results("Get", 1).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert "Get" in benchstat("-")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no file was named"),
        (["-wrong", "a.txt"], "there is no option -wrong"),
        (["-row"], "-row needs a value"),
        (["-alpha", "2", "a.txt"], "-alpha must be in range [0, 1]"),
        (["-confidence=x", "a.txt"], "-confidence must be in range [0, 1]"),
        (["-alpha=nan", "a.txt"], "-alpha must be in range [0, 1]"),
        (["-format", "html", "a.txt"], "-format must be text or csv"),
        (["-row", ".unit", "a.txt"], "parsing -row: syntax error: .unit is only allowed in filters"),
        (["-filter", "a", "a.txt"], "parsing -filter: syntax error: expected key:value"),
        (["absent.txt"], "absent.txt: No such file or directory"),
        (["empty.txt"], "no file holds results of Go benchmarks"),
    ],
)
def test_what_cannot_be_done(here, words, message):
    write(here, a=results("Get", 1), empty="")
    code, out, err = benchstat(*words)
    assert (code, out) == (2, "")
    assert f"profbook benchstat: {message}" in err


def test_help(capsys):
    assert command.main(["benchstat", "--help"]) == 0
    assert capsys.readouterr().err == benchstat_command.USAGE


def test_the_verb(here, capsys):
    write(here, a=results("Get", 1))
    assert command.main(["benchstat", "a.txt"]) == 0
    assert "Get   1.000n" in capsys.readouterr().out
