"""The rules in force: the defaults of ``rules.toml``, with those of the settings in their place.

Rules: a rule of the settings takes the place of the default one of its name, or comes after them. Budgets are asked
for only where a component has a role.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from pipeline.model.config import Config
from pipeline.model.rules import Rule

DEFAULTS: Final = Path(__file__).resolve().parent.parent / "rules.toml"
_BUDGETS: Final = frozenset({"budget_exceeded", "budget_target"})


@cache
def default_rules() -> tuple[Rule, ...]:
    """Read the rules that are shipped."""
    return tuple(Rule.model_validate(one) for one in tomllib.loads(DEFAULTS.read_text("utf-8"))["rules"])


def rules_of(config: Config) -> tuple[Rule, ...]:
    """List the rules in force, in their order."""
    merged = {rule.name: rule for rule in default_rules()}
    merged |= {rule.name: rule for rule in config.rules}
    return tuple(rule for rule in merged.values() if config.budgets or not _BUDGETS & set(rule.findings))
