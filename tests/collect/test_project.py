"""Init: what is seen in a project, and that what is written is valid settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.collect.process import child_env, fill
from pipeline.collect.project import Flag, kube_context, look, settings, told
from pipeline.model.config import Config
from pipeline.store.config import load_config

MAIN = """package main

import (
	"flag"
	"net/http"
	_ "net/http/pprof"
)

func main() {
	port := flag.Int("port", 8080, "port to listen on")
	http.HandleFunc("GET /healthz", nil)
	http.ListenAndServe("", nil)
}
"""
COBRA = """package main

import _ "net/http/pprof"

func main() {
	flags.BoolVar(&args.PProfHTTP, "pprof-http", false, "enable HTTP pprof endpoint")
	flags.IntVar(&args.PProfPort, "pprof-port", 6060, "HTTP pprof port")
}
"""


def lay(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_go", ".go").replace("_mod", ".mod")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def written(root: Path) -> Config:
    """Write the settings of a project, and read them as any verb does."""
    (root / "profbook.toml").write_text(settings(look(root, context=lambda: "")))
    return load_config(root, {})


def test_a_service_with_a_port_flag(tmp_path: Path) -> None:
    lay(tmp_path, go_mod="module example.com/shop\n\ngo 1.27\n", cmd__shop__main_go=MAIN, vendor__x__x_go=COBRA)
    project = look(tmp_path, context=lambda: "")
    assert (project.module, project.folder, project.pprof_files) == ("example.com/shop", ".", ("cmd/shop/main.go",))
    assert [program.folder for program in project.programs] == ["cmd/shop"]
    part = written(tmp_path).components["shop"]
    assert part.build == ("go", "build", "-o", "{bin}/shop", "./cmd/shop")
    assert fill(part.command, {"bin": "B", "port": "9"}, "x") == ["B/shop", "--port", "9"]
    assert part.ready == "/healthz"


def test_a_flag_of_pprof_wins(tmp_path: Path) -> None:
    lay(tmp_path, go_mod="module example.com/engine/v2\n", main_go=COBRA)
    assert look(tmp_path, context=lambda: "").main.flags == (Flag("pprof-port", "6060"),)  # type: ignore[union-attr]
    part = written(tmp_path).components["engine"]
    assert part.command == ("{bin}/engine", "--pprof-port", "{port}")
    assert part.ready == "/debug/pprof/"


def test_an_address_flag_gets_an_address(tmp_path: Path) -> None:
    source = MAIN.replace('flag.Int("port", 8080,', 'flag.String("listen-addr", ":8070",')
    lay(tmp_path, go_mod="module m.test/x\n", main_go=source)
    assert written(tmp_path).components["x"].command[1:] == ("--listen-addr", "127.0.0.1:{port}")


def test_no_flag_means_a_service_that_runs(tmp_path: Path) -> None:
    source = 'package main\nimport _ "net/http/pprof"\nfunc main() { http.ListenAndServe("localhost:6061", nil) }\n'
    lay(tmp_path, go_mod="module m.test/x\n", main_go=source)
    assert written(tmp_path).components["x"].url == "http://127.0.0.1:6061"


def test_a_module_below_the_root(tmp_path: Path) -> None:
    lay(tmp_path, src__svc__go_mod="module m.test/svc\n", src__svc__main_go=MAIN)
    assert written(tmp_path).components["svc"].build[:4] == ("go", "build", "-C", "src/svc")


def test_nothing_of_go(tmp_path: Path) -> None:
    assert written(tmp_path).components["service"].url == "http://127.0.0.1:6060"
    assert told(look(tmp_path, context=lambda: ""))[0] == "no Go module (go.mod) here"


def test_a_module_without_pprof_is_told(tmp_path: Path) -> None:
    lay(tmp_path, go_mod="module m.test/x\n", main_go="package main\nfunc main() {}\n")
    assert any("no file imports net/http/pprof" in line for line in told(look(tmp_path, context=lambda: "")))


def test_make_targets_become_the_load(tmp_path: Path) -> None:
    text = (
        ".PHONY: build\nVERSION := 1\nbuild:\n\ngo build\ntest-e2e: build\n\tgo test\ntest-upgrade-e2e:\n\nload-test:\n"
    )
    (tmp_path / "Makefile").write_text(text)
    project = look(tmp_path, context=lambda: "")
    assert project.targets == ("test-e2e", "test-upgrade-e2e", "load-test")
    assert written(tmp_path).load.command == ("make", "test-e2e")


@pytest.mark.parametrize("context", ["", "kind-dev"])
def test_a_cluster_is_told(tmp_path: Path, context: str) -> None:
    project = look(tmp_path, context=lambda: context)
    assert ("kubectl context: kind-dev" in told(project)) is bool(context)
    assert ("[components.NAME.kubernetes]" in settings(project)) is bool(context)


def test_the_context_is_kubectl_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "kubectl"
    program.write_text('#!/bin/sh\necho "kind-$2"\n')
    program.chmod(0o755)
    monkeypatch.setattr("pipeline.collect.project.child_env", lambda: {**child_env(), "PATH": str(tmp_path)})
    assert kube_context() in {"kind-current-context", ""}


@pytest.mark.parametrize("name", ['mo"d', "m/ü", "m/.git", "m/" + "x" * 300, "m/a b"])
def test_odd_names_still_give_valid_settings(tmp_path: Path, name: str) -> None:
    lay(tmp_path, go_mod=f"module {name}\n", main_go=MAIN.replace("/healthz", "/ready"))
    assert len(written(tmp_path).components) == 1


def test_commented_suggestions_are_valid_too(tmp_path: Path) -> None:
    lay(tmp_path, go_mod="module m.test/x\n", main_go=MAIN)
    text = settings(look(tmp_path, context=lambda: "kind-dev"))
    lines = [
        line.removeprefix("# ")
        if line.startswith(("# [", "# command", "# duration", "# namespace", "# deploy", "# port"))
        else line
        for line in text.splitlines()
    ]
    (tmp_path / "profbook.toml").write_text("\n".join(lines))
    config = load_config(tmp_path, {})
    assert config.load.command[0] == "hey"
    assert config.components["NAME"].kubernetes is not None
