"""The kubectl on PATH: asked for pods, and told to forward. The only thing a Kubernetes component needs.

Rules: a list of words, never a shell; what the settings say is passed as ``--name=value``, so that no value can be
taken for an option. Each question has a deadline, a bound on its answer and a process group of its own, and dies with
us. What kubectl says on stderr is kept apart from its answer, and becomes one of these codes:

    kubectl_missing        there is no kubectl on PATH
    kubectl_context        no such context, or no usable kubeconfig
    kubectl_unreachable    the cluster does not answer
    kubectl_unauthorized   the cluster does not know who asks
    kubectl_forbidden      who asks may not do this
    kubectl_not_found      no such namespace or deployment
    kubectl_timeout        no answer in time
    kubectl_failed         anything else, in kubectl's own words
    no_pod                 there are no pods that fit, or none is ready
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pipeline.collect.clock import Clock, SystemClock, wait
from pipeline.collect.pods import Pod, parse_pods, parse_selector
from pipeline.collect.process import child_env, start
from pipeline.collect.secrets import printable
from pipeline.errors import CollectError
from pipeline.model.config import Config, KubernetesConfig

ASK_SECONDS: Final = 20.0
_LOG_LINE: Final = re.compile(r"^[DIWEF]\d{4} \d\d:\d\d:\d\d\.\d+ .*\n?", re.MULTILINE)
POLL_SECONDS: Final = 2.0
_MAX_ANSWER: Final = 64 << 20
_MAX_WORDS: Final = 4096
_MISSING_CURE: Final = "Install kubectl and put it on PATH, or give the component a url instead."
_CASELESS: Final = re.IGNORECASE
_SAID: Final = (
    (re.compile(r"context \S* ?does not exist|no context exists|context was not found", _CASELESS), "kubectl_context"),
    (
        re.compile(
            r"kubeconfig|stat .*: no such file|error loading config|no configuration has been provided", _CASELESS
        ),
        "kubectl_context",
    ),
    (re.compile(r"\(?Forbidden\)?|is forbidden", _CASELESS), "kubectl_forbidden"),
    (re.compile(r"Unauthorized|must be logged in|provide credentials", _CASELESS), "kubectl_unauthorized"),
    (
        re.compile(
            r"connection to the server|Unable to connect|no such host|timed? ?out|connection refused", _CASELESS
        ),
        "kubectl_unreachable",
    ),
    (re.compile(r"\(?NotFound\)?|not found", _CASELESS), "kubectl_not_found"),
)
_CURES: Final[Mapping[str, str]] = {
    "kubectl_context": "List them with `kubectl config get-contexts`; correct kubernetes.context or kubeconfig.",
    "kubectl_unreachable": "Is the cluster running, and is this the right context?",
    "kubectl_unauthorized": "Log in to the cluster, then collect again.",
    "kubectl_forbidden": "Needed in the namespace: get and list on pods and deployments, create on pods/portforward.",
    "kubectl_not_found": "Correct kubernetes.namespace and kubernetes.deployment.",
    "kubectl_timeout": "Is the cluster overloaded, or does a login prompt wait for an answer?",
    "no_pod": "Look with `kubectl get pods`; correct the deployment, selector or pod_prefix.",
}
_LASTING: Final = frozenset({"kubectl_missing", "kubectl_context", "kubectl_unauthorized", "kubectl_forbidden"})
"""What waiting does not change."""


class KubectlError(CollectError):
    """kubectl cannot give what was asked; ``code`` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, cure=_MISSING_CURE if code == "kubectl_missing" else _CURES.get(code, ""))
        self.code = code


def require_kubectl(config: Config) -> None:
    """Refuse Kubernetes components when there is no kubectl. Raises KubectlError."""
    if any(part.kubernetes is not None for part in config.components.values()):
        program()


def program() -> str:
    """Find kubectl on PATH; raises KubectlError."""
    found = shutil.which("kubectl", path=child_env()["PATH"])
    if found is None:
        raise KubectlError("kubectl_missing", "kubectl is not on PATH")
    return found


