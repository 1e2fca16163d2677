"""`profbook pprof -list` says what `go tool pprof -list` says, for random options, with one source path given to both.

Left out: folders above the source path, which pprof searches too and we do not; and which of several ranges is shown
where functions of one name begin on different lines, or nowhere: that is chance in pprof, and ours is one it can give.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.analysis.hot_lines import cut_source, hot_functions
from pipeline.decode import decode_profile
from pipeline.model.source import Checkout, SourceStore, TrackedText
from tests.oracle.commands import decoded, random_display, random_filters, random_labels, random_name
from tests.oracle.conftest import Oracle, ours

pytestmark = [pytest.mark.oracle, pytest.mark.usefixtures("utc")]

SETS = int(os.environ.get("PROFBOOK_ORACLE_LISTS", "80"))


@pytest.fixture(scope="module")
def tree(go_profiles: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out sources of the small Go program and of drawn profiles under one root."""
    root = tmp_path_factory.mktemp("source") / "src"
    program = go_profiles[0].parent.name
    places = {f"{program}/main.go": (go_profiles[0].parent / "main.go").read_text()}
    for number, name in enumerate(("app/main.go", "lib/f.go", "x/y.go", "net/http/server.go")):
        places[name] = "".join(f"line {line} of {name}\t{'x' * line}\n" for line in range(1, 30 + 30 * number))
    for name, text in places.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def drawn_list(chance: random.Random, files: list[Path], tree: Path, goroot: str) -> list[str]:
    path = chance.choice(files)
    profile = decoded(path)
    words = [f"-list={random_name(chance, profile)}"]
    words += [*random_display(chance, profile, "-list"), *random_filters(chance, profile)]
    words += random_labels(chance, profile)
    words = [word for word in words if not word.startswith(("-source_path", "-trim_path"))]
    if chance.random() < 0.3:
        alike = [other for other in files if decoded(other).sample_types == profile.sample_types]
        words.append(f"{chance.choice(('-base', '-diff_base'))}={chance.choice(alike)}")
    words.append(f"-source_path={chance.choice((f'{tree}', f'{tree}', f'/nowhere:{tree}', '/nowhere/at/all'))}")
    # Without this pprof opens the files of the standard library where the toolchain has them.
    places = f"{files[0].parent.parent}:{goroot}/src"
    words.append(f"-trim_path={chance.choice((f'{places}:/src', places))}")
    return [*words, str(path)]


@pytest.mark.parametrize("seed", range(SETS))
def test_random_lists(
    pprof: Oracle, go: Callable[..., str], go_profiles: list[Path], drawn_profiles: list[Path], tree: Path, seed: int
) -> None:
    chance = random.Random(seed)
    goroot = go("env", "GOROOT").strip()
    argv = drawn_list(chance, drawn_profiles if chance.random() < 0.4 else go_profiles, tree, goroot)
    found = ours(argv)
    expected: list[tuple[int, str]] = []
    for _ in range(40):
        expected.append(pprof(argv))
        if found == expected[-1]:
            return
    assert found == expected[-1], argv


def test_lists_hold_source(pprof: Oracle, go: Callable[..., str], go_profiles: list[Path], tree: Path) -> None:
    """The sets above compare something: lines of real source with values, several functions, several files."""
    allocs = next(path for path in go_profiles if path.name == "allocs.pprof")
    places = f"{allocs.parent.parent}:{go('env', 'GOROOT').strip()}/src"
    argv = ["-list=main|runtime|strings", f"-source_path={tree}", f"-trim_path={places}", str(allocs)]
    code, out = ours(argv)
    assert (code, out) == pprof(argv)
    assert out.count("ROUTINE") > 2
    assert ":func work(s *store, done time.Time) int {\n" in out
    assert " Error: " in out


def test_the_standard_library_is_listed(pprof: Oracle, go: Callable[..., str], go_profiles: list[Path]) -> None:
    root = Path(go("env", "GOROOT").strip())
    heap = next(path for path in go_profiles if path.name == "allocs.pprof")
    argv = ["-list=^strings", f"-source_path={root}", str(heap)]
    code, out = ours(argv)
    assert (code, out) == pprof(argv)
    assert "func " in out


def test_stored_source_is_listed_as_whole_files_are(pprof: Oracle, go_profiles: list[Path], tmp_path: Path) -> None:
    """What is stored of a function is enough to list it in every profile."""
    folder = go_profiles[0].parent
    lines = tuple((folder / "main.go").read_text().splitlines())
    checkout = Checkout(str(folder), frozenset({"main.go"}), (("", "example.com/oracle/v2"),))
    profiles = [decode_profile(path.read_bytes()) for path in go_profiles]
    functions = hot_functions(profiles, checkout, 50)
    text = TrackedText("main.go", "", True, "ab" * 32, lines)
    cut = cut_source(functions, {"main.go": text}, context=5, max_bytes=1 << 20)
    assert len(cut.files[0].functions) > 3
    (tmp_path / "source.json").write_text(json.dumps(asdict(SourceStore("", "", cut.files))))
    listed = 0
    for path in go_profiles:
        copy = tmp_path / "service" / path.name
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(path, copy)
        words = ["-list=^main", f"-trim_path={folder}"]
        found = ours([*words, str(copy)])
        assert found == pprof([*words, f"-source_path={folder}", str(path)])
        listed += found[1].count("ROUTINE")
    assert listed > 6
