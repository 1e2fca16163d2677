import gc
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline.__main__ as command
from pipeline import __version__, exporting, gathering, measuring, tasks
from pipeline.errors import StoreError

REPO = Path(__file__).parents[1]
HEAVY = (
    "altair",
    "scipy",
    "polars",
    "mkdocs",
    "numpy",
    "jinja2",
    "requests",
    "rich",
    "pydantic",
    "doit",
    "google.protobuf",
    "vl_convert",
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in an empty project, with a fresh graph."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.task_report.signal.signal", lambda *_: None)
    tasks.forget()
    yield tmp_path
    tasks.forget()


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], []])
def test_help_has_a_line_for_each_verb(capsys, words):
    assert command.main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    for verb in (*command.GRAPH_VERBS, *command.OTHER_VERBS):
        assert sum(line.startswith(f"  {verb}  ") for line in lines) == 1


@pytest.mark.parametrize("verb", [*command.GRAPH_VERBS, "init", "collect stop"])
def test_the_help_of_a_verb_fits_a_terminal_and_says_its_purpose(capsys, verb):
    assert command.main([*verb.split(), "--help"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage: profbook {verb}")
    assert all(len(line) <= 100 for line in told.splitlines())
    known = (
        command.GRAPH_VERBS | command.OTHER_VERBS | {f"collect {one}": it for one, it in command.COLLECTIONS.items()}
    )
    assert known[verb].purpose[1:40] in told


def test_every_page_of_the_guide_that_help_names_is_there():
    pages = {one.guide for one in (command.GRAPH_VERBS | command.OTHER_VERBS | command.COLLECTIONS).values()}
    assert [page for page in pages if not (REPO / "site_templates" / "guide" / f"{page}.md").is_file()] == []


def test_the_help_of_export_names_its_formats(capsys):
    assert command.main(["export", "--help"]) == 0
    told = capsys.readouterr().out
    assert all(form in told for form in exporting.FORMATS)


def test_the_version(capsys):
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out == f"profbook {__version__}\n"


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["nonsense"]])
def test_answers_that_need_nothing_import_nothing_heavy(words):
    code = f"import sys; from pipeline.__main__ import main; main({words!r}); print({set(HEAVY)!r} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True).stdout
    assert out.endswith("set()\n")


@pytest.mark.parametrize("enabled", [True, False])
def test_a_report_leaves_the_garbage_collector_as_it_was(monkeypatch, enabled):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    during, was = [], gc.isenabled()
    monkeypatch.setattr("pipeline.pprof_command.run", lambda *_: during.append(gc.isenabled()) or 0)
    try:
        (gc.enable if enabled else gc.disable)()
        assert command.main(["pprof", "-top", "absent"]) == 0
        assert (during, gc.isenabled()) == ([False], enabled)
    finally:
        (gc.enable if was else gc.disable)()


