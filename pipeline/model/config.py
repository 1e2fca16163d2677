"""Settings: what profbook.toml may say. Every field has a description; the guide's settings page is made from them.

Rules: unknown keys are errors; values are checked here, files and environment are read in `store.config`. Durations are
seconds. A command is a list of words, never a shell line; ``{name}`` placeholders are filled by collect and documented
there.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.model.cost import TOPIC_PRESETS, CostRules, Topic
from pipeline.model.court import ComparisonConfig
from pipeline.model.decision import DecisionConfig
from pipeline.model.gate import AcceptConfig
from pipeline.model.growth import DEFAULT_RULES, LeakRules
from pipeline.model.history import HistoryConfig
from pipeline.model.program import BenchConfig, ProgramConfig
from pipeline.model.publish import CommentConfig, PublishConfig
from pipeline.model.redact import RedactConfig
from pipeline.model.rules import Rule
from pipeline.model.source import LINK_TEMPLATE
from pipeline.model.target import Budget, RoleConfig, TargetConfig

CONFIG_FORMAT = 1


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_DNS_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"


class KubernetesConfig(_Section):
    """Pods to profile through `kubectl port-forward`, found by deployment, label selector or how their names begin."""

    namespace: str = Field("default", pattern=_DNS_NAME, max_length=63, description="Namespace of the pods.")
    deployment: str = Field(
        "", pattern=rf"^$|{_DNS_NAME}", max_length=253, description="Deployment whose pods are profiled."
    )
    selector: str = Field(
        "",
        pattern=r"^([A-Za-z0-9!(][A-Za-z0-9_./=!,() -]*)?$",
        max_length=1000,
        description="Label selector of the pods, as `kubectl --selector` takes it.",
    )
    pod_prefix: str = Field(
        "", pattern=r"^([a-z0-9][-a-z0-9.]*)?$", max_length=253, description="How the pods' names begin."
    )
    port: int = Field(6060, ge=1, le=65535, description="Port in the pod that serves net/http/pprof.")
    replicas: Literal["first", "all", "random"] = Field(
        "first",
        description="first: the oldest ready pod; random: any one; all: each, as <component>.1, <component>.2, …",
    )
    context: str = Field(
        "",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9_.:@/-]*)?$",
        max_length=253,
        description="kubectl context; empty for the current one.",
    )
    kubeconfig: str = Field("", description="Path of a kubeconfig file; empty for kubectl's own choice.")
    created_by_load: bool = Field(
        False,
        description="The load command creates these pods: start it first, and profile them as soon as they are ready.",
    )
    namespace_seconds: float = Field(900.0, ge=0, description="How long to wait for the namespace.")
    deployment_seconds: float = Field(600.0, ge=0, description="How long to wait then for a ready pod.")


class ComponentConfig(TargetConfig):
    """A service to profile: one that runs already (``url``), or one to build and start (``command``)."""

    build: tuple[str, ...] = Field((), description="Command that builds the service once before it is started.")
    command: tuple[str, ...] = Field(
        (),
        description="Command that starts the service; {port} is a free port, {bin} the folder of built programs.",
    )
    env: dict[str, str] = Field({}, description="Environment variables added for build and command.")
    ready: str = Field("/health", description="Path that answers 200 when the service is ready.")
    ready_seconds: float = Field(30.0, gt=0, description="How long to wait for it.")
    kubernetes: KubernetesConfig | None = Field(None, description="Pods of a cluster to profile, instead of a url.")


class LoadConfig(_Section):
    """The load test that runs while profiles are taken."""

    build: tuple[str, ...] = Field((), description="Command that builds the load generator once.")
    command: tuple[str, ...] = Field(
        (),
        description="Load command; {url} is the first component's URL, {profile_dir} the run directory, {target} the "
        "target.",
    )
    target: str = Field(
        "",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9_./+-]{0,199})?$",
        description="Target of a test run with make, passed as {target}; without a load command, `make TARGET` is run.",
    )
    duration: float = Field(30.0, gt=0, description="Load duration in seconds, passed as {duration}.")
    timeout: float = Field(
        0.0,
        ge=0,
        description="Kill the load after this many seconds; 0 means duration + 30, and no limit in the interval and "
        "window plans for a command that is not given {duration}.",
    )


class CollectConfig(_Section):
    """What is collected, when, and where it goes."""

    plan: Literal["phases", "interval", "window", "snapshot", "program", "bench"] = Field(
        "phases",
        description="phases: before, during, after the load; interval: a snapshot each `interval` seconds; window: "
        "`cpu_seconds` of one component each `interval` seconds, chosen by chance; snapshot: one set now, without "
        "load; program: each of `programs` from start to end; bench: Go benchmarks.",
    )
    profiles_dir: str = Field("profiles", description="Folder of run directories.")
    cpu_seconds: int = Field(
        10,
        ge=1,
        description="Length of the CPU profile, taken in the middle of the load. A snapshot's is 30 seconds long, as "
        "that of `go tool pprof HOST`, unless this is set.",
    )
    interval: float = Field(10.0, gt=0, description="Seconds between snapshots of the interval and window plans.")
    duration: float = Field(
        0.0,
        ge=0,
        description="Seconds the interval and window plans run without a load command; 0: until they are stopped.",
    )
    mode: Literal["both", "heap", "cpu"] = Field(
        "both", description="Restricts the interval, window and snapshot plans to heap or to CPU profiles."
    )
    before: tuple[str, ...] = Field(("heap", "allocs", "goroutine"), description="Profiles taken before the load.")
    after: tuple[str, ...] = Field(
        ("heap", "allocs", "goroutine", "block", "mutex", "threadcreate", "goroutineleak"),
        description="Profiles taken after the load.",
    )
    series: tuple[str, ...] = Field(
        ("heap", "goroutine", "cpu"), description="Profiles taken at each tick of the interval and window plans."
    )
    snapshot: tuple[str, ...] = Field(
        ("heap", "allocs", "goroutine", "block", "mutex", "threadcreate", "goroutineleak"),
        description="Profiles taken by the snapshot plan.",
    )
    free_bytes: int = Field(64 << 20, ge=0, description="Do not begin a run with less room on the disk than this.")
    memstats: bool = Field(
        True,
        description="Also keep runtime.MemStats (from heap?debug=1) with the heap profiles: GC runs and pauses, exact "
        "allocation totals, resident memory.",
    )
    goroutine_dump: bool = Field(
        False,
        description="Also keep the goroutines after the load as a text dump (debug=2), with how long each has waited.",
    )
    delta_seconds: int = Field(
        0,
        ge=0,
        description="Take heap, allocs, block and mutex profiles of just this many seconds during the load; 0: none.",
    )
    trace_seconds: int = Field(
        0, ge=0, description="Take an execution trace of this many seconds after the CPU profile; 0: none."
    )
    programs: tuple[str, ...] = Field((), description="Which programs the program plan runs; empty: all of them.")
    gc: bool = Field(
        True,
        description="Force a garbage collection before heap profiles (heap?gc=1), so that in-use means live; never in "
        "the window plan, which is for services in production.",
    )

    @property
    def snapshot_cpu_seconds(self) -> int:
        """Length of a snapshot's CPU profile: pprof's own default, unless another was set."""
        return self.cpu_seconds if "cpu_seconds" in self.model_fields_set else 30


class VariantConfig(_Section):
    """A named way to start the service: `doit collect --variant NAME`."""

    args: tuple[str, ...] = Field((), description="Words added to the start command.")
    env: dict[str, str] = Field({}, description="Environment variables added.")


class CompareConfig(_Section):
    """One comparison of two labels; each label's runs are replicates."""

    base: str = Field(description="Label of the runs compared against; LABEL@COMMIT for those of one commit.")
    head: str = Field(description="Label of the runs judged, or LABEL@COMMIT.")


