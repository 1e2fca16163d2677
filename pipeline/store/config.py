"""Read the settings: profbook.toml (or [tool.profbook] in pyproject.toml), then the environment, then the command line.

Rules: later wins. Every fault is found before one `ConfigError` is raised, one a line, with the place it came from and
the path of the key. A value is never part of a message: it may be a secret. Environment names are ``PROFBOOK_`` and the
key path joined by ``__``; a list or table is written as JSON. The names of older scripts (``E2E_PROFILE_INTERVAL``, …)
are read as aliases and lose to ours.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Final, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from pipeline.errors import ConfigError
from pipeline.model.config import CONFIG_FORMAT, Config
from pipeline.model.cost import TOPIC_PRESETS
from pipeline.model.layout import is_run_name
from pipeline.model.target import service_root

PREFIX: Final = "PROFBOOK_"
RESERVED: Final = frozenset({"PROFBOOK_DEBUG", "PROFBOOK_PUSH_TOKEN"})
"""Environment names that begin like a setting but are not one."""

_ALIAS_PREFIXES: Final = ("E2E_PROFILE_", "TEST_PROFILE_")
_ALIASES: Final = {
    "INTERVAL": ("collect", "interval"),
    "CPU_DURATION": ("collect", "cpu_seconds"),
    "DIR": ("collect", "profiles_dir"),
    "MODE": ("collect", "mode"),
    "TEST_TARGET": ("load", "target"),
}
_NEVER_FETCHED: Final = frozenset({"cmdline", "symbol"})
_CURE: Final = "Fix the settings named above; the settings page of the guide lists every key."

_TYPE_NAMES: Final = {
    "dict_type": "should be a table",
    "model_type": "should be a table",
    "tuple_type": "should be a list",
}

_KeyPath = tuple[str | int, ...]


@dataclass(slots=True)
class _Draft:
    """Settings being merged: nested values, where each came from, and the faults found so far."""

    file: str
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[_KeyPath, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def put(self, path: tuple[str, ...], value: object, origin: str) -> None:
        """Set one value, making the tables above it."""
        table = self.values
        for depth, part in enumerate(path[:-1], 1):
            if part not in table:
                self.origins[path[:depth]] = origin
            inner = table.setdefault(part, {})
            if not isinstance(inner, dict):
                self.faults.append(f"{origin}: {_dotted(path)}: {part} is not a table")
                return
            table = inner
        table[path[-1]] = value
        self.origins[path] = origin

    def fault(self, path: _KeyPath, message: str) -> None:
        """Note a fault with the place its value came from."""
        known = [path[:end] for end in range(len(path), 0, -1) if path[:end] in self.origins]
        origin = self.origins[known[0]] if known else self.file
        self.faults.append(f"{origin}: {_dotted(path)}: {message}" if path else f"{origin}: {message}")


def load_config(
    root: Path, environ: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None
) -> Config:
    """Read and check all settings of a project.

    ``overrides`` come from the command line: dotted keys (``collect.interval``) or nested tables; a value of None is
    not given. Raises ConfigError with every fault found.
    """
    draft = _read_file(root)
    _refuse_newer(draft)
    for path, text, origin in _environment(environ or {}, draft):
        draft.put(path, text, origin)
    for path, value in _flatten(overrides or {}):
        draft.put(path, _parse(value) if isinstance(value, str) else value, "command line")
    _check_components(draft)
    _check_names(draft)
    config = _validate(draft)
    _check_topics(draft, config)
    if config is None or draft.faults:
        raise ConfigError("\n".join(dict.fromkeys(draft.faults)), cure=_CURE)
    return config


def _read_file(root: Path) -> _Draft:
    own, shared = root / "profbook.toml", root / "pyproject.toml"
    tool = _toml(shared).get("tool", {}) if shared.is_file() else {}
    table = tool.get("profbook") if isinstance(tool, dict) else None
    if not own.is_file():
        name = "pyproject.toml [tool.profbook]" if table is not None else "settings"
        if table is not None and not isinstance(table, dict):
            raise ConfigError(f"{name}: should be a table", cure=_CURE)
        return _Draft(name, table or {})
    if table is not None:
        raise ConfigError(
            "settings are in both profbook.toml and pyproject.toml [tool.profbook]",
            cure="Keep one of the two, so that no setting is silently ignored.",
        )
    return _Draft(own.name, _toml(own))


def has_shared_settings(root: Path) -> bool:
    """Tell whether pyproject.toml holds settings of ours. Raises ConfigError when it cannot be read."""
    shared = root / "pyproject.toml"
    tool = _toml(shared).get("tool", {}) if shared.is_file() else {}
    return isinstance(tool, dict) and "profbook" in tool


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: not valid TOML: {error}", cure="Correct the line named above.") from error


def _refuse_newer(draft: _Draft) -> None:
    number = draft.values.get("format", CONFIG_FORMAT)
    if isinstance(number, int) and number > CONFIG_FORMAT:
        raise ConfigError(
            f"{draft.file}: these settings have format {number}, and this profbook reads up to {CONFIG_FORMAT}",
            cure="Upgrade profbook: pip install --upgrade profbook",
        )


def _environment(environ: Mapping[str, str], draft: _Draft) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Yield (path, value, name) of the settings in an environment; aliases first, so that our own names win."""
    for prefix in _ALIAS_PREFIXES:
        for tail, path in _ALIASES.items():
            if prefix + tail in environ:
                yield path, _parse(environ[prefix + tail]), prefix + tail
        pods = f"{prefix}COMPONENTS"
        if pods in environ:
            yield ("components",), _pods(environ[pods], pods, draft), pods
        if f"{prefix}NAMESPACE" in environ:
            for namespace in _namespaces(draft.values):
                yield namespace, environ[f"{prefix}NAMESPACE"], f"{prefix}NAMESPACE"
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in RESERVED:
            yield _key_path(name.removeprefix(PREFIX).split("__"), draft.values), _parse(environ[name]), name


