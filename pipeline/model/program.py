"""Settings of what is run and measured from start to end: programs that write their own profiles, and Go benchmarks."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ProgramProfile = Literal["cpu", "heap", "allocs", "goroutine", "goroutineleak", "block", "mutex", "threadcreate"]
"""Kinds of profiles a program can write, or serve while it runs."""

BenchProfile = Literal["cpu", "mem", "block", "mutex"]
"""Profiles of `go test`, in the words of its flags."""


class ProgramConfig(BaseModel):
    """A program that is run from start to end: each run of it is timed, and the profiles it writes are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    build: tuple[str, ...] = Field((), description="Command that builds the program once; {bin} is the folder for it.")
    command: tuple[str, ...] = Field(
        min_length=1,
        description="Command to measure. {bin}: built programs; {profile_dir}: a folder of this instance; "
        "{n}: number of the instance, from 1; {port}: its port. Build first: `go run` would measure the compiler too.",
    )
    env: dict[str, str] = Field({}, description="Environment variables added for build and command.")
    profiles: dict[ProgramProfile, str] = Field(
        {}, description="Files the program writes: kind of profile and path, which begins with {profile_dir}/."
    )
    runs: int = Field(1, ge=1, le=1000, description="How many times to run it, one after the other.")
    concurrency: int = Field(1, ge=1, le=64, description="How many instances to run at the same time, in each run.")
    ports: str = Field(
        "",
        pattern=r"^(\d{1,5}(-\d{1,5})?)?$",
        description="Ports of the instances, FIRST-LAST, such as 6061-6064; empty: free ports.",
    )
    live: tuple[ProgramProfile, ...] = Field(
        (), description="Profiles to take over HTTP while it runs, all at the same time."
    )
    url: str = Field("http://127.0.0.1:{port}", description="Where it serves net/http/pprof; {port} is its port.")
    live_after: float = Field(5.0, ge=0, description="Seconds from its start until the live profiles are taken.")
    cpu_seconds: int = Field(30, ge=1, description="Length of the live CPU profile.")
    timeout: float = Field(600.0, gt=0, description="End an instance after this many seconds.")


class BenchConfig(BaseModel):
    """Go benchmarks: timed in one pass, profiled in passes of their own, because profiling slows what it looks at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str = Field(".", description="Folder of the Go module, below the project.")
    packages: tuple[str, ...] = Field(("./...",), description="Packages, as `go list` takes them.")
    bench: str = Field(".", min_length=1, description="Which benchmarks, as in `go test -bench`.")
    count: int = Field(6, ge=1, le=1000, description="How many times each benchmark is timed.")
    benchtime: str = Field(
        "", pattern=r"^(\d+x|(\d+(\.\d+)?(h|m|s|ms|us|ns))+)?$", description="As in `go test -benchtime`; empty: 1s."
    )
    profiles: tuple[BenchProfile, ...] = Field(
        ("cpu", "mem", "block", "mutex"),
        description="Profiles to take, one pass each; none of them in the timing pass.",
    )
    flags: tuple[str, ...] = Field((), description="Flags of `go list` and of the build, such as -tags=integration.")
    env: dict[str, str] = Field({}, description="Environment variables added.")
    timeout: float = Field(1800.0, gt=0, description="End one pass over one package after this many seconds.")
