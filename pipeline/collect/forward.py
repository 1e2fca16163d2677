"""One port of this machine that leads to a pod, and keeps leading to one: a supervised ``kubectl port-forward``.

Rules: the local port never changes. A forward that ended, hangs or lost its pod is replaced, with pauses that grow; the
same pod is preferred while it exists, then another ready one that no other forward has. Only our own kubectl is ever
ended, as a process group, and it dies with us. Every pod and every restart of its container that was seen is
remembered, so that no difference is taken between two processes.

`step` is one look of the supervisor: it waits no longer than kubectl or a probe may take, and says when to look next.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from pipeline.collect.capture import Fetched
from pipeline.collect.clock import Clock, rfc3339, wait
from pipeline.collect.faults import Attempt, FetchError
from pipeline.collect.fetch import get
from pipeline.collect.kubectl import Kubectl, KubectlError
from pipeline.collect.pods import Pod, choose
from pipeline.collect.process import Child, child_env, start
from pipeline.collect.secrets import printable
from pipeline.errors import CollectError
from pipeline.model.finding import Finding
from pipeline.model.run import PodReport

_FORWARDING: Final = re.compile(rb"^Forwarding from 127\.0\.0\.1:(\d+) -> ", re.MULTILINE)
_CUT: Final = frozenset({"refused", "reset", "timeout", "truncated", "gzip_truncated", "proto_corrupt", "unreachable"})
"""How a fetch ends when the forward under it does."""
_NOT_FORWARDED: Final = frozenset({"refused", "reset", "timeout", "truncated", "protocol", "unreachable", "dns"})
_HEAD_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the supervisor is, in seconds; ``misses`` probes in a row mean that the forward hangs."""

    poll: float = 0.2
    start: float = 10.0
    probe: float = 5.0
    probe_again: float = 0.5
    answer: float = 2.0
    misses: int = 3
    look: float = 10.0
    pause: float = 0.25
    longest_pause: float = 10.0
    steady: float = 5.0
    notice: float = 1.0


class Link(Protocol):
    """One running kubectl."""

    def ended(self) -> bool:
        """Tell whether it has ended."""
        ...

    def said(self) -> bytes:
        """Give what it has printed."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class Cluster(Protocol):
    """What a forward asks of the world."""

    def pods(self, older_than: float = 0) -> tuple[Pod, ...]:
        """List the pods that fit; an answer younger than ``older_than`` seconds will do. Raises KubectlError."""
        ...

    def connect(self, pod: Pod, port: int, log: Path) -> Link:
        """Start forwarding a local port to a pod. Raises CollectError."""
        ...

    def answers(self, port: int, seconds: float) -> bool:
        """Tell whether anything speaks HTTP behind a local port."""
        ...


class _Running:
    """A kubectl whose output is in a log that holds that of those before it."""

    def __init__(self, child: Child, log: Path, begin: int) -> None:
        self._child, self._log, self._begin = child, log, begin

    def ended(self) -> bool:
        return self._child.ended()

    def said(self) -> bytes:
        with suppress(OSError), self._log.open("rb") as file:
            file.seek(self._begin)
            return file.read(_HEAD_BYTES)
        return b""

    def stop(self) -> None:
        self._child.stop(grace=1.0)


class RealCluster:
    """The cluster kubectl speaks to, shared by the forwards of one component."""

    def __init__(self, kubectl: Kubectl, clock: Clock) -> None:
        self._kubectl, self._clock = kubectl, clock
        self._lock = threading.Lock()
        self._known: tuple[float, tuple[Pod, ...]] | None = None

    def pods(self, older_than: float = 0) -> tuple[Pod, ...]:
        """List the pods that fit; an answer younger than ``older_than`` seconds will do. Raises KubectlError."""
        with self._lock:
            now = self._clock.monotonic()
            if self._known is None or now - self._known[0] >= older_than:
                self._known = now, self._kubectl.pods()
            return self._known[1]

    def connect(self, pod: Pod, port: int, log: Path) -> Link:
        """Start forwarding a local port to a pod. Raises CollectError."""
        begin = log.stat().st_size if log.exists() else 0
        words = self._kubectl.forward_words(pod, port)
        return _Running(start(words, log=log, cwd=self._kubectl.root, env=child_env()), log, begin)

    def answers(self, port: int, seconds: float) -> bool:
        """Tell whether anything speaks HTTP behind a local port."""
        try:
            get(f"http://127.0.0.1:{port}/debug/pprof/", deadline=seconds, max_bytes=1 << 20)
        except FetchError as fault:
            return fault.code not in _NOT_FORWARDED
        return True


class Claims:
    """Which pod each forward of one component has, so that two never share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uids: dict[str, str] = {}

    def reserve(self, name: str, pod: Pod) -> None:
        """Claim a pod that a forward is to begin with."""
        with self._lock:
            self._uids[name] = pod.uid

    def take(self, name: str, pods: tuple[Pod, ...], before: Pod | None) -> Pod | None:
        """Choose and claim a pod for a forward."""
        with self._lock:
            others = {uid for owner, uid in self._uids.items() if owner != name}
            pod = choose(pods, before, others)
            if pod is not None:
                self._uids[name] = pod.uid
            return pod