@pytest.mark.parametrize(
    "words", [["nonsense"], ["site", "--wrong"], ["site", "-n"], ["compare", "a"], ["collect", "--wrong"]]
)
@pytest.mark.usefixtures("here")
def test_a_wrong_word_is_a_usage_error(capsys, words):
    assert command.main(words) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) <= 2
    assert "profbook --help" in said or f"`profbook {words[0]} --help`" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["comapre"], "Is it 'compare'?"),
        (["gate", "a", "b", "--wrong"], "gate: option --wrong not recognized"),
        (["collect", "--repeat", "x"], "--repeat takes a whole number, not 'x'"),
        (["history", "a"], "history does not take 'a'"),
        (["doctor", "a"], "doctor does not take 'a'"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_wrong_word_is_named(capsys, words, told):
    assert command.main(words) == 2
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_an_unknown_run_is_a_usage_error(capsys):
    assert command.main(["derive", "absent"]) == 2
    assert "there is no run 'absent'" in capsys.readouterr().err


def test_collect_hands_over_its_options_and_the_words_for_the_service(here, monkeypatch):
    asked = []

    def collect(root, _config, **options):
        asked.append((root, options))
        return 0

    monkeypatch.setattr(gathering, "collect_runs", collect)
    words = ["collect", "--label", "a", "--variant=b", "--repeat", "2", "--notes", "x=y", "--", "--leak=heap", "p=q"]
    assert command.main(words) == 0
    given = {"label": "a", "variant": "b", "repeat": 2, "notes": "x=y", "args": ("--leak=heap", "p=q")}
    assert asked == [(here, given)]


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.usefixtures("here")
def test_the_exit_code_of_a_stage_is_the_command_s(monkeypatch, code):
    monkeypatch.setattr(gathering, "collect_runs", lambda *_, **__: code)
    assert command.main(["collect"]) == code


@pytest.mark.usefixtures("here")
def test_repeat_must_be_positive(capsys):
    assert command.main(["collect", "--repeat", "0"]) == 2
    assert "--repeat" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"), [(StoreError("the disk is full", cure="Make room."), 5), (KeyError("x"), 5)]
)
@pytest.mark.usefixtures("here")
def test_an_error_in_a_stage_is_said_in_words(monkeypatch, capsys, error, code):
    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr(gathering, "collect_runs", fail)
    assert command.main(["collect"]) == code
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert ("Make room." if code == 5 and isinstance(error, StoreError) else "Please report it") in told


@pytest.mark.usefixtures("here")
def test_debugging_shows_where_a_fault_happened(monkeypatch, capsys):
    monkeypatch.setenv("PROFBOOK_DEBUG", "1")
    monkeypatch.setattr(gathering, "collect_runs", lambda *_, **__: 1 / 0)
    assert command.main(["collect"]) == 5
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (StoreError("no", cure="do"), 5, "profbook: no\n  do\n"),
        (KeyboardInterrupt(), 130, ""),
        (ZeroDivisionError("of ours"), 5, "please report it: ZeroDivisionError: of ours"),
    ],
)
def test_an_error_in_a_verb_is_said_in_words(monkeypatch, capsys, error, code, told):
    def fail(*_):
        raise error

    monkeypatch.delenv("PROFBOOK_DEBUG", raising=False)
    monkeypatch.setattr("pipeline.pprof_command.run", fail)
    assert command.main(["pprof"]) == code
    assert told in capsys.readouterr().err


def test_pprof_gets_its_words_and_streams(monkeypatch, capsys):
    def run(argv, out, _err):
        out.write(" ".join(argv))
        return 2

    monkeypatch.setattr("pipeline.pprof_command.run", run)
    assert command.main(["pprof", "-top", "--", "f"]) == 2
    assert capsys.readouterr().out == "-top -- f"


@pytest.mark.parametrize("word", ["--help", "doctor", "compare"])
def test_a_reader_that_goes_away_is_no_fault(tmp_path, word):
    reader, writer = os.pipe()
    os.close(reader)
    with io.FileIO(writer, "w") as out:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", word],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(REPO), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == ""
    assert done.returncode in {0, 141}


def test_import_hands_over_its_paths(here, monkeypatch):
    asked = []

    def adopt(root, _config, **options):
        asked.append((root, options))
        return 3

    monkeypatch.setattr(gathering, "import_paths", adopt)
    assert command.main(["import", "a=b", "c.zip", "--label", "x"]) == 3
    assert asked == [(here, {"paths": ("a=b", "c.zip"), "label": "x"})]


