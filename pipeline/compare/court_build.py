"""Objection: both labels ran the same program, started the same way, so the label makes no difference.

Rules: only programs both sides know the build id of count; variants, words for the service, images and limits of pods
may differ instead, and then the same program is what was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.compare.hearing import Hearing
from pipeline.model.court import Objection
from pipeline.model.record import RunRecord

_FACTS = ("gomaxprocs", "gogc", "gomemlimit")


def same_build(case: Hearing) -> Iterator[Objection]:
    """Object when every component had one build id on both sides and all were started the same way."""
    built = [_builds(side) for side in case.sides]
    shared = sorted(built[0].keys() & built[1].keys())
    if not shared or any(built[0][name] != built[1][name] or len(built[0][name]) != 1 for name in shared):
        return
    if {_started(run) for run in case.base} != {_started(run) for run in case.head}:
        return
    (build_id,) = built[0][shared[0]]
    yield Objection(
        "same_build",
        "invalid",
        f"both labels ran the same build of {', '.join(shared)} (build id {build_id[:16]}): a difference cannot come "
        "from the code, because nothing was redeployed",
        case.head[0].run.id,
        next((one.path for one in case.head[0].profiles if one.build_id == build_id), ""),
        "Build and deploy the other version before collecting; to test settings, name them as [variants].",
    )


def _builds(runs: Sequence[RunRecord]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for run in runs:
        for profile in run.profiles:
            if profile.build_id:
                found.setdefault(profile.component, set()).add(profile.build_id)
    return found


def _started(run: RunRecord) -> tuple[object, ...]:
    """Say how the services of a run were started, as far as it is known."""
    manifest = run.run.manifest
    if manifest is None:
        return ()
    facts = tuple(getattr(manifest.environment, name) for name in _FACTS)
    pods = tuple(sorted((pod.group, pod.images, pod.limits) for pod in manifest.pods))
    return (manifest.variant, manifest.args, facts, pods)