class SourceConfig(_Section):
    """Source lines kept with a run, for annotated source on its page and for `profbook pprof -list`."""

    store: bool = Field(
        False,
        description="Store the source lines of hot functions of the Go modules in this checkout with each run. Only "
        "files git tracks are read.",
    )
    functions: int = Field(50, ge=1, le=500, description="How many functions, half of them by flat, half by cum.")
    context: int = Field(5, ge=5, le=100, description="Lines stored before and after each function.")
    max_bytes: int = Field(1 << 20, ge=1 << 10, le=8 << 20, description="How much text is stored at most.")
    root: str = Field(".", description="Folder of the git checkout the service is built from, if not the project's.")
    url: str = Field(
        "",
        pattern=f"^$|{LINK_TEMPLATE}",
        description="Link to a line: an address with {commit}, {path} and {line}. Empty: worked out from a GitHub or "
        "GitLab remote.",
    )


class LeakConfig(_Section):
    """When growth over the snapshots of a run is called a leak."""

    min_snapshots: int = Field(
        DEFAULT_RULES.min_snapshots,
        ge=5,
        description="How many snapshots a leak needs; of fewer, growth is only called growth.",
    )
    min_bytes: int = Field(
        DEFAULT_RULES.min_bytes, ge=0, description="Growth of the heap, or of one site, below this many bytes is none."
    )
    min_goroutines: int = Field(
        DEFAULT_RULES.min_goroutines, ge=1, description="Growth by fewer goroutines than this is none."
    )
    min_share: float = Field(
        DEFAULT_RULES.min_share,
        ge=0,
        description="Growth below this share of the whole heap, or of all goroutines, at the first snapshot is none.",
    )
    min_steps: float = Field(
        DEFAULT_RULES.min_steps,
        ge=0,
        le=1,
        description="Share of the steps from snapshot to snapshot in which a leak does not fall.",
    )
    min_late: float = Field(
        DEFAULT_RULES.min_late,
        ge=0,
        le=1,
        description="Share of the slope that is still there in the later half; what fills up and stops is no leak.",
    )
    confidence: float = Field(
        DEFAULT_RULES.confidence, ge=0.5, lt=1, description="Confidence of the interval of the slope."
    )

    @property
    def rules(self) -> LeakRules:
        """Give the rules as analysis takes them."""
        return LeakRules(**self.model_dump())


