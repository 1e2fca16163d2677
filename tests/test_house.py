"""The house rules that a machine can check: who imports whom, how big a room may get, what starts cheaply."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for path in (ROOT / "pipeline").rglob("*.py") if not path.name.endswith("_pb2.py"))
SCRIPTS = sorted((ROOT / "site_templates").rglob("*.js"))
TEMPLATES = sorted((ROOT / "site_templates").rglob("*.j2"))
TOP_LEVEL = {
    ".ci", ".git", ".github", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "action.yml", "dodo.py", "pipeline",
    "profbook.toml", "profiles", "pyproject.toml", "site_templates", "tests",
}  # fmt: skip


def test_imports_keep_to_the_contracts() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert text.count("\n") <= 500
    assert ast.get_docstring(tree) or not text.strip(), "a module starts with what lives here"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is longer than 60 lines"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_rooms_for_leftovers(path: Path) -> None:
    assert not re.search(r"util|helper|manager|misc|common|data2", path.stem)


def test_scripts_and_templates_are_small() -> None:
    assert not [path for path in SCRIPTS if path.read_text().count("\n") > 400]
    assert not [path for path in TEMPLATES if path.read_text().count("\n") > 120]


STYLES = sorted((ROOT / "site_templates" / "assets" / "css").glob("*.css"))
SET_IN_TYPE = re.compile(
    r"font-size: (?!var\(--pb-\w+(?:, (?:\.7rem|inherit))?\)|inherit|125%|[\d.]+p[tx])"
    r"|font-weight: (?!400|600|inherit)"
    r"|font: (?!inherit|400 var|12px)"
)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_pages_are_set_in_few_fonts(path: Path) -> None:
    """Sizes are those of the scale (points on paper, pixels within pictures): each other one is a font more to open."""
    assert not SET_IN_TYPE.findall(path.read_text())


def test_nothing_else_at_the_top() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode != 0:
        pytest.skip("not a git checkout")
    assert {line.split("/")[0] for line in tracked.stdout.splitlines()} <= TOP_LEVEL


@pytest.mark.parametrize("command", [["--help"], ["--version"]])
def test_the_command_starts_without_its_heavy_libraries(command: list[str]) -> None:
    code = (
        "import sys; from pipeline.__main__ import main; main(sys.argv[1:]);"
        "print(sorted({'altair', 'mkdocs', 'scipy', 'polars', 'vl_convert', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_wheel_carries_every_file_of_the_package_and_its_templates(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "pipeline").rglob("*") if _is_source(path)}
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "site_templates").rglob("*") if path.is_file()}
    wanted = ours | {f"pipeline/{name}" for name in templates}
    assert "pipeline/site_templates/overrides/.icons/material/magnify.svg" in wanted
    assert {"pipeline/demo/go.mod", "pipeline/rules.toml"} <= wanted
    assert carried == wanted


def _is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