def _pods(text: str, origin: str, draft: _Draft) -> dict[str, Any]:
    """Read ``name:namespace:deployment:port;…``, the components of older scripts: all there are."""
    found: dict[str, Any] = {}
    for part in filter(None, (one.strip() for one in text.split(";"))):
        words = [word.strip() for word in part.split(":")]
        if len(words) != 4 or not all(words) or not words[3].isdecimal():
            draft.faults.append(f"{origin}: {part!r} should be name:namespace:deployment:port, several divided by ;")
            continue
        name, namespace, deployment, port = words
        found[name] = {"kubernetes": {"namespace": namespace, "deployment": deployment, "port": int(port)}}
    return found


def _namespaces(values: dict[str, Any]) -> list[tuple[str, ...]]:
    """List where the settings have a namespace: in each Kubernetes component."""
    components = values.get("components")
    parts = components.items() if isinstance(components, dict) else ()
    return [
        ("components", name, "kubernetes", "namespace")
        for name, part in parts
        if isinstance(part, dict) and isinstance(part.get("kubernetes"), dict)
    ]


def _key_path(words: list[str], table: object) -> tuple[str, ...]:
    """Turn ``COMPONENTS__MY_API__ENV__GOGC`` into a key path; keys that exist are found in any case, - or _.

    Below ``env`` a word keeps its case: it is the name of a variable, not of a setting.
    """
    path: list[str] = []
    for word in words:
        keys = list(table) if isinstance(table, dict) else []
        wanted = word.lower()
        inside_env = bool(path) and path[-1] == "env"
        same = [key for key in keys if key.lower().replace("-", "_") == wanted.replace("-", "_")]
        path.append(word if inside_env else same[0] if same else wanted)
        table = table.get(path[-1]) if isinstance(table, dict) else None
    return tuple(path)