class ModuleConfig(_Section):
    """The Go module under test: whose code is one's own."""

    path: str = Field(
        "",
        pattern=r"^[^\s@]*$",
        max_length=1000,
        description="Its path, as in go.mod. Empty: own code is what lies outside the module cache and `vendor`, by "
        "the file names in the profiles.",
    )


class TopicConfig(_Section):
    """A group of code to weigh in every profile, by a pattern."""

    name: str = Field(min_length=1, max_length=100, description="Its name on the pages.")
    pattern: str = Field(
        min_length=1,
        max_length=10_000,
        description="Regular expression in Go's syntax, tried on function and file names as `-focus` does.",
    )
    sample_types: tuple[str, ...] = Field(
        (), description="Sample types it is weighed in, such as `alloc_space`; empty: all that are rolled up."
    )


class SiteConfig(_Section):
    """The site."""

    name: str = Field("profbook", description="Title of the site.")
    url: str = Field("", description="Address the site will be published at; empty for relative links only.")
    raw_profiles: bool = Field(
        True,
        description="Copy raw files into the site, so that `go tool pprof URL` works on profiles: as they are, or "
        "redacted where they hold what `redact` keeps out.",
    )
    engine: Literal["mkdocs", "properdocs", "zensical", "none"] = Field(
        "mkdocs",
        description="What renders the guide and the frame of every page; all but mkdocs must be installed. none: a "
        "plain frame of our own, which needs no engine.",
    )
    keep_runs: int = Field(
        0,
        ge=0,
        description="Show only so many of the newest runs on the site; 0: all. Older ones stay in the store, in trends "
        "and in comparisons.",
    )


