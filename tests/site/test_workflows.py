"""The workflows we write and the action we ship: valid, without a finding of zizmor, and what they rest on."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import pipeline.__main__ as command
from pipeline import publishing
from pipeline.errors import UsageError
from pipeline.site.workflows import NAMES, default_branch, read_workflows
from tests.site.remotes import bare, clone, git
from tests.test_house import ROOT

TOOLS = Path(sys.executable).parent
MODES = ("artifact", "branch")


class Loader(yaml.SafeLoader):
    """YAML as GitHub reads it: `on` is a word."""


Loader.yaml_implicit_resolvers = {
    char: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:bool"]
    for char, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def tool(name: str) -> str:
    found = TOOLS / name
    if not found.is_file():
        pytest.skip(f"{name} is not installed")
    return str(found)


@pytest.fixture(params=MODES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Write the workflows into a project as the command does."""
    (tmp_path / "profbook.toml").write_text(f'[publish]\nmode = "{request.param}"\n')
    assert publishing.init_github(tmp_path, say=lambda _line: None) == 0
    shutil.copy(ROOT / "action.yml", tmp_path / "action.yml")
    return tmp_path


def workflows(folder: Path) -> dict[str, dict[str, Any]]:
    places = sorted((folder / ".github" / "workflows").iterdir())
    return {path.name: yaml.load(path.read_text(), Loader) for path in places}


def test_schemas_hold(folder: Path) -> None:
    checks = {
        "vendor.github-workflows": sorted(map(str, (folder / ".github" / "workflows").iterdir())),
        "vendor.github-actions": [str(folder / "action.yml")],
    }
    for schema, files in checks.items():
        words = [tool("check-jsonschema"), "--builtin-schema", schema, *files]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing(folder: Path) -> None:
    words = [tool("zizmor"), "--offline", "--no-progress", "--no-config", "--format", "plain", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout + done.stderr


def test_what_is_ignored_says_why(folder: Path) -> None:
    for path in (folder / ".github" / "workflows").iterdir():
        for line in path.read_text().splitlines():
            if "zizmor: ignore" in line:
                assert re.search(r"zizmor: ignore\[[\w-]+\] \w+ \w+", line), line


def test_every_job_has_its_own_few_permissions(folder: Path) -> None:
    known = {"contents", "pages", "id-token", "actions", "pull-requests", "statuses"}
    for name, told in workflows(folder).items():
        assert told["permissions"] == {}, name
        assert told["concurrency"]["group"], name
        for job in told["jobs"].values():
            assert set(job["permissions"]) <= known
            assert "uses" in job or job["timeout-minutes"] <= 60


def steps(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in told["jobs"].values() for step in job.get("steps", [])]


def test_actions_are_pinned_and_keep_no_credentials(folder: Path) -> None:
    for path in (folder / ".github" / "workflows").iterdir():
        for line in re.findall(r"(?<!\w)uses: (\S+.*)", path.read_text()):
            assert re.match(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$|\./\.github/workflows/", line), line
    for told in workflows(folder).values():
        for step in steps(told):
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] == "false" or step["with"]["persist-credentials"] is False


def test_what_runs_foreign_code_has_no_secret_and_what_has_one_runs_none(folder: Path) -> None:
    told = workflows(folder)
    collect = (folder / ".github" / "workflows" / "profbook-collect.yml").read_text()
    assert list(told["profbook-collect.yml"]["on"]) == ["pull_request"]
    assert "token" not in collect.lower().replace("id-token", "")
    assert [job["permissions"] for job in told["profbook-collect.yml"]["jobs"].values()] == [{"contents": "read"}]
    for name in ("profbook-comment.yml", "profbook-prune.yml"):
        for step in steps(told[name]):
            words = step.get("with", {})
            assert "ref" not in words
            assert "repository" not in words
            if step.get("uses", "").startswith("actions/download-artifact"):
                assert words["path"].startswith("${{ runner.temp }}")
            assert "${{" not in step.get("run", ""), "an expression in a script can be code"
    kinds = {name: list(one["on"]) for name, one in told.items()}
    assert kinds["profbook-comment.yml"] == ["workflow_run"]
    assert told["profbook-comment.yml"]["on"]["workflow_run"]["workflows"] == [told["profbook-collect.yml"]["name"]]


def test_commands_in_them_can_be_run(folder: Path) -> None:
    """Each call is a verb of ours with options it has."""
    said = {
        step["run"] for told in workflows(folder).values() for step in steps(told) if "profbook" in step.get("run", "")
    }
    calls = [text for text in said if text.startswith("profbook ")]
    assert len(calls) >= 8
    for text in calls:
        verb = text.split()[1]
        assert verb in command.GRAPH_VERBS
        for option in re.findall(r"--[a-z-]+", text):
            assert option in command.verb_help(verb), text


def test_only_an_artifact_is_deployed() -> None:
    assert "deploy-pages" in read_workflows(mode="artifact", branch="main")["profbook-pages.yml"]
    branch = read_workflows(mode="branch", branch="main")
    assert "deploy-pages" not in "".join(branch.values())
    assert "@" not in re.sub(r"@[0-9a-f]{40}", "", "".join(branch.values()))


def test_they_are_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main(["init", "github"]) == 0
    with pytest.raises(UsageError, match="there is a profbook-collect"):
        publishing.init_github(tmp_path)
    (tmp_path / ".github" / "workflows" / "profbook-collect.yml").write_text("mine")
    assert command.main(["init", "github", "--force"]) == 0
    assert {path.name for path in (tmp_path / ".github" / "workflows").iterdir()} == set(NAMES)
    assert "mine" not in (tmp_path / ".github" / "workflows" / "profbook-collect.yml").read_text()


def test_the_main_branch_is_the_remotes(tmp_path: Path) -> None:
    remote = bare(tmp_path / "remote.git")
    root = clone(remote, tmp_path / "clone")
    git(root, "checkout", "--quiet", "-b", "topic")
    assert default_branch(root) == "main"
    git(root, "remote", "set-head", "origin", "--delete")
    assert default_branch(root) == "topic"
    assert default_branch(tmp_path) == "main"
    assert 'branches: ["release/1.x"]' in read_workflows(mode="branch", branch="release/1.x")["profbook-pages.yml"]


# --- the action ------------------------------------------------------------------------------------------------------

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())