@pytest.mark.parametrize(
    "words", [["import"], ["import", "--wrong", "x"], ["import", "x", "--wrong"], ["init", "--wrong"], ["doctor", "x"]]
)
@pytest.mark.usefixtures("here")
def test_wrong_words_of_import_init_and_doctor(capsys, words):
    assert command.main(words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_init_and_doctor_work_before_there_are_settings(here, capsys):
    assert command.main(["doctor"]) == 3
    assert "profbook init" in capsys.readouterr().out
    assert command.main(["init"]) == 0
    assert (here / "profbook.toml").is_file()
    assert command.main(["init"]) == 2


def test_doctor_says_what_is_wrong_with_the_settings(here, capsys):
    (here / "profbook.toml").write_text("colect = 1\n")
    assert command.main(["doctor"]) == 2
    assert "colect" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["a", "b", "--rounds", "2", "--labels", "x,y"], ["--rounds=2", "--labels=x,y", "a", "b"]]
)
def test_ab_takes_its_options_before_and_after_its_commits(here, monkeypatch, words):
    asked = []

    def compare(root, config, **options):
        asked.append((root, config.collect.plan, options))
        return 3

    monkeypatch.setattr(gathering, "compare_refs", compare)
    assert command.main(["ab", *words]) == 3
    options = {"base": "a", "head": "b", "rounds": 2, "labels": "x,y", "variant": "", "notes": ""}
    assert asked == [(here, "phases", options)]
    assert command.main(["ab", *words, "--plan", "bench"]) == 3
    assert asked[1][1] == "bench"


@pytest.mark.parametrize("words", [["a", "b", "--until-certain"], ["--until-certain", "a", "b"]])
def test_ab_until_it_is_certain(here, monkeypatch, words):
    asked = []

    def compare(root, _config, **options):
        asked.append((root, options))
        return 3

    monkeypatch.setattr(measuring, "compare_refs_until_certain", compare)
    assert command.main(["ab", *words]) == 3
    options = {"base": "a", "head": "b", "labels": "", "variant": "", "notes": "", "max_rounds": 16}
    assert asked == [(here, options)]
    assert command.main(["ab", *words, "--max-rounds", "9"]) == 3
    assert asked[1][1] == options | {"max_rounds": 9}


def test_collect_until_it_is_certain(here, monkeypatch):
    asked = []

    def collect(root, config, **options):
        asked.append((root, config.collect.plan, options))
        return 0

    monkeypatch.setattr(measuring, "collect_until_certain", collect)
    words = ["--until-certain", "--label", "a", "--against=b", "--max-rounds=8", "--plan", "bench", "--", "--leak=heap"]
    assert command.main(["collect", *words]) == 0
    given = {"label": "a", "against": "b", "max_rounds": 8, "variant": "", "notes": "", "args": ("--leak=heap",)}
    assert asked == [(here, "bench", given)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["collect", "--until-certain", "--repeat", "2"], "collect: --repeat and --until-certain exclude each other"),
        (["collect", "--against", "a"], "collect: --max-rounds and --against need --until-certain"),
        (["collect", "--max-rounds", "0"], "need --until-certain"),
        (["collect", "--until-certain", "--label", "a"], "two different labels"),
        (["collect", "--until-certain", "--against", "a"], "two different labels"),
        (["ab", "a", "b", "--until-certain", "--rounds", "4"], "ab: --rounds and --until-certain exclude each other"),
        (["ab", "a", "b", "--max-rounds", "4"], "need --until-certain"),
        (["ab", "a", "b", "--until-certain", "--max-rounds", "3"], "--max-rounds must be from 4 to"),
    ],
)
@pytest.mark.usefixtures("here")
def test_options_that_exclude_each_other(capsys, words, message):
    assert command.main(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "ab needs two commits"),
        (["a"], "ab needs two commits"),
        (["a", "b", "c"], "ab needs two commits"),
        (["a", "b", "--wrong"], "option --wrong not recognized"),
        (["a", "b", "--rounds", "x"], "--rounds takes a whole number, not 'x'"),
    ],
)
@pytest.mark.usefixtures("here")
def test_wrong_words_of_ab(capsys, words, told):
    assert command.main(["ab", *words]) == 2
    assert told in capsys.readouterr().err
