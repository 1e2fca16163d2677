"""Redaction: a decoded profile, and whatever else a run says, without labels, secrets and names of people.

Rules: done once, on what was decoded, before anything is made of it; so nothing derived holds what was taken away.
Values and stacks never change: totals, order and shares stay what pprof says. Labels of profiles are left out unless
their key is allowed; what our readers of goroutine dumps label themselves is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np

from pipeline.analysis.columns import pick_labels
from pipeline.analysis.masking import (
    MASK,
    TELLING_NAME,
    finds_home,
    finds_secret,
    mask_keys,
    mask_random,
    mask_text,
    may_hold_home,
    may_hold_key,
    trim_homes,
)
from pipeline.analysis.merge import BASE_LABEL
from pipeline.model.finding import Finding
from pipeline.model.profile import Labels, Profile
from pipeline.model.redact import RedactRules
from pipeline.model.source import SourceStore, name_digest

Value = TypeVar("Value")
SHOWN: Final = frozenset({"bytes", BASE_LABEL[0]})
"""Labels that Go and pprof write themselves."""
_OF_DUMPS: Final = frozenset({"state", "wait_minutes", "locked", "created_by", "created_at"})
_OPTION: Final = re.compile(rf"(?i)-+{TELLING_NAME}")
_LIMIT: Final = 20


class Redactor:
    """Redacts texts by rules; the same text is looked at once."""

    def __init__(self, rules: RedactRules) -> None:
        self.rules = rules
        self._own = [re.compile(pattern) for pattern in rules.patterns]
        self._texts: dict[str, str] = {}

    def shows(self, key: str, *, ours: bool) -> bool:
        """Tell whether labels of this key are shown; ``ours`` are labels a reader of ours has made."""
        if key in SHOWN or (ours and key in _OF_DUMPS):
            return True
        return any(key.startswith(name[:-1]) if name.endswith("*") else key == name for name in self.rules.labels)

    def text(self, text: str) -> str:
        """Redact running text: notes, comments, messages, words of commands, values of labels."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = self._text(text)
        return found

    def _text(self, text: str) -> str:
        if self.rules.secrets:
            text = mask_random(mask_text(text))
        return self._mask_own(trim_homes(text) if self.rules.homes else text)

    def name(self, text: str) -> str:
        """Redact a name of code, or lines of source: only shapes of keys."""
        return self._mask_own(mask_keys(text) if self.rules.secrets else text)

    def path(self, text: str) -> str:
        """Redact the path of a file."""
        return self.name(trim_homes(text) if self.rules.homes else text)

    def renamed(self, names: Collection[str]) -> dict[str, str]:
        """Map the names that change to what they become."""
        return _changes(names, self.name) if self._may_change("\n".join(names)) else {}

    def moved(self, paths: Collection[str]) -> dict[str, str]:
        """Map the paths that change to what they become."""
        joined = "\n".join(paths)
        may = self._may_change(joined) or (self.rules.homes and may_hold_home(joined))
        return _changes(paths, self.path) if may else {}

    def _may_change(self, joined: str) -> bool:
        return bool(self._own) or (self.rules.secrets and may_hold_key(joined))

    def words(self, words: Sequence[str]) -> list[str]:
        """Redact the words of a command: what follows ``--token`` is hidden as a whole."""
        found, hides = [], False
        for word in words:
            found.append(MASK if hides and word and not word.startswith("-") else self.text(word))
            hides = self.rules.secrets and bool(_OPTION.fullmatch(word))
        return found

    def all_of(self, value: Value) -> Value:
        """Redact every text within a value as running text."""
        return redact_values(value, self.text, self.words)

    def finds(self, raw: bytes) -> bool:
        """Tell whether bytes that cannot be read hold something to keep out."""
        rules = self.rules
        if (rules.secrets and finds_secret(raw)) or (rules.homes and finds_home(raw)):
            return True
        return bool(self._own) and self._mask_own(text := raw.decode("latin-1")) != text

    def _mask_own(self, text: str) -> str:
        for pattern in self._own:
            text = pattern.sub(MASK, text)
        return text


@dataclass(frozen=True, slots=True, eq=False)
class Redacted:
    """A redacted profile: the keys of labels left out, whether a secret was masked, files by their names before."""

    profile: Profile
    changed: bool
    keys: tuple[str, ...]
    masked: bool
    renamed: Mapping[str, str]