def _flatten(table: Mapping[str, object], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in table.items():
        path = (*above, key) if above else tuple(key.split("."))
        if isinstance(value, Mapping):
            yield from _flatten(value, path)
        elif value is not None:
            yield path, value


def _parse(text: str) -> Any:
    """Read a list or table written as JSON; any other text stays text, and is converted by its field."""
    if text[:1] in {"[", "{"}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _check_components(draft: _Draft) -> None:
    components = draft.values.get("components", {})
    if not isinstance(components, dict):
        return
    for name, part in components.items():
        if not isinstance(part, dict):
            continue
        if not part.get("url") and not part.get("command") and not part.get("kubernetes"):
            draft.fault(
                ("components", name), "needs a url (it runs already), a command (to start it) or kubernetes (its pods)"
            )
        _check_pods(draft, name, part, components)
        url = part.get("url")
        if isinstance(url, str) and url and not _is_base_url(service_root(url)):
            draft.fault(("components", name, "url"), "should be http://HOST[:PORT][/PATH], without ? or #")
        _check_part(draft, name, part)


def _check_pods(draft: _Draft, name: str, part: dict[str, Any], components: dict[str, Any]) -> None:
    pods = part.get("kubernetes")
    if not isinstance(pods, dict):
        return
    path: _KeyPath = ("components", name, "kubernetes")
    if part.get("url") or part.get("command"):
        draft.fault(path, "has its own address: leave out url and command")
    if sum(bool(pods.get(key)) for key in ("deployment", "selector", "pod_prefix")) != 1:
        draft.fault(path, "needs one of deployment, selector and pod_prefix")
    if pods.get("replicas") == "all":
        if str(pods.get("created_by_load")).lower() in {"true", "1", "yes", "on"}:
            draft.fault((*path, "replicas"), "cannot be all while created_by_load: their number is not known before")
        for other in components:
            if re.fullmatch(rf"{re.escape(name)}\.\d+", other, re.IGNORECASE):
                draft.fault(("components", other), f"is the name of a replica of {name}")


def _check_part(draft: _Draft, name: str, part: dict[str, Any]) -> None:
    """Check what a component takes: known kinds of profiles, and a role that there is."""
    kinds = part.get("profiles", ())
    for place, kind in enumerate(kinds if isinstance(kinds, list | tuple) else ()):
        _check_kind(draft, ("components", name, "profiles", place), kind)
    role, roles = part.get("role"), draft.values.get("roles", {})
    if isinstance(role, str) and role and isinstance(roles, dict) and role not in roles:
        close = difflib.get_close_matches(role, list(roles), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        draft.fault(("components", name, "role"), f"there is no [roles.{_quoted(role)}]{hint}")


def _is_base_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and (parts.port or 1) > 0
            and not (parts.query or parts.fragment)
        )
    except ValueError:
        return False


def _check_names(draft: _Draft) -> None:
    """Names become folders and parts of URLs: refuse what is unsafe there, or equal but for case."""
    for section in ("components", "programs", "variants"):
        table = draft.values.get(section, {})
        seen: dict[str, str] = {}
        for name in table if isinstance(table, dict) else ():
            if not is_run_name(name):
                draft.fault((section, name), "is not a safe name: letters, digits, and . _ - inside, up to 100")
            elif name.casefold() in seen:
                draft.fault((section, name), f"differs from {seen[name.casefold()]} only in case")
            seen.setdefault(name.casefold(), name)
    collect = draft.values.get("collect", {})
    for key in ("before", "after", "series", "snapshot"):
        kinds = collect.get(key, ()) if isinstance(collect, dict) else ()
        for place, kind in enumerate(kinds if isinstance(kinds, list | tuple) else ()):
            _check_kind(draft, ("collect", key, place), kind)


def _check_kind(draft: _Draft, path: _KeyPath, kind: object) -> None:
    if not isinstance(kind, str):
        return
    if not is_run_name(kind):
        draft.fault(path, "is not the name of a profile")
    elif kind == "trace":
        draft.fault(path, "a trace is taken by collect.trace_seconds: it is not a profile")
    elif kind in _NEVER_FETCHED:
        draft.fault(path, f"{kind} is never fetched: it is not a profile")
    elif kind == "profile" or (kind == "cpu" and path[-2] in {"before", "after"}):
        draft.fault(path, "the CPU profile is taken during the load, for collect.cpu_seconds")


def _check_topics(draft: _Draft, config: Config | None) -> None:
    """Check that patterns of topics compile and that no two topics have one name."""
    topics = config.topics if config else ()
    if not config or not topics:
        return
    from pipeline.analysis.pattern import compile_pattern

    seen = {topic.name for topic in TOPIC_PRESETS.get(config.topics_preset, ())}
    for place, topic in enumerate(topics):
        if topic.name in seen:
            draft.fault(("topics", place, "name"), "is the name of another topic")
        seen.add(topic.name)
        try:
            compile_pattern(topic.pattern)
        except ValueError as error:
            # The rest of Go's message is the pattern itself.
            reason = str(error).removeprefix("error parsing regexp: ").partition(": `")[0]
            draft.fault(("topics", place, "pattern"), f"is not a pattern in Go's syntax: {reason}")


def _validate(draft: _Draft) -> Config | None:
    try:
        return Config.model_validate(draft.values)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False, include_context=False):
            path: _KeyPath = tuple(fault["loc"])
            kind = fault["type"]
            if kind == "extra_forbidden":
                draft.fault(path, "unknown setting" + _suggestion(path))
            elif kind == "missing":
                draft.fault(path, "is missing")
            elif kind == "value_error":
                draft.fault(path, fault["msg"].removeprefix("Value error, "))
            else:
                draft.fault(path, _TYPE_NAMES.get(kind) or fault["msg"].removeprefix("Input ").lower())
        return None


def _suggestion(path: _KeyPath) -> str:
    close = difflib.get_close_matches(str(path[-1]), _known_keys(path[:-1]), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def _known_keys(path: _KeyPath) -> list[str]:
    """List the settings a table may have."""
    kind: Any = Config
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
        elif get_origin(kind) in {dict, tuple}:
            kind = get_args(kind)[1 if get_origin(kind) is dict else 0]
        if get_origin(kind) is UnionType:
            kind = get_args(kind)[0]
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def _dotted(path: _KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{_quoted(part)}" if text else _quoted(part)
    return text


def _quoted(key: str) -> str:
    return key if key.replace("-", "_").isidentifier() or key.replace("-", "").isalnum() else json.dumps(key)
