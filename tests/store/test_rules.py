"""The rules in force: shipped ones, replaced and extended by the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.model.config import CompareConfig, Config
from pipeline.store import fingerprint
from pipeline.store.config import load_config
from pipeline.store.rules import default_rules, rules_of

OWN = """
[[rules]]
name = "%s"
kind = "goal"
title = "Much faster"
measure = "gain"
metrics = ["ops_per_sec"]
op = ">="
threshold = 0.5
"""
ROLE = '[components.a]\nurl = "http://h"\nrole = "r"\n[roles.r]\nrss_limit = "1MB"\n'


def config(root: Path, text: str) -> Config:
    (root / "profbook.toml").write_text(text)
    return load_config(root, {})


def test_a_rule_of_the_settings_takes_the_place_of_its_name(tmp_path: Path) -> None:
    names = [rule.name for rule in rules_of(Config())]
    found = rules_of(config(tmp_path, OWN % "more_throughput"))
    assert [rule.name for rule in found] == names
    assert {rule.name: rule.threshold for rule in found}["more_throughput"] == 0.5


def test_a_rule_of_a_new_name_is_added(tmp_path: Path) -> None:
    assert rules_of(config(tmp_path, OWN % "much_faster"))[-1].name == "much_faster"


def test_budgets_are_asked_for_where_there_is_a_role(tmp_path: Path) -> None:
    assert "budgets" in {rule.name for rule in default_rules()}
    assert "budgets" not in {rule.name for rule in rules_of(Config())}
    assert "budgets" in {rule.name for rule in rules_of(config(tmp_path, ROLE))}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('">="', '"=="', r"rules\[0\].op"),
        ('["ops_per_sec"]', "[]", "gain needs metrics"),
        ('"goal"', '"wish"', r"rules\[0\].kind"),
        ("threshold", "treshold", "did you mean threshold"),
    ],
)
def test_a_rule_that_cannot_be_used_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        config(tmp_path, (OWN % "x").replace(old, new))


def test_a_comparison_depends_on_what_it_is_judged_by(tmp_path: Path) -> None:
    pair = CompareConfig(base="a", head="b")
    texts = ("", OWN % "x", OWN % "more_throughput", "[comparison]\nmix = 0.5\n", '[comparison]\nallow = ["kernels"]\n')
    keys = {fingerprint.compare_key(pair, ["1"], ["2"], config(tmp_path, text)) for text in texts}
    assert len(keys) == len(texts)
    assert fingerprint.compare_key(pair, ["1"], ["2"], config(tmp_path, '[site]\nname = "x"\n')) in keys
