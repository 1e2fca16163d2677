"""What is written agrees with what is there: settings, verbs, options, codes, and every example in README and guide."""

from __future__ import annotations

import inspect
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import pipeline.__main__ as command
from pipeline import benchstat_command, stages, tasks
from pipeline.analysis.metrics import METRICS
from pipeline.collect import faults
from pipeline.model.config import Config
from pipeline.render.env import environment, render
from pipeline.render.settings_page import setting_sections
from pipeline.site.templates import read_templates, templates_dir
from pipeline.store import config as settings
from pipeline.store.rules import default_rules
from tests.test_house import ROOT

TEMPLATES = read_templates(templates_dir())
GUIDE = {name: text for name, text in TEMPLATES.items() if name.startswith("guide/")}
SETTINGS = render(environment(TEMPLATES), "pages/guide/settings.md.j2", sections=setting_sections())
TEXTS = {"README.md": (ROOT / "README.md").read_text("utf-8"), **GUIDE, "guide/settings.md": SETTINGS}
COMMANDS = GUIDE["guide/commands.md"]
GRAPH = {
    name.removeprefix("task_"): getattr(tasks, name) for name in dir(tasks) if re.match(r"task_[a-z]", name)
}  # tasks whose name begins with _ are parts of others


def models(model: type[BaseModel] = Config) -> Iterator[type[BaseModel]]:
    """List the tables of the settings."""
    yield model
    for field in model.model_fields.values():
        for kind in re.findall(r"pipeline\.model\.\w+\.\w+", repr(field.annotation)):
            module, _, name = kind.rpartition(".")
            inner = getattr(__import__(module, fromlist=[name]), name)
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from models(inner)


# --- settings ----------------------------------------------------------------------------------------------------


def test_every_setting_is_documented() -> None:
    found = {(model.__name__, key) for model in models() for key in model.model_fields}
    assert len(found) > 40
    rows = re.findall(r"^\| `(\w+)` \| .+ \| .+ \| (.+) \|$", SETTINGS, re.MULTILINE)
    shown = [key for key, _ in rows]
    for model in set(models()):
        for key, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{key}"
            nested = "pipeline.model" in repr(field.annotation)
            assert nested or key in shown, f"{model.__name__}.{key}"


def test_every_environment_name_on_the_page_is_read(tmp_path: Path) -> None:
    """A name leads to its key: a wrong one would be told as an unknown setting."""
    (tmp_path / "profbook.toml").write_text('[components.NAME]\nurl = "http://h"\n')
    for name in re.findall(r"\| `(PROFBOOK_\w+)` \|", SETTINGS):
        words = name.removeprefix("PROFBOOK_").split("__")
        path = settings._key_path(words, {"components": {"NAME": {}}, "roles": {"NAME": {}}, "programs": {"NAME": {}}})
        kind: Any = path[:-1]
        assert path[-1] in settings._known_keys(kind), name


def test_every_alias_is_on_the_settings_page() -> None:
    for prefix in settings._ALIAS_PREFIXES:
        for tail, path in settings._ALIASES.items():
            assert re.search(rf"`{prefix}{tail}`.*`{'.'.join(path)}`", SETTINGS), prefix + tail


@pytest.mark.parametrize("name", TEXTS)
def test_settings_in_examples_are_valid(tmp_path: Path, name: str) -> None:
    for number, block in enumerate(re.findall(r"^```toml\n(.*?)^```", TEXTS[name], re.DOTALL | re.MULTILINE)):
        place = tmp_path / f"{number}"
        place.mkdir()
        tool = "tool" in tomllib.loads(block)
        (place / ("pyproject.toml" if tool else "profbook.toml")).write_text(block, "utf-8")
        settings.load_config(place, {})


def test_there_are_examples_of_settings() -> None:
    assert {"README.md", "guide/quick-start.md", "guide/settings.md"} <= {
        name for name, text in TEXTS.items() if "```toml" in text
    }


# --- commands ----------------------------------------------------------------------------------------------------


def test_every_verb_is_documented() -> None:
    verbs = {*command.GRAPH_VERBS, *command.OTHER_VERBS, *(f"collect {verb}" for verb in command.COLLECTIONS)}
    assert {verb for verb in verbs if f"| `{verb}` |" not in COMMANDS} == set()
    told = set(re.findall(r"^\| `([a-z][a-z ]*)` \|", COMMANDS, re.MULTILINE))
    assert told == verbs


def test_every_task_is_a_verb_and_says_what_it_does() -> None:
    assert set(GRAPH) == set(command.GRAPH_VERBS)
    assert all(inspect.getdoc(task) for task in GRAPH.values())


def options(verb: str) -> set[str]:
    task: Any = GRAPH[verb]
    made = {} if inspect.isgeneratorfunction(task) else task()
    own = {f"--{param['long']}" for param in made.get("params", ())}
    return own | ({"-n"} if verb in {"derive", "compare", "site"} else set())


OPTIONS = {verb: options(verb) for verb in GRAPH} | {"init": {"--force"}}


