"""From a git repository with the demo service to annotated source on its page and in -list, as a user would."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.pprof_command import run
from tests.demo.test_demo import DEMO, ENVIRONMENT, GO

pytestmark = pytest.mark.skipif(GO is None, reason="no go: pip install 'profbook[demo]' brings one")

SETTINGS = """
format = 1
[components.shop]
build = ["go", "build", "-C", "svc", "-buildvcs=false", "-trimpath", "-o", "{bin}/", "./..."]
command = ["{bin}/eventstore", "--port", "{port}"]
ready = "/health"
[load]
command = ["{bin}/loadgen", "--url", "{url}", "--duration", "{duration}s", "--profile-dir", "{profile_dir}"]
duration = 4
[collect]
cpu_seconds = 2
before = ["heap"]
after = ["heap", "allocs"]
[source]
store = true
"""


def call(root: Path, *words: str) -> str:
    done = subprocess.run(words, cwd=root, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_source_of_the_demo_service(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    shutil.copytree(DEMO, root / "svc")
    (root / "profbook.toml").write_text(SETTINGS)
    (root / ".gitignore").write_text("build/\nprofiles/\n")
    call(root, "git", "init", "--quiet")
    call(root, "git", "add", ".")
    call(root, "git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "--quiet", "--message=x")
    call(root, "git", "remote", "add", "origin", "git@github.com:example/shop.git")
    commit = call(root, "git", "rev-parse", "HEAD").strip()

    profbook = (sys.executable, "-m", "pipeline")
    environment = ENVIRONMENT | {"PYTHONPATH": str(DEMO.parents[1])}
    for words in (("collect", "--label", "base"), ("site",)):
        done = subprocess.run(
            [*profbook, *words], cwd=root, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    (folder,) = (root / "profiles").glob("2*-base")
    stored = json.loads((folder / "source.json").read_text())
    assert stored["commit"] == commit
    paths = {file["path"]: file for file in stored["files"]}
    # What is hot depends on the machine; that requests are served by server.go does not.
    assert "svc/eventstore/server.go" in paths
    assert not any(file["dirty"] for file in stored["files"])
    for path, file in paths.items():
        text = (root / path).read_text().splitlines()
        for extract in file["extracts"]:
            assert extract["lines"] == text[extract["first"] - 1 :][: len(extract["lines"])]

    page = next((root / "build" / "site" / "runs").glob("2*/index.html")).read_text()
    assert "Annotated source" in page
    assert f"https://github.com/example/shop/blob/{commit}/svc/eventstore/server.go#L" in page
    assert "func (s *server) " in page
    targets = {part.partition('"')[0] for part in page.split('<a href="#profile-')[1:]}
    assert targets
    assert all(f'id="profile-{target}"' in page for target in targets)

    out = io.StringIO()
    assert run([r"-list=main\.", str(folder / "shop" / "cpu.prof")], out, io.StringIO()) == 0
    assert ":func (s *server) " in out.getvalue()