class LimitsConfig(_Section):
    """Guards against inputs that would exhaust the machine."""

    max_decoded_bytes: int = Field(1 << 30, ge=1 << 20, description="Refuse a profile that unpacks to more than this.")
    request_bytes: int = Field(1 << 30, ge=1 << 16, description="Stop a download at this size.")
    import_files: int = Field(20_000, ge=1, description="Refuse to import a folder or archive of more files.")
    import_bytes: int = Field(4 << 30, ge=1 << 20, description="Refuse to import more bytes than this, when unpacked.")


class Config(_Section):
    """All settings, checked."""

    format: int = Field(CONFIG_FORMAT, description="Version of this file's format.")
    components: dict[str, ComponentConfig] = Field({}, description="Services by name.")
    roles: dict[str, RoleConfig] = Field({}, description="Memory budgets by role; a component names its role.")
    load: LoadConfig = Field(LoadConfig(), description="The load test.")
    programs: dict[str, ProgramConfig] = Field({}, description="Programs of the program plan by name, in their order.")
    bench: BenchConfig = Field(BenchConfig(), description="Go benchmarks run by the bench plan.")
    collect: CollectConfig = Field(CollectConfig(), description="The collection plan.")
    variants: dict[str, VariantConfig] = Field({}, description="Named variants of the service.")
    compare: tuple[CompareConfig, ...] = Field(
        (),
        description="Comparisons to make. Without any: every label against `comparison.baseline`, the newest commit of "
        "a label against the one measured before it, and a branch against the commit it left the main branch at.",
    )
    comparison: ComparisonConfig = Field(ComparisonConfig(), description="When runs may be compared.")
    history: HistoryConfig = Field(HistoryConfig(), description="The search for lasting changes over a label's runs.")
    rules: tuple[Rule, ...] = Field((), description="Rules that replace default ones or are added to them.")
    accept: tuple[AcceptConfig, ...] = Field((), description="Regressions accepted until a day.")
    decisions: tuple[DecisionConfig, ...] = Field((), description="Decisions to keep or to remove a change.")
    source: SourceConfig = Field(SourceConfig(), description="Source lines kept with a run.")
    leak: LeakConfig = Field(LeakConfig(), description="Leaks.")
    module: ModuleConfig = Field(ModuleConfig(), description="The Go module under test.")
    topics_preset: Literal["", "kubernetes"] = Field(
        "",
        description="Topics to begin with, above all tables; kubernetes: OpenAPI, JSON, dynamic client, informers, "
        "reconcile loops.",
    )
    topics: tuple[TopicConfig, ...] = Field((), description="Groups of code to weigh in every profile.")
    site: SiteConfig = Field(SiteConfig(), description="The site.")
    redact: RedactConfig = Field(RedactConfig(), description="What is kept out of pages, exports and derived data.")
    publish: PublishConfig = Field(PublishConfig(), description="Where the site goes, and where runs are kept.")
    comment: CommentConfig = Field(CommentConfig(), description="The comment on a pull request.")
    limits: LimitsConfig = Field(LimitsConfig(), description="Guards.")

    @property
    def cost(self) -> CostRules:
        """Give the own module and all topics, those of the preset first."""
        own = tuple(Topic(one.name, one.pattern, one.sample_types) for one in self.topics)
        return CostRules(self.module.path, (*TOPIC_PRESETS.get(self.topics_preset, ()), *own))

    @property
    def budgets(self) -> dict[str, Budget]:
        """Give the memory budgets of each component that has a role."""
        return {
            name: Budget(part.role, **self.roles[part.role].model_dump())
            for name, part in self.components.items()
            if part.role in self.roles
        }
