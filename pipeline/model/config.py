"""Settings: what profbook.toml may say. Every field has a description; the guide's settings page is made from them.

Rules: unknown keys are errors; values are checked here, files and environment are read in `store.config`. Durations are
seconds. A command is a list of words, never a shell line; ``{name}`` placeholders are filled by collect and documented
there.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CONFIG_FORMAT = 1


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ComponentConfig(_Section):
    """A service to profile: one that runs already (``url``), or one to build and start (``command``)."""

    url: str = Field("", description="Base URL of the service; profiles are read from <url>/debug/pprof/.")
    build: tuple[str, ...] = Field((), description="Command that builds the service once before it is started.")
    command: tuple[str, ...] = Field(
        (),
        description="Command that starts the service; {port} is a free port, {bin} the folder of built programs.",
    )
    env: dict[str, str] = Field({}, description="Environment variables added for build and command.")
    ready: str = Field("/health", description="Path that answers 200 when the service is ready.")
    ready_seconds: float = Field(30.0, gt=0, description="How long to wait for it.")


class LoadConfig(_Section):
    """The load test that runs while profiles are taken."""

    build: tuple[str, ...] = Field((), description="Command that builds the load generator once.")
    command: tuple[str, ...] = Field(
        (),
        description="Load command; {url} is the first component's URL, {profile_dir} the run directory.",
    )
    duration: float = Field(30.0, gt=0, description="Load duration in seconds, passed as {duration}.")
    timeout: float = Field(0.0, ge=0, description="Kill the load after this many seconds; 0 means duration + 30.")


class CollectConfig(_Section):
    """What is collected, when, and where it goes."""

    plan: Literal["phases", "interval"] = Field(
        "phases",
        description="phases: before, during, after the load; interval: a snapshot each `interval` seconds.",
    )
    profiles_dir: str = Field("profiles", description="Folder of run directories.")
    cpu_seconds: int = Field(10, ge=1, description="Length of the CPU profile, taken in the middle of the load.")
    interval: float = Field(10.0, gt=0, description="Seconds between snapshots of the interval plan.")
    before: tuple[str, ...] = Field(("heap", "allocs", "goroutine"), description="Profiles taken before the load.")
    after: tuple[str, ...] = Field(
        ("heap", "allocs", "goroutine", "block", "mutex", "threadcreate", "goroutineleak"),
        description="Profiles taken after the load.",
    )
    series: tuple[str, ...] = Field(
        ("heap", "goroutine", "cpu"), description="Profiles taken at each tick of the interval plan."
    )
    gc: bool = Field(
        True, description="Force a garbage collection before heap profiles (heap?gc=1), so that in-use means live."
    )


class VariantConfig(_Section):
    """A named way to start the service: `doit collect --variant NAME`."""

    args: tuple[str, ...] = Field((), description="Words added to the start command.")
    env: dict[str, str] = Field({}, description="Environment variables added.")


class CompareConfig(_Section):
    """One comparison of two labels; each label's runs are replicates."""

    base: str = Field(description="Label of the runs compared against.")
    head: str = Field(description="Label of the runs judged.")


class SiteConfig(_Section):
    """The site."""

    name: str = Field("profbook", description="Title of the site.")
    url: str = Field("", description="Address the site will be published at; empty for relative links only.")
    raw_profiles: bool = Field(
        True, description="Copy raw profiles into the site, so that `go tool pprof URL` works on them."
    )


class LimitsConfig(_Section):
    """Guards against inputs that would exhaust the machine."""

    max_decoded_bytes: int = Field(1 << 30, ge=1 << 20, description="Refuse a profile that unpacks to more than this.")
    request_bytes: int = Field(1 << 30, ge=1 << 16, description="Stop a download at this size.")


class Config(_Section):
    """All settings, checked."""

    format: int = Field(CONFIG_FORMAT, description="Version of this file's format.")
    components: dict[str, ComponentConfig] = Field({}, description="Services by name.")
    load: LoadConfig = Field(LoadConfig(), description="The load test.")
    collect: CollectConfig = Field(CollectConfig(), description="The collection plan.")
    variants: dict[str, VariantConfig] = Field({}, description="Named variants of the service.")
    compare: tuple[CompareConfig, ...] = Field(
        (CompareConfig(base="baseline", head="optimized"),), description="Comparisons to make."
    )
    site: SiteConfig = Field(SiteConfig(), description="The site.")
    limits: LimitsConfig = Field(LimitsConfig(), description="Guards.")
