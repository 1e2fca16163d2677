"""Questions to `go tool pprof` and to the explorer, drawn at random from a profile, and their two answers."""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.analysis.calltree import build_call_tree
from pipeline.analysis.source import open_profile
from pipeline.analysis.stacktree import build_stack_tree
from pipeline.decode import decode_profile
from pipeline.model.pfv import pack
from pipeline.model.profile import Profile
from pipeline.model.stacks import pack_samples
from pipeline.render.payload import payload_scripts
from tests.oracle.conftest import Oracle

GRAINS = ("", "functions", "filefunctions", "files", "lines", "addresses")
FLAGS = {
    "focus": "focus",
    "ignore": "ignore",
    "hide": "hide",
    "show": "show",
    "showFrom": "show_from",
    "tagFocus": "tagfocus",
    "tagIgnore": "tagignore",
}
UNITS = {"nanoseconds": "ns", "microseconds": "us", "milliseconds": "ms", "seconds": "s", "bytes": "B"}
OWN_RULES = (
    "[A-Z]\\w+$",
    "^[a-z]+\\.",
    "(?i)MAIN|init",
    "\\.go$",
    "\\.func\\d",
    "_amd64\\.s",
    "nothing like it",
    "\\bre\\w*\\b",
)


@dataclass(frozen=True, slots=True)
class Question:
    """One table: options of both tools."""

    head: Path
    base: Path | None
    filters: dict[str, Any]
    how: dict[str, Any]
    type_index: int
    options: dict[str, Any]

    def words(self, profile: Profile) -> list[str]:
        """Spell the question for pprof."""
        kind = profile.sample_types[self.type_index]
        words = ["-top", f"-sample_index={self.type_index}", f"-nodefraction={self.fraction}"]
        words += [f"-unit={UNITS[kind.unit]}"] if kind.unit in UNITS else []
        words += [f"-{FLAGS[name]}={text}" for name, text in self.filters.items() if name in FLAGS]
        words += [f"-{self.filters['granularity']}"] if self.filters.get("granularity") else []
        words += ["-noinlines"] if self.filters.get("noinlines") else []
        words += ["-relative_percentages"] if self.filters.get("relative") else []
        words += ["-cum"] if self.options.get("byCum") else []
        words += ["-drop_negative"] if self.options.get("dropNegative") else []
        words += ["-normalize"] if self.how.get("normalize") else []
        words += [f"-{self.how['mode']}={self.base}"] if self.base else []
        return [*words, str(self.head)]

    @property
    def fraction(self) -> float:
        return float(self.options.get("nodeFraction", 0))


def read_profile(path: Path) -> Profile:
    return decode_profile(path.read_bytes(), max_bytes=1 << 30, symbolize=True)


def publish(folder: Path, name: str, profile: Profile) -> None:
    """Write a profile's data files as the site has them."""
    opened = open_profile(profile)
    tree = build_call_tree(profile)
    samples = pack_samples(opened, build_stack_tree(opened), tree.frames)
    for file, data in payload_scripts(name, pack(tree), samples).items():
        (folder / file).write_bytes(data)


def draw_question(chance: random.Random, path: Path, profile: Profile, bases: list[Path]) -> Question:
    """Draw a question; about one in four is about a pair."""
    texts = [*profile.functions.name, *profile.functions.filename, *(one.file for one in profile.mappings)]
    texts = [text for text in texts if text] or ["main.main"]
    filters: dict[str, Any] = {}
    for name in ("focus", "ignore", "hide", "show", "showFrom"):
        if chance.random() < {"focus": 0.4, "ignore": 0.3}.get(name, 0.2):
            filters[name] = draw_pattern(chance, texts)
    for name in ("tagFocus", "tagIgnore"):
        if len(profile.labels) and chance.random() < 0.25:
            filters[name] = draw_tag(chance, profile)
    if chance.random() < 0.4:
        filters["granularity"] = chance.choice(GRAINS)
    for name, share in (("noinlines", 0.15), ("relative", 0.2)):
        if chance.random() < share:
            filters[name] = True
    base = chance.choice(bases) if bases and chance.random() < 0.3 else None
    how: dict[str, Any] = {}
    if base:
        how = {"mode": chance.choice(["base", "diff_base"]), "normalize": chance.random() < 0.3}
    options: dict[str, Any] = {"byCum": chance.random() < 0.4, "nodeFraction": chance.choice([0, 0, 0.005, 0.02])}
    options["dropNegative"] = base is not None and chance.random() < 0.3
    return Question(path, base, filters, how, chance.randrange(len(profile.sample_types)), options)


def draw_pattern(chance: random.Random, texts: list[str]) -> str:
    """Draw a pattern that has a good chance to match some of the texts."""
    pieces = [piece for piece in re.split(r"[./()*]+", chance.choice(texts)) if piece] or ["main"]
    piece, other = chance.choice(pieces), chance.choice(chance.choice(texts).split("/"))
    kinds = [
        re.escape(piece),
        f"^{re.escape(chance.choice(texts))}$",
        f"(?i){re.escape(piece.upper())}",
        f"{re.escape(piece)}|{re.escape(other)}",
        f"{re.escape(piece[:3])}.*{re.escape(other[-2:])}",
        f"^{re.escape(pieces[0])}",
        chance.choice(OWN_RULES),
    ]
    return chance.choice(kinds)


def draw_tag(chance: random.Random, profile: Profile) -> str:
    labels, row = profile.labels, chance.randrange(len(profile.labels))
    key = labels.key[row]
    if labels.is_number[row]:
        number = int(labels.number[row])
        low, high = number // 2, number * 2
        return chance.choice([f"{key}={number}b", f"{key}={low}b:{high}b", f":{number}b", f"{number}b:", "1kb:64kb"])
    text = re.escape(labels.text[row])
    return chance.choice([f"{key}={text}", text, f"{key}={text},nothing", f"{key}:{text}", f"{text},nothing"])


Row = tuple[str, float, float]


def theirs(pprof: Oracle, question: Question, profile: Profile) -> tuple[float, list[Row]] | None:
    """Ask pprof; None where it refuses."""
    code, text = pprof(question.words(profile))
    found = re.search(r"% of (\S+) total$", text, re.MULTILINE)
    if code or not found:
        return None
    rows = []
    for line in text.splitlines():
        row = re.match(r" *(\S+) +\S+% +\S+% +(\S+) +\S+%  (.*)$", line)
        if row:
            rows.append((re.sub(r" \((partial-)?inline\)$", "", row[3]), number(row[1]), number(row[2])))
    return number(found[1]), rows


def number(text: str) -> float:
    found = re.match(r"-?[\d.]+(e[+-]\d+)?", text)
    assert found, text
    return float(found[0])


def explorer(answer: dict[str, Any]) -> tuple[float, list[Row]]:
    """Read the explorer's answer."""
    return float(answer["total"]), [(row["name"], row["flat"], row["cum"]) for row in answer["rows"]]


def settled(rows: list[Row], question: Question) -> list[Row]:
    """Put rows that pprof itself orders at random (equal weight, equal name) in one order; all others stay."""
    main = 2 if question.options.get("byCum") else 1
    groups = itertools.groupby(rows, key=lambda row: (abs(row[main]), row[0]))
    return [row for _, group in groups for row in sorted(group)]
