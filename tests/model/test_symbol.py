"""Packages and short names of functions."""

from __future__ import annotations

import pytest

from pipeline.model.symbol import package_of, shorten


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("main.main", "main"),
        ("net/http.(*conn).serve", "net/http"),
        ("github.com/a/b/v2.(*T).Run.func1", "github.com/a/b/v2"),
        ("gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml.v3"),
        ("slices.SortFunc[go.shape.struct { x/y.T }]", "slices"),
        ("github.com/a/b.Map[github.com/c/d.K,int]", "github.com/a/b"),
        ("github.com/a/b.(*T[github.com/c/d.K]).Get", "github.com/a/b"),
        ("main.(*T).Run-fm", "main"),
        ("main.init.0", "main"),
        ("main.glob..func1", "main"),
        ("type:.eq.github.com/a/b.T", "github.com/a/b"),
        ("type..hash.net/http.key", "net/http"),
        ("runtime.goexit", "runtime"),
        ("internal/runtime/syscall.Syscall6", "internal/runtime/syscall"),
        ("ns::Type::method", ""),
        ("memcpy", ""),
        ("[libc.so.6]", ""),
        ("<unknown>", ""),
        ("", ""),
    ],
)
def test_package_of(name: str, package: str) -> None:
    assert package_of(name) == package


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("github.com/a/b.(*T).Run", "b.(*T).Run"),
        ("github.com/a/b/v2.(*T).Run", "b.(*T).Run"),
        ("main.main", "main.main"),
        ("java.util.concurrent.ThreadPoolExecutor.run(Thread.java)", "ThreadPoolExecutor.run"),
        ("com.a.Foo.<init>", "Foo.<init>"),
        ("ns::other::Foo::bar", "Foo::bar"),
        ("(anonymous namespace)::Foo::bar", "Foo::bar"),
        ("(anonymous namespace)::run", "run"),
        ("memcpy", "memcpy"),
    ],
)
def test_shorten(name: str, short: str) -> None:
    assert shorten(name) == short