def redact_profile(profile: Profile, redactor: Redactor) -> Redacted:
    """Redact one decoded profile."""
    names = redactor.renamed({*profile.functions.name, *profile.functions.system_name})
    files = redactor.moved({*profile.functions.filename, *(one.file for one in profile.mappings)})
    texts = _changes({*profile.comments, profile.doc_url, *profile.labels.text, *profile.labels.key}, redactor.text)
    labels, left_out = _labels(profile, redactor, texts)
    changed = bool(names or files or texts or left_out)
    if not changed:
        return Redacted(profile, changed, (), masked=False, renamed={})
    functions = profile.functions
    redacted = replace(
        profile,
        functions=replace(
            functions,
            name=_renamed(functions.name, names),
            system_name=_renamed(functions.system_name, names),
            filename=_renamed(functions.filename, files),
        ),
        mappings=tuple(replace(one, file=files.get(one.file, one.file)) for one in profile.mappings),
        labels=labels,
        comments=_renamed(profile.comments, texts),
        doc_url=texts.get(profile.doc_url, profile.doc_url),
    )
    shown = (*redacted.functions.name, *redacted.functions.filename)
    redacted = replace(redacted, findings=tuple(_told(one, shown, redactor) for one in profile.findings))
    hidden = {text for text in (*names.values(), *files.values(), *texts.values()) if MASK in text}
    return Redacted(redacted, changed, left_out, masked=bool(hidden), renamed=files)


def _changes(texts: Iterable[str], change: Callable[[str], str]) -> dict[str, str]:
    """Map the texts that change to what they become."""
    return {text: new for text in texts if (new := change(text)) != text}


def _renamed(texts: tuple[str, ...], changes: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(changes.get(text, text) for text in texts) if changes else texts


def _labels(profile: Profile, redactor: Redactor, texts: Mapping[str, str]) -> tuple[Labels, tuple[str, ...]]:
    """Leave out the labels that are not shown; returns what stays and the keys of the others."""
    labels, ours = profile.labels, profile.format != "pprof"
    hidden = {key for key in set(labels.key) if not redactor.shows(key, ours=ours)}
    if hidden:
        kept = np.fromiter((key not in hidden for key in labels.key), np.bool_, len(labels))
        labels = pick_labels(labels, np.flatnonzero(kept))
    if texts:
        labels = replace(labels, key=_renamed(labels.key, texts), text=_renamed(labels.text, texts))
    return labels, tuple(sorted({redactor.text(key) for key in hidden}))


def _told(finding: Finding, shown: Iterable[str], redactor: Redactor) -> Finding:
    """Redact a doubt; an example that may come from a label is only kept where a name shows it too."""
    if finding.code == "text_cleaned":
        start = redactor.text(finding.evidence).removesuffix("…")
        known = any(name.startswith(start) for name in shown)
        return finding if known else replace(finding, evidence="")
    return redactor.all_of(finding)


def redact_source(store: SourceStore, redactor: Redactor, renamed: Mapping[str, str]) -> SourceStore:
    """Redact stored source, which is then also found by the names that files have now."""
    names = {name_digest(old): name_digest(new) for old, new in renamed.items()}
    files = tuple(
        replace(
            redact_values(file, redactor.name),
            names=tuple(dict.fromkeys((*file.names, *(names[one] for one in file.names if one in names)))),
        )
        for file in store.files
    )
    # What follows the repository is ours: the fragment with the line is no secret.
    repository, commit, line = store.url.partition("{commit}")
    return replace(store, files=files, url=redactor.text(repository) + commit + redactor.name(line))


def redact_values(
    value: Value, change: Callable[[str], str], words: Callable[[Sequence[str]], Sequence[str]] | None = None
) -> Value:
    """Redact every text within a value: of its fields and of what they hold. What does not change is kept as it is.

    ``words`` redacts rows of texts, such as the words of a command.
    """
    changed: Value = _redacted(value, change, words)
    return changed


def _redacted(value: Any, change: Callable[[str], str], words: Callable[[Sequence[str]], Sequence[str]] | None) -> Any:
    if isinstance(value, str):
        text = change(value)
        return value if text == value else text
    if isinstance(value, tuple):
        if words is not None and all(isinstance(item, str) for item in value):
            return value if (new := tuple(words(value))) == value else new
        items = tuple(_redacted(item, change, words) for item in value)
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    if is_dataclass(value) and not isinstance(value, type):
        before = {one.name: getattr(value, one.name) for one in fields(value)}
        after = {name: _redacted(item, change, words) for name, item in before.items()}
        changes = {name: item for name, item in after.items() if item is not before[name]}
        return replace(value, **changes) if changes else value
    return value


def redaction_findings(redacted: Mapping[str, Redacted]) -> tuple[Finding, ...]:
    """Say what was left out of the profiles of a run, by path."""
    found: list[Finding] = []
    keys = sorted({key for one in redacted.values() for key in one.keys})
    if keys:
        some = ", ".join(keys[:_LIMIT]) + (f" and {len(keys) - _LIMIT} more" if len(keys) > _LIMIT else "")
        message = "Labels of the profiles are not shown: their values may tell more than is meant to be told."
        found.append(
            Finding("labels_left_out", "info", message, "", some, "Name the ones that may be shown in redact.labels.")
        )
    found += [
        Finding(
            "secret_masked",
            "warning",
            "Text in this file looks like a secret; it is masked in everything made of it, not in the file itself.",
            path,
            cure="Take the secret out of the program's labels and comments, and change it; `profbook scrub` copies the "
            "run without it.",
        )
        for path, one in sorted(redacted.items())
        if one.masked
    ]
    return tuple(found)
