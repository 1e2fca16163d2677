"""Go regular expressions that cannot be made to run long: matching takes time linear in the text.

Rules: patterns come from the command line and from inside profiles (``drop_frames``), so no backtracking. The pattern
becomes a nondeterministic automaton whose sets of states are met lazily, character by character, and remembered.
"""

from __future__ import annotations

from typing import Final

from pipeline.analysis.pattern_syntax import Assertion, Chars, Choice, Node, PatternError, Repeat, Sequence, parse

MAX_STATES: Final = 50_000
_MAX_REMEMBERED: Final = 20_000
_EDGE: Final = ""
_SPECIAL: Final = frozenset("\\.+*?()|[]{}^$")


def compile_pattern(text: str) -> Pattern:
    """Compile a pattern in Go's syntax; raises PatternError (a ValueError) with Go's message."""
    return Pattern(text)


class Pattern:
    """A compiled pattern; `search` is the only question reports ask."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._plain = not any(sign in _SPECIAL for sign in text)
        self._answers: dict[str, bool] = {}
        if not self._plain:
            self._program = _Program(parse(text), text)

    def search(self, text: str) -> bool:
        """Tell whether the pattern matches anywhere in the text."""
        if self._plain:
            return self.text in text
        answer = self._answers.get(text)
        if answer is None:
            answer = self._answers[text] = self._program.run(text)
        return answer


class _Program:
    """States by number: ``chars[i]`` consumes one character, ``asserts[i]`` checks a place, both go to ``after[i]``."""

    def __init__(self, tree: Node, text: str) -> None:
        self.text = text
        self.chars: list[Chars | None] = []
        self.asserts: list[str] = []
        self.after: list[tuple[int, ...]] = []
        self.accept = self._state()
        self.start = self._build(tree, self.accept)
        self._steps: dict[tuple[frozenset[int], str, str], tuple[frozenset[int], bool]] = {}

    def _state(self, chars: Chars | None = None, check: str = "", after: tuple[int, ...] = ()) -> int:
        if len(self.after) >= MAX_STATES:
            raise PatternError("expression too large", self.text)
        self.chars.append(chars)
        self.asserts.append(check)
        self.after.append(after)
        return len(self.after) - 1

    def _build(self, node: Node, then: int) -> int:
        """Add the states of a node that continues at ``then``; returns where it begins."""
        match node:
            case Chars():
                return self._state(chars=node, after=(then,))
            case Assertion(kind):
                return self._state(check=kind, after=(then,))
            case Sequence(parts):
                for part in reversed(parts):
                    then = self._build(part, then)
                return then
            case Choice(parts):
                return self._state(after=tuple(self._build(part, then) for part in parts))
            case Repeat(part, low, high):
                return self._repeat(part, low, high, then)

    def _repeat(self, part: Node, low: int, high: int, then: int) -> int:
        if high < 0:
            loop = self._state()
            self.after[loop] = (self._build(part, loop), then)
            then = loop
        else:
            end = then
            for _ in range(high - low):
                then = self._state(after=(self._build(part, then), end))
        for _ in range(low):
            then = self._build(part, then)
        return then

    def run(self, text: str) -> bool:
        states: frozenset[int] = frozenset()
        previous = _EDGE
        for char in (*text, _EDGE):
            states, done = self._step(states, _kind(previous), char)
            if done:
                return True
            previous = char
        return False

    def _step(self, states: frozenset[int], before: str, char: str) -> tuple[frozenset[int], bool]:
        """Let the states, and a new attempt beginning here, look at one character; tell if a match is complete."""
        key = (states, before, char)
        known = self._steps.get(key)
        if known is not None:
            return known
        closure = self._closure(states | {self.start}, before, _kind(char))
        done = self.accept in closure
        reached = frozenset(
            after
            for state in closure
            if char and (chars := self.chars[state]) is not None and chars.accepts(char)
            for after in self.after[state]
        )
        if len(self._steps) >= _MAX_REMEMBERED:
            self._steps.clear()
        self._steps[key] = reached, done
        return reached, done

    def _closure(self, states: frozenset[int], before: str, after: str) -> set[int]:
        """Follow every way that consumes nothing between two kinds of characters."""
        seen: set[int] = set()
        todo = list(states)
        while todo:
            state = todo.pop()
            if state in seen:
                continue
            seen.add(state)
            if self.chars[state] is None and _holds(self.asserts[state], before, after):
                todo.extend(self.after[state])
        return seen


def _kind(char: str) -> str:
    """Tell what an assertion can see of a character: edge of text, newline, word, other."""
    if not char or char == "\n":
        return char
    return "w" if char == "_" or (char.isascii() and char.isalnum()) else "."


def _holds(check: str, before: str, after: str) -> bool:
    match check:
        case "":
            return True
        case "A":
            return before == _EDGE
        case "z":
            return after == _EDGE
        case "^":
            return before in {_EDGE, "\n"}
        case "$":
            return after in {_EDGE, "\n"}
        case _:
            return ((before == "w") != (after == "w")) == (check == "b")
