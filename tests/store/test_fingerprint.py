import ast
import shutil
from pathlib import Path

import pytest

from pipeline.model.config import CompareConfig, Config
from pipeline.store import fingerprint


@pytest.fixture
def package(tmp_path):
    copy = tmp_path / "pipeline"
    shutil.copytree(fingerprint.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "demo"))
    return copy


def all_modules():
    return sorted(path.relative_to(fingerprint.PACKAGE).as_posix() for path in fingerprint.PACKAGE.rglob("*.py"))


def test_every_module_is_part_of_the_site_s_fingerprint(package):
    before = fingerprint.of_code(fingerprint.SITE_CODE, package)
    for module in all_modules():
        fingerprint.of_code.cache_clear()
        (package / module).write_bytes((package / module).read_bytes() + b"\n# edited\n")
        after = fingerprint.of_code(fingerprint.SITE_CODE, package)
        assert after != before, module
        before = after


@pytest.mark.parametrize(
    ("module", "derive", "compare"),
    [
        ("decode/pprof.py", True, False),
        ("analysis/metrics.py", True, True),
        ("render/flame.py", True, False),
        ("compare/pair.py", False, True),
        ("model/record.py", True, True),
        ("derive.py", True, True),
        ("units.py", True, True),
        ("collect/__init__.py", False, False),
        ("render/env.py", False, False),
    ],
)
def test_a_module_counts_where_its_result_goes(package, module, derive, compare):
    parts = (fingerprint.DERIVE_CODE, fingerprint.COMPARE_CODE)
    before = [fingerprint.of_code(part, package) for part in parts]
    (package / module).write_bytes((package / module).read_bytes() + b"\n# edited\n")
    fingerprint.of_code.cache_clear()
    after = [fingerprint.of_code(part, package) for part in parts]
    assert [one != other for one, other in zip(before, after, strict=True)] == [derive, compare]


def imported(module: Path) -> set[str]:
    """List the modules of the package that a module imports, wherever in it."""
    root, found = fingerprint.PACKAGE.parent, set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pipeline":
            place = root.joinpath(*node.module.split("."))
            for name in node.names:
                options = (place / f"{name.name}.py", place.with_suffix(".py"), place / "__init__.py")
                found.add(next(one for one in options if one.exists()))
    return {one.relative_to(fingerprint.PACKAGE).as_posix() for one in found}


def test_all_that_makes_a_record_counts():
    places = [fingerprint.PACKAGE / part for part in fingerprint.DERIVE_CODE]
    counted = {
        path.relative_to(fingerprint.PACKAGE).as_posix()
        for place in places
        for path in ([place] if place.suffix else place.rglob("*.py"))
    }
    # The corridor and the stores lead everywhere; what they compute is computed by the others.
    makers = {name for name in counted if name != "stages.py" and not name.startswith("store/")}
    assert "render/encode.py" in imported(fingerprint.PACKAGE / "render" / "flame.py")
    for name in sorted(makers):
        assert imported(fingerprint.PACKAGE / name) <= counted, name


def test_a_renamed_template_changes_the_folder(tmp_path):
    (tmp_path / "a.html").write_text("x")
    before = fingerprint.of_folder(tmp_path)
    (tmp_path / "a.html").rename(tmp_path / "b.html")
    fingerprint.of_folder.cache_clear()
    assert fingerprint.of_folder(tmp_path) != before


def test_keys_follow_the_settings_that_matter():
    plain, limited = Config(), Config.model_validate({"limits": {"max_decoded_bytes": 1 << 21}})
    named = Config.model_validate({"site": {"name": "other"}})
    assert fingerprint.derive_key("x", plain) == fingerprint.derive_key("x", named)
    assert fingerprint.derive_key("x", plain) != fingerprint.derive_key("x", limited)
    assert fingerprint.derive_key("x", plain) != fingerprint.derive_key("y", plain)


def test_a_budget_that_changes_makes_its_run_anew():
    part = {"url": "http://h", "role": "worker"}
    keys = [
        fingerprint.derive_key(
            "x", Config.model_validate({"components": {"a": part}, "roles": {"worker": {"rss_limit": size}}})
        )
        for size in ("256MB", 256 << 20, "512MB")
    ]
    assert keys[0] == keys[1] != keys[2]


def test_topics_and_the_module_make_runs_anew():
    settings = (
        {},
        {"topics_preset": "kubernetes"},
        {"module": {"path": "a.io/b"}},
        {"topics": [{"name": "x", "pattern": "y"}]},
    )
    assert len({fingerprint.derive_key("x", Config.model_validate(one)) for one in settings}) == 4


def test_a_comparison_s_key_knows_its_sides_apart():
    pair = CompareConfig(base="a", head="b")
    keys = {
        fingerprint.compare_key(pair, ["1"], ["2", "3"]),
        fingerprint.compare_key(pair, ["1", "2"], ["3"]),
        fingerprint.compare_key(pair, ["2"], ["1", "3"]),
        fingerprint.compare_key(CompareConfig(base="a", head="c"), ["1"], ["2", "3"]),
    }
    assert len(keys) == 4


def test_parts_never_run_together():
    assert fingerprint.digest("ab", "c") != fingerprint.digest("a", "bc")
    assert fingerprint.digest(["a"], []) != fingerprint.digest([], ["a"])
