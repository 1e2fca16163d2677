"""The oracle: `go tool pprof` of the Go toolchain beside the tests, and real profiles of a small Go program."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.pprof_command import run
from tests.oracle.drawn import draw

CORPUS = Path(__file__).parent.parent.parent.parent / "shared" / "corpus"
TOOLS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

PROGRAM = """
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"sort"
	"strings"
	"sync"
	"time"
)

type number interface{ ~int | ~float64 }

//go:noinline
func sum[T number](values []T) (total T) {
	for _, value := range values {
		total += add(total, value)
	}
	return
}

func add[T number](a, b T) T { return a*3 + b }

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

type store struct {
	mutex sync.Mutex
	kept  [][]byte
}

func (s *store) put(size int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.kept = append(s.kept, make([]byte, size))
	time.Sleep(10 * time.Microsecond)
}

func work(s *store, done time.Time) int {
	total := 0
	for time.Now().Before(done) {
		total += fib(18) + sum([]int{1, 2, 3}) + int(sum([]float64{1, 2, 3}))
		words := strings.Fields(strings.Repeat("b a c ", 200))
		sort.Slice(words, func(i, j int) bool { return words[i] < words[j] })
		s.put(4096)
	}
	return total
}

func write(name string) {
	file, err := os.Create(name + ".pprof")
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := pprof.Lookup(name).WriteTo(file, 0); err != nil {
		panic(err)
	}
}

func main() {
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	runtime.MemProfileRate = 4096
	file, _ := os.Create("cpu.pprof")
	pprof.StartCPUProfile(file)
	s, group := &store{}, sync.WaitGroup{}
	done := time.Now().Add(700 * time.Millisecond)
	for range 4 {
		group.Go(func() { work(s, done) })
	}
	group.Wait()
	pprof.StopCPUProfile()
	for _, name := range []string{"heap", "allocs", "mutex", "block", "goroutine", "threadcreate"} {
		write(name)
	}
}
"""


@dataclass(frozen=True)
class Oracle:
    """The real tool, shielded from binaries and settings of this machine."""

    binary: str
    home: Path

    def __call__(self, argv: Sequence[str]) -> tuple[int, str]:
        env = {
            "TZ": "UTC",
            "PPROF_BINARY_PATH": "/nonexistent",
            "HOME": str(self.home),
            "PPROF_TMPDIR": str(self.home),
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run([self.binary, *argv], capture_output=True, env=env, check=False)
        return done.returncode, done.stdout.decode(errors="replace")


def ours(argv: Sequence[str]) -> tuple[int, str]:
    """Run our command on the same words."""
    out = io.StringIO()
    return run(argv, out, io.StringIO()), out.getvalue()


@pytest.fixture(scope="session")
def go() -> Callable[..., str]:
    """Run the go command; skips where Go is not installed."""
    found = shutil.which("go", path=TOOLS)
    if not found:
        pytest.skip("Go is not installed: pip install 'profbook[test]'")

    def call(*argv: str, cwd: Path | None = None) -> str:
        env = {**os.environ, "PATH": TOOLS, "GOTOOLCHAIN": "local", "GOFLAGS": ""}
        return subprocess.run([found, *argv], cwd=cwd, env=env, capture_output=True, text=True, check=True).stdout

    return call


@pytest.fixture(scope="session")
def pprof(go: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    return Oracle(go("tool", "-n", "pprof").strip(), tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def go_profiles(go: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Run a small Go program once and keep its profiles."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "go.mod").write_text("module example.com/oracle/v2\n\ngo 1.25\n")
    (folder / "main.go").write_text(PROGRAM)
    go("build", "-o", "program", ".", cwd=folder)
    subprocess.run([folder / "program"], cwd=folder, check=True)
    # The program must not be there any more, or pprof would read symbols from it.
    (folder / "program").unlink()
    return sorted(folder.glob("*.pprof"))


@pytest.fixture(scope="session")
def drawn_profiles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Write some drawn profiles."""
    folder = tmp_path_factory.mktemp("drawn")
    for seed in range(30):
        (folder / f"{seed}.pb").write_bytes(draw(seed))
    return sorted(folder.glob("*.pb"))


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
