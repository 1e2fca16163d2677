"""Choosing samples by their labels, as pprof's tagfocus and tagignore do.

Rules: ``key=value`` looks at one key, a bare value at all; ``32kb``, ``:64kb``, ``4mb:`` and ``12kb:64mb`` are ranges
over numbers, everything else is a comma-separated list of patterns over texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline import units
from pipeline.analysis.columns import Mask
from pipeline.analysis.pattern import Pattern, compile_pattern
from pipeline.analysis.pattern_syntax import PatternError
from pipeline.errors import UsageError
from pipeline.model.profile import Profile

_RANGE: Final = re.compile(r"([+-]?[0-9]+)([A-Za-z]+)?")
NumberTest = Callable[[int, str], bool]


@dataclass(frozen=True, slots=True)
class TagFilter:
    """A compiled filter; ``note`` says how the text was understood when that could surprise."""

    key: str
    number: NumberTest | None
    patterns: tuple[Pattern, ...]
    units: dict[str, str]
    note: str = ""

    def matches(self, profile: Profile) -> Mask:
        """Tell for each sample whether its labels match."""
        return self._by_number(profile) if self.number else self._by_text(profile)

    def _by_number(self, profile: Profile) -> Mask:
        labels, chosen = profile.labels, np.zeros(len(profile.samples), np.bool_)
        test = self.number
        for row in np.flatnonzero(labels.is_number).tolist():
            key = labels.key[row]
            if test and (not self.key or key == self.key) and test(int(labels.number[row]), self.units.get(key, "")):
                chosen[labels.sample[row]] = True
        return chosen

    def _by_text(self, profile: Profile) -> Mask:
        """Match texts: with a key any pattern on its value, without one every pattern on some ``key:value``."""
        labels = profile.labels
        matched = np.zeros((len(self.patterns), len(profile.samples)), np.bool_)
        for row in np.flatnonzero(~labels.is_number).tolist():
            key, text = labels.key[row], labels.text[row]
            if self.key and key != self.key:
                continue
            subject = text if self.key else f"{key}:{text}"
            for index, pattern in enumerate(self.patterns):
                matched[index, labels.sample[row]] |= pattern.search(subject)
        return np.asarray(matched.any(axis=0) if self.key else matched.all(axis=0), np.bool_)


def compile_tag_filter(name: str, text: str, label_units: dict[str, str]) -> TagFilter | None:
    """Compile the value of tagfocus or tagignore; no text gives None; raises UsageError on a bad pattern."""
    if not text:
        return None
    key, equals, value = text.partition("=")
    key, value = (key, value) if equals else ("", text)
    if number := parse_range(value):
        return TagFilter(key, number, (), label_units, f"{name}:Interpreted '{value}' as range, not regexp")
    try:
        patterns = tuple(compile_pattern(part) for part in value.split(","))
    except PatternError as error:
        raise UsageError(f"parsing {name} regexp: {error}") from error
    return TagFilter(key, None, patterns, label_units)


def parse_range(text: str) -> NumberTest | None:
    """Read ``32kb``, ``:64kb``, ``4mb:`` or ``12kb:64mb``; None when the text is no range."""
    found = _RANGE.findall(text)[:2]
    if not found or any(len(number) > 18 for number, _ in found):
        return None
    low, unit = units.scale(int(found[0][0]), found[0][1], found[0][1])
    high = low
    first = "".join(found[0])
    if len(found) == 1:
        bounds = {first: (low, low), f"{first}:": (low, np.inf), f":{first}": (-np.inf, low)}
    else:
        high, other = units.scale(int(found[1][0]), found[1][1], unit)
        bounds = {f"{first}:{''.join(found[1])}": (low, high)} if other == unit else {}
    if text not in bounds:
        return None
    return _within(*bounds[text], unit)


def _within(low: float, high: float, unit: str) -> NumberTest:
    def test(value: int, value_unit: str) -> bool:
        scaled, scaled_unit = units.scale(value, value_unit, unit)
        return scaled_unit == unit and low <= scaled <= high

    return test


def number_label_units(profile: Profile) -> dict[str, str]:
    """Find the unit of each numeric label: the first one the profile gives, else a guess from the key as pprof's."""
    labels, known = profile.labels, dict[str, str]()
    for row in np.flatnonzero(labels.is_number).tolist():
        key, unit = labels.key[row], labels.unit[row]
        if not known.get(key):
            known[key] = unit
    return {key: unit or ("bytes" if key in {"alignment", "request"} else key) for key, unit in known.items()}
