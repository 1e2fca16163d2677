"""Whole collects from pods: one, all, replaced, hanging, made by the load; and what the manifest says of them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect import forward
from pipeline.collect.session import CollectedRun
from pipeline.errors import CollectError
from pipeline.model import layout
from pipeline.store.runs import read_run
from tests.collect.fakecluster import FakeCluster
from tests.collect.fakes import assert_gone, collect, running, until
from tests.collect.test_forward import QUICK


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    monkeypatch.setattr(forward, "Pace", lambda: QUICK)
    made = FakeCluster(tmp_path, monkeypatch)
    yield made
    made.close()
    assert_gone("port-forward --address=127.0.0.1")


def table(duration: float = 1.5, load: list[str] | None = None, **pods: Any) -> dict[str, Any]:
    return {
        "components": {"api": {"kubernetes": {"namespace": "shop", "deployment": "api"} | pods, "ready_seconds": 10}},
        "load": {"duration": duration, "command": load or []},
        "collect": {"before": ["heap"], "after": ["heap"], "cpu_seconds": 1, "memstats": False},
    }


def statuses(run: CollectedRun) -> dict[str, str]:
    return {report.path: report.code or report.status for report in run.manifest.files}


def codes(run: CollectedRun) -> set[str]:
    return {finding.code for finding in run.manifest.findings}


def test_one_pod_is_profiled_and_recorded(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-7f9-x2")
    cluster.add("api-7f9-y3", created="2027-01-01T00:00:00Z")
    run = collect(tmp_path, table())
    assert statuses(run) == {"api/heap-before.prof": "ok", "api/cpu.prof": "ok", "api/heap-after.prof": "ok"}
    assert (run.manifest.status, codes(run)) == ("complete", set())
    assert {(report.pod, report.pod_uid) for report in run.manifest.files} == {("api-7f9-x2", "uid-api-7f9-x2")}
    (pod,) = run.manifest.pods
    assert (pod.component, pod.group, pod.namespace, pod.restarts) == ("api", "api", "shop", 0)
    assert (pod.images, pod.limits) == (("shop/app:1",), (("cpu", "2"), ("memory", "256Mi")))


def test_nothing_of_a_pod_is_kept_but_what_is_listed(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-1")
    run = collect(tmp_path, table())
    for path in run.path.rglob("*"):
        if path.is_file():
            assert not [word for word in (b"hunter2", b"secret-node", b"sidecar") if word in path.read_bytes()]


def test_a_run_survives_the_restart_of_its_pod_on_the_same_port(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-1")
    thread = threading.Thread(target=_replace_once, args=(cluster,))
    thread.start()
    run = collect(tmp_path, table(4.0))
    thread.join()
    assert statuses(run) == {"api/heap-before.prof": "ok", "api/cpu.prof": "ok", "api/heap-after.prof": "ok"}
    pods = {report.kind + report.phase: (report.pod, report.pod_uid, report.port) for report in run.manifest.files}
    port = cluster.forwards()[0][2]
    assert pods["heapbefore"] == ("api-1", "uid-api-1", port)
    assert pods["heapafter"] == ("api-2", "uid-api-2", port)
    assert {used for _, _, used in cluster.forwards()} == {port}
    assert [pod.uid for pod in run.manifest.pods] == ["uid-api-1", "uid-api-2"]
    assert codes(run) == {"restarted", "forward_restarted"} | (codes(run) & {"cpu_window"})


def _replace_once(cluster: FakeCluster) -> None:
    until(cluster.forwards, "first forward")
    threading.Event().wait(1.2)
    cluster.add("api-2", 30)
    cluster.remove("api-1")


def test_a_hang_in_the_cpu_window_is_survived(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-1")
    thread = threading.Thread(target=_hang_once, args=(cluster,))
    thread.start()
    run = collect(tmp_path, table(3.0))
    thread.join()
    assert set(statuses(run).values()) == {"ok"}
    assert "forward_restarted" in codes(run)
    assert len(run.manifest.pods) == 1


def _hang_once(cluster: FakeCluster) -> None:
    until(cluster.forwards, "first forward")
    threading.Event().wait(1.3)
    cluster.hang()


def test_all_replicas_have_a_folder_each_that_the_manifest_explains(cluster: FakeCluster, tmp_path: Path) -> None:
    for name in ("api-c", "api-a", "api-b"):
        cluster.add(name)
    run = collect(tmp_path, table(replicas="all"))
    assert {(pod.component, pod.group, pod.pod) for pod in run.manifest.pods} == {
        ("api.1", "api", "api-a"),
        ("api.2", "api", "api-b"),
        ("api.3", "api", "api-c"),
    }
    assert set(statuses(run).values()) == {"ok"}
    assert len(statuses(run)) == 9
    stored = read_run(run.path)
    assert stored.findings == ()
    assert stored.run.components == ("api.1", "api.2", "api.3")
    assert all(layout.is_run_name(name) for name in stored.run.components)
    assert stored.run.manifest == run.manifest


def test_replicas_that_are_not_ready_are_named(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-a")
    cluster.add("api-b", ready=False)
    run = collect(tmp_path, table(replicas="all", deployment_seconds=0))
    assert codes(run) == {"pods_not_ready"}
    assert len(run.manifest.pods) == 1


def test_one_component_without_pods_does_not_lose_the_others(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-a")
    settings = table()
    settings["components"]["zoo"] = {"kubernetes": {"selector": "app=zoo", "deployment_seconds": 0}}
    run = collect(tmp_path, settings)
    assert statuses(run)["api/heap-after.prof"] == "ok"
    assert statuses(run)["zoo/heap-after.prof"] == "not_started"
    assert codes(run) == {"no_pod"}
    assert run.manifest.status == "partial"


def test_who_may_not_look_gets_no_run_and_is_told_why(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.save(error="Error from server (Forbidden): deployments.apps is forbidden")
    with pytest.raises(CollectError, match=r"api was not profiled: kubectl: Error from server \(Forbidden\)"):
        collect(tmp_path, table())


MAKE_PODS = """
import os, sys, time
time.sleep(1)
os.replace(sys.argv[1] + ".next", sys.argv[1])
time.sleep(3)
"""


def test_pods_made_by_the_load_are_profiled_when_they_come(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-a")
    (tmp_path / "state.json.next").write_text((tmp_path / "state.json").read_text())
    cluster.save(pods=[], labels=None, error='error: context "kind-e2e" does not exist')
    settings = table(4.0, [sys.executable, "-c", MAKE_PODS, str(tmp_path / "state.json")], created_by_load=True)
    settings["collect"] |= {"plan": "interval", "interval": 0.5, "series": ["heap"]}
    run = collect(tmp_path, settings)
    good = [report for report in run.manifest.files if report.status == "ok"]
    assert good
    assert all((report.offset_seconds or 0) > 1 for report in good)
    assert [pod.pod for pod in run.manifest.pods] == ["api-a"]
    assert codes(run) <= {"ticks_missed"}


def test_pods_the_load_never_makes_are_an_error(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-a")
    settings = table(0.5, created_by_load=True)
    settings["components"]["zoo"] = {"kubernetes": {"selector": "app=zoo", "created_by_load": True}}
    run = collect(tmp_path, settings)
    assert "no_pod" in codes(run)
    assert run.manifest.status == "partial"


def test_kubectl_dies_with_the_collector(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-a")
    code = (
        "from pathlib import Path; from tests.collect.fakes import collect;"
        "from tests.collect.test_replicas import table;"
        f"collect(Path({str(tmp_path)!r}), table(60))"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}) as child:
        until(cluster.forwards, "forward")
        until(lambda: running("fakekubectl.py --namespace=shop port-forward"), "kubectl")
        child.kill()
    assert_gone("fakekubectl.py --namespace=shop port-forward")
