"""The kubectl of this machine, if there is one, against a small API server: what the fake one stands for is true."""

from __future__ import annotations

import json
import shutil
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.collect import forward
from pipeline.collect.clock import SystemClock
from pipeline.collect.kubectl import Kubectl, KubectlError
from pipeline.model.config import KubernetesConfig
from tests.collect.fakeapi import DICTIONARY, FakeApi
from tests.collect.fakecluster import FakeCluster
from tests.collect.fakes import assert_gone, collect, until
from tests.collect.test_forward import QUICK
from tests.collect.test_replicas import codes, statuses, table

REAL = shutil.which("kubectl")
needs_kubectl = pytest.mark.skipif(REAL is None, reason="no kubectl on PATH")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """Pods, and a real kubectl that knows no other cluster than theirs."""
    monkeypatch.setattr(forward, "Pace", lambda: QUICK)
    made = FakeCluster(tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", str(Path(str(REAL)).parent))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    api = FakeApi(lambda: made.state)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "fake",
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "nobody"}}],
        "clusters": [{"name": "fake", "cluster": {"server": api.url}}],
        "users": [{"name": "nobody", "user": {}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    yield made
    api.close()
    made.close()
    assert_gone("port-forward --address=127.0.0.1")


def test_the_dictionary_is_that_of_the_draft() -> None:
    assert (len(DICTIONARY), zlib.adler32(DICTIONARY)) == (1423, 0xE3C6A7C2)


@needs_kubectl
def test_pods_are_listed(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-1", restarts=2)
    kubectl = Kubectl(KubernetesConfig(namespace="shop", deployment="api", kubeconfig="kubeconfig"), root=tmp_path)
    assert kubectl.namespace_exists()
    (pod,) = kubectl.pods()
    assert (pod.name, pod.uid, pod.restarts, pod.ready) == ("api-1", "uid-api-1", 2, True)


@needs_kubectl
@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"namespace": "elsewhere"}, "kubectl_not_found"),
        ({"deployment": "elsewhere"}, "kubectl_not_found"),
        ({"context": "elsewhere"}, "kubectl_context"),
        ({"kubeconfig": "nowhere"}, "kubectl_context"),
        ({"kubeconfig": "dead"}, "kubectl_unreachable"),
    ],
)
def test_its_words_are_understood(cluster: FakeCluster, tmp_path: Path, settings: dict[str, str], code: str) -> None:
    cluster.add("api-1")
    known = (tmp_path / "kubeconfig").read_text()
    (tmp_path / "dead").write_text(
        json.dumps(json.loads(known) | {"clusters": [{"name": "fake", "cluster": {"server": "http://127.0.0.1:1"}}]})
    )
    wanted = {"namespace": "shop", "deployment": "api", "kubeconfig": "kubeconfig"} | settings
    kubectl = Kubectl(KubernetesConfig.model_validate(wanted), root=tmp_path, clock=SystemClock())
    with pytest.raises(KubectlError) as caught:
        kubectl.wait_for_pods(lambda: True)
    assert caught.value.code == code


@needs_kubectl
def test_a_collect_survives_the_replacement_of_its_pod(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-1")

    def replace() -> None:
        until((tmp_path / "profiles").exists, "run")
        until(lambda: any((tmp_path / "profiles").glob(".*/api/heap-before.prof")), "first heap")
        cluster.add("api-2", 30)
        cluster.remove("api-1")

    thread = threading.Thread(target=replace)
    thread.start()
    run = collect(tmp_path, table(4.0, kubeconfig="kubeconfig"))
    thread.join()
    assert set(statuses(run).values()) == {"ok"}
    assert [pod.uid for pod in run.manifest.pods] == ["uid-api-1", "uid-api-2"]
    assert len({report.port for report in run.manifest.files}) == 1
    assert codes(run) - {"cpu_window"} == {"restarted", "forward_restarted"}