def test_every_option_is_documented_with_its_verbs() -> None:
    rows = re.findall(r"^\| `(--?[\w-]+)[^`]*` \| (.+?) \|", COMMANDS, re.MULTILINE)
    told = {option: set(re.findall(r"`(\w+)`", verbs)) for option, verbs in rows}
    real: dict[str, set[str]] = {}
    for verb, names in OPTIONS.items():
        for name in names:
            real.setdefault(name, set()).add(verb)
    assert told == real
    assert {
        (verb, name) for verb, names in OPTIONS.items() for name in names if name not in command.verb_help(verb)
    } == set()


def test_the_options_of_benchstat_are_documented() -> None:
    assert set(re.findall(r"^- `-(\w+) ", COMMANDS, re.MULTILINE)) == benchstat_command._OPTIONS
    assert all(f"-{name} " in benchstat_command.USAGE for name in benchstat_command._OPTIONS)


def lines_of(text: str) -> Iterator[str]:
    """Yield the command lines of a text: after ``$`` in a console block, in shell blocks, and indented ones."""
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        joined = block.replace("\\\n", " ")
        if kind == "console":
            yield from (line[2:] for line in joined.splitlines() if line.startswith("$ "))
        elif kind in {"sh", "bash", "shell"}:
            yield from joined.splitlines()
    yield from re.findall(r"^    ((?:\.venv/bin/)?(?:profbook|doit)\b.*|sh .*)$", text, re.MULTILINE)
    yield from re.findall(r"`((?:profbook|doit) [a-z][^`]*)`", text)


COMMAND_LINES = sorted({(name, line) for name, text in TEXTS.items() for line in lines_of(text)})


def test_there_are_command_lines_to_check() -> None:
    assert len(COMMAND_LINES) > 15
    assert {"README.md", "guide/quick-start.md", "guide/import.md"} <= {name for name, _ in COMMAND_LINES}


def calls(line: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the calls of ours in a command line: program and words, without what sets the environment."""
    for part in re.split(r"&&|;|\|(?=\s)", line):
        words = shlex.split(part.replace("[", " ").replace("]", " "), comments=True)
        while words and re.match(r"^[A-Z][A-Z_0-9]*=", words[0]):
            words.pop(0)
        program = words[0].rpartition("/")[2] if words else ""
        if program in {"profbook", "doit"} and len(words) > 1 and words[1] not in {"VERB", "list"}:
            yield program, words[1:]


@pytest.mark.parametrize("line", sorted({line for _, line in COMMAND_LINES}))
def test_command_lines_in_texts_can_be_run(line: str) -> None:
    for program, (verb, *rest) in calls(line):
        ours = set(OPTIONS) | {"pprof", "benchstat", "--help", "--version"}
        assert verb in (ours if program == "profbook" else set(GRAPH) | own_tasks()), line
        before = rest[: rest.index("--")] if "--" in rest else rest
        flags = {word.partition("=")[0] for word in before if word.startswith("-")}
        assert flags <= OPTIONS.get(verb, flags), line


def own_tasks() -> set[str]:
    """List the developer's tasks of this checkout."""
    return set(re.findall(r"^def task_(\w+)", (ROOT / "dodo.py").read_text("utf-8"), re.MULTILINE))


# --- codes -------------------------------------------------------------------------------------------------------

EXPLAINED = set(re.findall(r'<span id="(\w+)">', GUIDE["guide/findings.md"]))


def test_every_code_of_a_fetch_is_explained() -> None:
    said = {re.sub(r"^http_\d+$", "http_NNN", code) for code in faults.RETRIED | faults._NO_BODY}
    assert said - EXPLAINED == set()
    assert len(said) > 15


SPEAKERS = ("archive", "sources", "adopt", "provenance")


def test_codes_of_import_are_explained() -> None:
    sources = "".join((ROOT / f"pipeline/collect/{name}.py").read_text() for name in SPEAKERS)
    said = set(re.findall(r'Finding\(\s*"(\w+)"', sources))
    assert {"outside_archive", "same_name", "unknown_packing", "misnamed", "link"} <= said <= EXPLAINED


def test_codes_of_objections_are_explained() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "pipeline/compare").glob("court*.py"))
    said = set(re.findall(r'Objection\(\s*"(\w+)"', sources)) | set(
        re.findall(r'^        \("(\w+)", "', sources, re.MULTILINE)
    )
    assert {"no_runs", "error_rate", "go_versions", "same_build", "kernels"} <= said | {"kernels"} <= EXPLAINED
    assert len(said) >= 19


def test_every_default_rule_is_in_the_guide() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (\w+)[^|]* \| (\S+) (\S+) \|$", GUIDE["guide/gate.md"], re.MULTILINE)
    told = {name: (title, measure, op, float(number)) for name, title, measure, op, number in rows}
    assert told == {rule.name: (rule.title, rule.measure, rule.op, rule.threshold) for rule in default_rules()}
    metrics = {metric.name for metric in METRICS}
    assert {name for rule in default_rules() for name in rule.metrics} <= metrics


def test_no_code_is_explained_twice() -> None:
    found = re.findall(r'<span id="(\w+)">', GUIDE["guide/findings.md"])
    assert len(found) == len(set(found))


def test_exit_codes_are_the_commands() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", COMMANDS, re.MULTILINE)}
    assert {0, 2, 5, stages.PARTIAL, tasks.INTERRUPTED} <= told


# --- links -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(name for name in TEXTS if name.startswith("guide/")))
def test_links_of_the_guide_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", TEXTS[name]):
        if "://" not in target:
            assert f"guide/{target}" in TEXTS, target