def test_the_action_has_what_it_says() -> None:
    assert {"config", "baseline", "fail-on", "label"} <= set(ACTION["inputs"])
    assert set(ACTION["outputs"]) == {"verdict", "report-url", "json"}
    ids = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}
    for output in ACTION["outputs"].values():
        step, name = re.findall(r"steps\.(\w+)\.outputs\.([\w-]+)", output["value"])[0]
        assert name == "report-url" or f'"{name}=' in ids[step]["run"]
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert used == set(ACTION["inputs"])
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"], "an expression in a script can be code"


def run_step(name: str, place: Path, **env: str) -> tuple[int, dict[str, str]]:
    """Run a step of the action with a stand-in for profbook that fails the gate."""
    step = next(one for one in ACTION["runs"]["steps"] if one["name"] == name)
    tool_folder = place / "temp" / "profbook" / "bin"
    tool_folder.mkdir(parents=True, exist_ok=True)
    stand_in = tool_folder / "profbook"
    stand_in.write_text(
        '#!/bin/sh\necho "$@" >> calls\n'
        'if [ "$1" = gate ]; then mkdir -p build; echo \'{"outcome": "failed"}\' > build/gate.json; exit 1; fi\n'
    )
    stand_in.chmod(0o755)
    output = place / "output"
    output.touch()
    full = {"PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(place / "temp"), "GITHUB_OUTPUT": str(output), **env}
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(words, cwd=place, env=full, capture_output=True, text=True, check=False)
    told = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return done.returncode, told


def test_the_action_judges_and_goes_on(tmp_path: Path) -> None:
    code, told = run_step("Judge", tmp_path, BASELINE="main", LABEL="pr", FAIL_ON="warn")
    assert (code, told) == (0, {"code": "1", "verdict": "failed", "json": str(tmp_path / "build" / "gate.json")})
    assert (tmp_path / "calls").read_text() == "gate --json build/gate.json main pr --strict\n"


@pytest.mark.parametrize(
    ("fail_on", "code", "ends"),
    [("none", "1", 0), ("regress", "1", 1), ("warn", "4", 4), ("regress", "0", 0), ("x", "0", 2)],
)
def test_the_action_fails_on_what_was_asked(tmp_path: Path, fail_on: str, code: str, ends: int) -> None:
    assert run_step("Fail on what was asked", tmp_path, FAIL_ON=fail_on, CODE=code)[0] == ends
