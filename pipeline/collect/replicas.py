"""Kubernetes components as services: which pods are profiled, one forward for each, and the folder each one has.

Rules: with ``replicas = "all"`` the pods, in order of name, are ``<component>.1``, ``<component>.2``, …: names that are
the same from run to run, which names of pods are not; the manifest says which pod was behind each. A number keeps its
profiles when its pod is replaced.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from pipeline.collect.clock import Clock
from pipeline.collect.forward import Claims, Forward, Pace, RealCluster, Way
from pipeline.collect.kubectl import Kubectl
from pipeline.collect.pods import Pod
from pipeline.collect.process import free_port
from pipeline.model.config import KubernetesConfig
from pipeline.model.finding import Finding

LOG = "forward.log"


def open_forwards(
    name: str,
    config: KubernetesConfig,
    *,
    root: Path,
    folder: Path,
    clock: Clock,
    stop: Callable[[], bool] = lambda: False,
    pick: random.Random | None = None,
    pace: Pace | None = None,
) -> tuple[Forward, ...]:
    """Find the pods of a component and start forwarding to them; they may not answer yet. Raises KubectlError."""
    kubectl = Kubectl(config, root=root, clock=clock)
    chosen: tuple[Pod | None, ...] = (None,)
    unready: tuple[Pod, ...] = ()
    if not config.created_by_load:
        ready, unready = kubectl.wait_for_pods(stop)
        chosen = _chosen(ready, config, pick or random.Random())  # noqa: S311 - not a secret
    many = config.replicas == "all"
    cluster, claims = RealCluster(kubectl, clock), Claims()
    forwards = tuple(
        Forward(
            Way(replica, name, config.namespace, free_port(), folder / replica / LOG, lazy=config.created_by_load),
            cluster,
            clock=clock,
            claims=claims,
            first=pod,
            pace=pace,
        )
        for replica, pod in ((f"{name}.{number}" if many else name, pod) for number, pod in enumerate(chosen, 1))
    )
    if unready:
        forwards[0].doubts = (_left_out(name, unready),)
    for forward in forwards:
        forward.open()
    return forwards


def _left_out(name: str, pods: tuple[Pod, ...]) -> Finding:
    return Finding(
        "pods_not_ready",
        "warning",
        f"{len(pods)} pods of {name} did not become ready and were not profiled.",
        subject=name,
        evidence=", ".join(pod.name for pod in pods[:10]),
        cure="Sums over the pods lack theirs; look at `kubectl describe pod`, then collect again.",
    )


def _chosen(pods: tuple[Pod, ...], config: KubernetesConfig, pick: random.Random) -> tuple[Pod, ...]:
    if config.replicas == "all":
        return tuple(sorted(pods, key=lambda pod: pod.name))
    return (pick.choice(pods),) if config.replicas == "random" else pods[:1]
