"""What kubectl says about pods, read into values: which there are, which can be profiled, and what to record of one.

Rules: no I/O; an allow-list, nothing else of a pod (labels, annotations, environment, node) is read. Text of the
cluster is checked before it becomes an argument or a line: a pod whose name is not a name is left out. Restarts and
limits are those of the container that declares the port; of all containers when none does. A pod that has finished is
none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.collect.secrets import printable

POD_NAME: Final = re.compile(r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
_UID: Final = re.compile(r"^[A-Za-z0-9][\w.-]{0,99}$")
_LABEL: Final = re.compile(r"^[A-Za-z0-9][-\w./]{0,316}$")
_LIMITS: Final = ("cpu", "memory")


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod as it is now; ``restarts`` counts the restarts of the profiled container.

    ``ready`` as its readiness probes say, ``running`` its profiled container runs, ``leaving`` it is being deleted.
    """

    name: str
    uid: str
    created: str
    ready: bool
    running: bool
    leaving: bool
    restarts: int
    images: tuple[str, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()

    @property
    def instance(self) -> tuple[str, int]:
        """Identify the process inside: it is another one when the pod or its container was replaced."""
        return self.uid, self.restarts


def parse_pods(data: bytes, port: int) -> tuple[Pod, ...]:
    """Read the answer of ``kubectl get pods -o json``, oldest pod first; raises ValueError when it is not one."""
    found = [_pod(_table(item), port) for item in _items(_document(data))]
    return tuple(sorted((pod for pod in found if pod is not None), key=lambda pod: (pod.created, pod.name)))


def parse_selector(data: bytes) -> str:
    """Write the selector of a deployment (``-o json``) as ``kubectl --selector`` takes it; raises ValueError."""
    selector = _table(_table(_document(data).get("spec")).get("selector"))
    parts = [f"{key}={value}" for key, value in sorted(_table(selector.get("matchLabels")).items())]
    words = [word for part in parts for word in part.split("=", 1) if word]
    for rule in _items({"items": selector.get("matchExpressions")}):
        table = _table(rule)
        key, values = str(table.get("key", "")), [str(value) for value in table.get("values") or ()]
        words += [key, *values]
        parts.append(_expression(key, str(table.get("operator")), values))
    if not parts or not all(_LABEL.match(word) for word in words):
        raise ValueError("a deployment without a selector that can be used")
    return ",".join(parts)


def _expression(key: str, operator: str, values: Sequence[str]) -> str:
    match operator:
        case "In" | "NotIn":
            return f"{key} {operator.lower()} ({','.join(values)})"
        case "Exists":
            return key
        case "DoesNotExist":
            return f"!{key}"
    raise ValueError("a deployment with a selector of an unknown kind")


def choose(pods: Sequence[Pod], before: Pod | None, taken: Collection[str]) -> Pod | None:
    """Choose the pod to profile next in place of ``before``: itself while it exists, then the newest that is free.

    ``taken`` are uids in use elsewhere. None means: wait, nothing fits yet.
    """
    same = next((pod for pod in pods if before is not None and pod.uid == before.uid and not pod.leaving), None)
    if same is not None:
        return same if same.running else None
    free = [pod for pod in pods if pod.ready and pod.uid not in taken]
    return free[-1] if free else None


def _document(data: bytes) -> dict[str, Any]:
    try:
        return _table(json.loads(data))
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error


def _table(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("an object was expected")  # noqa: TRY004 - the data is wrong, not its caller
    return value


def _items(table: dict[str, Any], key: str = "items") -> list[Any]:
    items = table.get(key)
    if items is None:
        return []
    if not isinstance(items, list):
        raise ValueError("a list was expected")  # noqa: TRY004 - the data is wrong, not its caller
    return items


def _pod(item: dict[str, Any], port: int) -> Pod | None:
    meta, spec, status = (_table(item.get(part)) for part in ("metadata", "spec", "status"))
    name, uid = str(meta.get("name", "")), str(meta.get("uid", ""))
    if not POD_NAME.match(name) or not _UID.match(uid) or status.get("phase") in {"Succeeded", "Failed"}:
        return None
    containers = [_table(one) for one in _items(spec, "containers")]
    serving = [one for one in containers if _declares(one, port)] or containers
    names = {str(one.get("name")) for one in serving}
    states = [_table(one) for one in _items(status, "containerStatuses")]
    states = [one for one in states if str(one.get("name")) in names]
    conditions = [_table(one) for one in _items(status, "conditions")]
    leaving = bool(meta.get("deletionTimestamp"))
    running = status.get("phase") == "Running" and not leaving
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
    return Pod(
        name=name,
        uid=uid,
        created=printable(str(meta.get("creationTimestamp", "")), 40),
        ready=running and ready,
        running=running and all("running" in _table(one.get("state")) for one in states if "state" in one),
        leaving=leaving,
        restarts=sum(_count(one.get("restartCount")) for one in states),
        images=tuple(dict.fromkeys(printable(str(one.get("image", "")), 200) for one in serving)),
        limits=_limits(serving),
    )


def _declares(container: dict[str, Any], port: int) -> bool:
    return any(_table(one).get("containerPort") == port for one in _items(container, "ports"))


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _limits(containers: Sequence[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Read the limits of the one container that is profiled; those of several together would limit nothing."""
    if len(containers) != 1:
        return ()
    limits = _table(_table(containers[0].get("resources")).get("limits"))
    return tuple((name, printable(str(limits[name]), 40)) for name in _LIMITS if name in limits)