class Kubectl:
    """kubectl as one component uses it: its context, namespace and way to find pods. Safe to use from threads."""

    def __init__(self, config: KubernetesConfig, *, root: Path, clock: Clock | None = None) -> None:
        self.config = config
        self.root = root
        self._clock = clock or SystemClock()
        self._selector = config.selector

    @property
    def wanted(self) -> str:
        """Name what is looked for, for messages."""
        config = self.config
        how = (
            f"deployment {config.deployment}"
            if config.deployment
            else f"selector {config.selector}"
            if config.selector
            else f"pods named {config.pod_prefix}…"
        )
        return f"{how} in namespace {config.namespace}"

    def words(self, *words: str) -> list[str]:
        """Write a kubectl command for this component."""
        config = self.config
        options = [f"--namespace={config.namespace}"]
        if config.context:
            options.append(f"--context={config.context}")
        if config.kubeconfig:
            options.append(f"--kubeconfig={self.root / Path(config.kubeconfig).expanduser()}")
        return [program(), *options, *words]

    def forward_words(self, pod: Pod, local: int) -> list[str]:
        """Write the command that forwards a local port of the loopback address to a pod."""
        return self.words("port-forward", "--address=127.0.0.1", f"pod/{pod.name}", f"{local}:{self.config.port}")

    def pods(self) -> tuple[Pod, ...]:
        """List the pods of the component, oldest first. Raises KubectlError."""
        try:
            if self.config.deployment and not self._selector:
                found = self._ask("get", "deployment", self.config.deployment, "--output=json")
                self._selector = parse_selector(found)
            chosen = [f"--selector={self._selector}"] if self._selector else []
            pods = parse_pods(self._ask("get", "pods", *chosen, "--output=json"), self.config.port)
        except ValueError as error:
            raise KubectlError("kubectl_failed", f"kubectl gave no JSON of pods: {type(error).__name__}") from error
        return tuple(pod for pod in pods if pod.name.startswith(self.config.pod_prefix))

    def namespace_exists(self) -> bool:
        """Tell whether the namespace is there; who may not ask is believed that it is. Raises KubectlError."""
        try:
            self._ask("get", "namespace", self.config.namespace, "--output=name")
        except KubectlError as error:
            if error.code == "kubectl_forbidden":
                return True
            raise
        return True

    def wait_for_pods(self, stop: Callable[[], bool]) -> tuple[tuple[Pod, ...], tuple[Pod, ...]]:
        """Wait until pods are ready: first for the namespace, then for the pods, each with its own deadline.

        Gives the ready pods, oldest first, and those that did not become ready although all were asked for. Raises
        KubectlError with the last that was wrong.
        """
        self._await(self.namespace_exists, self.config.namespace_seconds, stop)
        found: tuple[Pod, ...] = ()

        def enough() -> bool:
            nonlocal found
            found = tuple(pod for pod in self.pods() if not pod.leaving)
            ready = [pod for pod in found if pod.ready]
            return len(ready) == len(found) > 0 if self.config.replicas == "all" else bool(ready)

        try:
            self._await(enough, self.config.deployment_seconds, stop)
        except KubectlError as error:
            if error.code != "no_pod" or not any(pod.ready for pod in found):
                raise
        wanted = self.config.replicas == "all"
        return tuple(pod for pod in found if pod.ready), tuple(pod for pod in found if wanted and not pod.ready)

    def _await(self, ask: Callable[[], bool], seconds: float, stop: Callable[[], bool]) -> None:
        end = self._clock.monotonic() + seconds
        while True:
            try:
                if ask():
                    return
                last = KubectlError("no_pod", f"nothing is ready: {self.wanted}")
            except KubectlError as error:
                if error.code in _LASTING:
                    raise
                last = error
            if self._clock.monotonic() + POLL_SECONDS > end or stop():
                said = "collecting was stopped" if stop() else f"after {seconds:g} s"
                raise KubectlError(last.code, f"{said}: {last.message}")
            wait(self._clock, POLL_SECONDS, stop)

    def _ask(self, *words: str) -> bytes:
        """Run kubectl for an answer. Raises KubectlError."""
        command = self.words(f"--request-timeout={ASK_SECONDS / 2:g}s", *words)
        with tempfile.TemporaryDirectory(prefix="profbook-") as folder:
            answer, complaint = Path(folder) / "answer", Path(folder) / "complaint"
            child = start(command, log=answer, errors=complaint, cwd=self.root, env=child_env())
            try:
                code = child.wait(ASK_SECONDS)
            finally:
                child.stop(grace=0)
            told = _head(complaint, _MAX_WORDS).decode("utf-8", "replace")
            # The lines of its log repeat, at length, what it says in a sentence at the end.
            said = printable(_LOG_LINE.sub("", told).strip() or told, 300)
            data = _head(answer, _MAX_ANSWER + 1)
        if code is None:
            raise KubectlError("kubectl_timeout", f"kubectl gave no answer in {ASK_SECONDS:g} s: {self.wanted}")
        if code:
            raise KubectlError(_code_of(said), f"kubectl: {said or f'exit code {code}'}")
        if len(data) > _MAX_ANSWER:
            raise KubectlError("kubectl_failed", f"kubectl lists more than {_MAX_ANSWER} bytes of pods")
        return data


def _code_of(said: str) -> str:
    return next((code for pattern, code in _SAID if pattern.search(said)), "kubectl_failed")


def _head(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit)