@dataclass(frozen=True, slots=True)
class Way:
    """What a forward is for: the folder of its profiles, the component of the settings, and where the pods are.

    ``port`` is the local one; ``lazy``: there may be no pod until the load has made it.
    """

    name: str
    group: str
    namespace: str
    port: int
    log: Path
    lazy: bool = False


class Forward:
    """A local port that leads to a pod of a component; safe to ask from several threads.

    ``first`` is the pod to begin with, ``claims`` is shared by the forwards of one component.
    """

    def __init__(
        self,
        way: Way,
        cluster: Cluster,
        *,
        clock: Clock,
        claims: Claims | None = None,
        first: Pod | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.name, self.group, self.lazy = way.name, way.group, way.lazy
        self.port, self.namespace, self._log = way.port, way.namespace, way.log
        self.doubts: tuple[Finding, ...] = ()
        self.url = f"http://127.0.0.1:{way.port}"
        self.trouble = "it was never started"
        self.trouble_code = "no_pod"
        self.generation = 0
        self._cluster, self._clock = cluster, clock
        self._claims, self._pace = claims or Claims(), pace or Pace()
        self._pod = first
        if first is not None:
            self._claims.reserve(way.name, first)
        self._link: Link | None = None
        self._up = self._over = False
        self._retry_at = self._started_at = self._probe_at = self._look_at = 0.0
        self._failures = self._missed = 0
        self._seen: list[PodReport] = []
        self._losses: list[str] = []
        self._stepping, self._wake = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    # --- what others ask ---------------------------------------------------------------------------------------------

    @property
    def up(self) -> bool:
        """Tell whether something answers behind the port now, as far as is known."""
        return self._up

    @property
    def ever_up(self) -> bool:
        """Tell whether a pod was ever reached."""
        return self.generation > 0

    @property
    def pod(self) -> PodReport | None:
        """Give the pod behind the port, and the process in it; None before the first."""
        return self._seen[-1] if self._seen else None

    @property
    def seen(self) -> tuple[PodReport, ...]:
        """List the pods, and the processes in them, that were behind the port."""
        return tuple(self._seen)

    def await_up(self, seconds: float, stop: threading.Event) -> bool:
        """Wait until something answers behind the port; tell whether it does."""
        wait(self._clock, seconds, lambda: self._up or stop.is_set())
        return self._up

    def through(
        self, fetch: Callable[[float], Fetched], *, deadline: float, needs: float, stop: threading.Event
    ) -> Fetched:
        """Fetch through the forward: wait until it is up, and once more when it was replaced meanwhile.

        ``fetch`` is given the seconds left of ``deadline``, and is not tried with less than ``needs``. Raises
        FetchError.
        """
        end = self._clock.monotonic() + deadline
        attempts: tuple[Attempt, ...] = ()
        while True:
            if not self.await_up(end - needs - self._clock.monotonic(), stop):
                down = FetchError("forward_down", f"no way to a pod of {self.group}: {self.trouble}")
                down.attempts = attempts
                raise down
            generation = self.generation
            try:
                fetched = fetch(end - self._clock.monotonic())
            except FetchError as fault:
                attempts += fault.attempts
                fault.attempts = attempts
                if fault.code not in _CUT or stop.is_set() or not self._was_replaced(generation):
                    raise
                if end - self._clock.monotonic() <= max(needs, self._pace.poll):
                    raise
            else:
                return replace(fetched, attempts=attempts + fetched.attempts)

    def _was_replaced(self, generation: int) -> bool:
        """Let the supervisor look at once; tell whether it found that the forward of that generation is gone."""

        def gone() -> bool:
            return not self._up or self.generation != generation

        self._probe_at = 0.0
        self._wake.set()
        wait(self._clock, self._pace.notice, gone)
        return gone()

    def findings(self) -> tuple[Finding, ...]:
        """Say what a reader must know about this forward; call it when the plan has ended."""
        doubts = list(self.doubts)
        doubts += [
            _restarted(self.name, before, after) for before, after in zip(self._seen, self._seen[1:], strict=False)
        ]
        if self._losses:
            doubts.append(
                Finding(
                    "forward_restarted",
                    "info",
                    f"The port-forward to {self.name} was replaced {len(self._losses)} times, on the same port.",
                    subject=self.name,
                    evidence="; ".join(dict.fromkeys(self._losses))[:500],
                    cure="Files taken meanwhile say in their attempts what it cost; see forward.log.",
                )
            )
        if not self.ever_up:
            doubts.append(not_reached(self.name, self.trouble_code, self.trouble))
        return tuple(doubts)

    # --- the supervisor ----------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Start the supervisor."""
        self._thread = threading.Thread(target=self._supervise, daemon=True, name=f"profbook-forward-{self.name}")
        self._thread.start()

    def close(self) -> None:
        """End the supervisor and its kubectl."""
        self._over = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        with self._stepping:
            self._drop()

    def settle(self) -> None:
        """Look at the pod once more, so that a restart in the last moments is known."""
        with self._stepping, suppress(KubectlError):
            self._note(self._cluster.pods())

    def _supervise(self) -> None:
        # kubectl dies with the thread that started it, so it is ended here, by this thread.
        try:
            while not self._over:
                self._wake.wait(max(0.01, self.step()))
                self._wake.clear()
        finally:
            with self._stepping:
                self._drop()

    def step(self) -> float:
        """Look once, and do what is to be done; returns the seconds until the next look."""
        with self._stepping:
            now = self._clock.monotonic()
            if self._link is None:
                return self._retry_at - now if now < self._retry_at else self._begin(now)
            if self._link.ended():
                return self._lose("kubectl ended" + self._last_line())
            if not self._up:
                return self._starting(self._link, now)
            return self._watch(now)

    def _begin(self, now: float) -> float:
        try:
            pods = self._cluster.pods()
            pod = self._claims.take(self.name, pods, self._pod)
            if pod is None:
                return self._later("no_pod", "no pod is ready")
            self._link = self._cluster.connect(pod, self.port, self._log)
        except KubectlError as error:
            return self._later(error.code, error.message)
        except (CollectError, OSError) as error:
            return self._later("kubectl_failed", str(error))
        self._pod, self._started_at, self._missed = pod, now, 0
        self._look_at = now + self._pace.look
        return self._pace.poll / 2

    def _starting(self, link: Link, now: float) -> float:
        match = _FORWARDING.search(link.said())
        if match and int(match[1]) == self.port and self._cluster.answers(self.port, self._pace.answer):
            self._remember()
            self.generation += 1
            self._up, self._started_at = True, self._clock.monotonic()
            self._probe_at = self._started_at + self._pace.probe
            return self._pace.poll
        if now - self._started_at < self._pace.start:
            return self._pace.poll / 2
        return self._lose(
            f"nothing answers behind the forward{self._last_line()}" if match else "kubectl forwards nothing"
        )

    def _watch(self, now: float) -> float:
        if now >= self._probe_at:
            if self._cluster.answers(self.port, self._pace.answer):
                self._missed, self._probe_at = 0, now + self._pace.probe
            else:
                self._missed, self._probe_at = self._missed + 1, now + self._pace.probe_again
            if self._missed >= self._pace.misses:
                return self._lose("the forward hangs" + self._last_line())
        if now >= self._look_at:
            self._look_at = now + self._pace.look
            # A cluster that does not answer says nothing about the forward.
            with suppress(KubectlError):
                self._note(self._cluster.pods(older_than=self._pace.look / 2))
        if now - self._started_at >= self._pace.steady:
            self._failures = 0
        return self._pace.poll

    def _note(self, pods: tuple[Pod, ...]) -> None:
        """Take note of a container that was restarted in the pod behind the port."""
        now = next((pod for pod in pods if self._pod is not None and pod.uid == self._pod.uid), None)
        if now is not None and self._up:
            self._pod = now
            self._remember()

    def _remember(self) -> None:
        pod = self._pod
        if pod is None or (self._seen and (self._seen[-1].uid, self._seen[-1].restarts) == pod.instance):
            return
        since = rfc3339(self._clock.now())
        self._seen.append(
            PodReport(
                self.name,
                self.group,
                self.namespace,
                pod.name,
                pod.uid,
                restarts=pod.restarts,
                images=pod.images,
                limits=pod.limits,
                since=since,
            )
        )

    def _lose(self, why: str) -> float:
        if self._up:
            self._losses.append(why)
        self._drop()
        return self._later("forward_down", why)

    def _drop(self) -> None:
        self._up = False
        link, self._link = self._link, None
        if link is not None:
            link.stop()

    def _later(self, code: str, why: str) -> float:
        self.trouble_code, self.trouble = code, why
        pause = min(self._pace.pause * float(2**self._failures), self._pace.longest_pause)
        self._failures = min(self._failures + 1, 16)
        self._retry_at = self._clock.monotonic() + pause
        return pause

    def _last_line(self) -> str:
        lines = self._link.said().decode("utf-8", "replace").splitlines() if self._link is not None else []
        errors = [line for line in lines if not line.startswith(("Forwarding from", "Handling connection"))]
        return f": {printable(errors[-1], 160)}" if errors else ""


def _restarted(component: str, before: PodReport, after: PodReport) -> Finding:
    same = before.uid == after.uid
    return Finding(
        "restarted",
        "warning",
        f"{component} was restarted during the run: {'its container' if same else 'its pod'} was replaced.",
        subject=component,
        evidence=(
            f"pod {before.pod} ({before.uid}, {before.restarts} restarts), "
            f"then {after.pod} ({after.uid}, {after.restarts} restarts) at {after.since}"
        ),
        cure="Differences between before and after are refused; look at `kubectl describe pod` and collect again.",
    )


def not_reached(component: str, code: str, why: str) -> Finding:
    """Say that no pod of a component could be profiled."""
    return Finding(
        code,
        "error",
        f"{component} was not profiled: {printable(why, 300)}",
        subject=component,
        evidence=why,
        cure="Look with `kubectl get pods` in its namespace, and at forward.log of the component.",
    )
