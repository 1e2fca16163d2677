"""The corridor's way out: the site to its host, and the runs to their store.

Rules: as in `stages`. What would be refused is refused before anything is uploaded. Previews of pull requests never
write to the store of runs. A site that is published is built in a house of its own below ``build/publish`` from all
runs of the store, so that everybody publishes the same; the project's own ``profiles/`` is only read.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline import sites, stages
from pipeline.errors import UsageError
from pipeline.model.config import Config, SiteConfig
from pipeline.store import atomic, fingerprint, locks
from pipeline.store.config import load_config
from pipeline.units import counted

if TYPE_CHECKING:
    from pipeline.site.branch import Change, Patience
    from pipeline.site.git import Repository
    from pipeline.site.limits import SiteFile

MODES: Final = ("artifact", "branch")


def publish(  # noqa: PLR0913 - all by keyword: the words of one command
    root: Path,
    config: Config,
    *,
    environ: Mapping[str, str],
    mode: str = "",
    pr: int = 0,
    preview: bool = False,
    prune_pr: int = 0,
    fetch_runs: bool = False,
    patience: Patience | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Publish the site as the settings say, or the preview of a pull request; returns the exit code.

    ``preview`` asks the event which pull request; ``prune_pr`` removes a preview, ``fetch_runs`` only brings the runs
    of the store here. Raises UsageError for words that do not go together and SiteError when the site would be refused.
    """
    from pipeline.site.branch import Patience

    if mode and mode not in MODES:
        raise UsageError(f"publish has no mode {mode!r}", cure=f"There are {' and '.join(MODES)}.")
    if bool(pr) + preview + bool(prune_pr) + fetch_runs > 1 or pr < 0 or prune_pr < 0:
        raise UsageError(
            "publish takes one of --pr, --preview, --prune-pr and --fetch-runs", cure="Numbers begin with 1."
        )
    if preview and not (pr := pull_request(config, environ, say)):
        say("no pull request is known here, so there is no preview")
        return 0
    repo = _repository(root, config, environ)
    patience = patience or Patience(config.publish.seconds)
    with locks.hold(stages.build_folder(root) / "locks", "publish"):
        if fetch_runs:
            return _fetch_runs(root, config, repo, say)
        if prune_pr:
            return _prune(config, repo, prune_pr, patience, say)
        if pr:
            return _preview(root, config, repo, pr, patience, say)
        if (mode or config.publish.mode) == "branch":
            return _to_branch(root, config, repo, patience, say)
        return _to_folder(root, config, repo, patience, say)


def _repository(root: Path, config: Config, environ: Mapping[str, str]) -> Repository:
    from pipeline.site.git import Repository

    return Repository(
        root,
        stages.build_folder(root) / "publish",
        config.publish.remote,
        server=environ.get("GITHUB_SERVER_URL", ""),
        token=environ.get("GITHUB_TOKEN", ""),
    )


# --- the store of runs -------------------------------------------------------------------------------------------


def _fetch_runs(root: Path, config: Config, repo: Repository, say: Callable[[str], None]) -> int:
    """Bring the runs of the store into the project; nothing is published."""
    from pipeline.site import run_store

    profiles = stages.profiles_folder(root, config)
    if config.publish.runs_folder:
        brought = run_store.share_folder(profiles, root / config.publish.runs_folder)
    elif config.publish.runs_branch:
        repo.check()
        profiles.mkdir(parents=True, exist_ok=True)
        brought = run_store.bring(repo, repo.fetch(config.publish.runs_branch), profiles, exact=False)
    else:
        raise UsageError("there is no store of runs", cure="Set publish.runs_branch or publish.runs_folder.")
    say(f"{counted(len(brought), 'run')} brought from the store")
    return 0


def _gather(
    root: Path, config: Config, repo: Repository, patience: Patience, say: Callable[[str], None], *, share: bool = True
) -> str:
    """Share the project's runs, and bring all runs into the house the site is built in; gives the store's state.

    Without ``share`` nothing is pushed: the store's branch is only read.
    """
    from pipeline.site import run_store

    house, own = _house(root), stages.profiles_folder(root, config)
    profiles = house / "profiles"
    if config.publish.runs_folder or not config.publish.runs_branch:
        store = root / config.publish.runs_folder if config.publish.runs_folder else own
        if store != own:
            added = run_store.share_folder(store, own)
            say(f"{counted(len(added), 'run')} added to the store")
        shutil.rmtree(profiles, ignore_errors=True)
        run_store.share_folder(profiles, store)
        return fingerprint.digest(sorted(run_store.run_files(profiles).items()))
    repo.check()
    if not share:
        shutil.rmtree(profiles, ignore_errors=True)
        profiles.mkdir(parents=True)
        run_store.bring(repo, repo.fetch(config.publish.runs_branch), profiles, exact=True)
        run_store.share_folder(profiles, own)
        return fingerprint.digest(sorted(run_store.run_files(profiles).items()))
    _refuse_runs(own, config)
    branch, keep = config.publish.runs_branch, config.publish.keep_runs
    tip = run_store.share(repo, branch, own, keep=keep, patience=patience, say=say)
    profiles.mkdir(parents=True, exist_ok=True)
    run_store.bring(repo, tip, profiles, exact=True)
    return repo.tree_of(tip)


def _refuse_runs(own: Path, config: Config) -> None:
    """Raise SiteError when a run has a file that the host of the store's branch would not take."""
    from pipeline.site.limits import SiteFile, refuse
    from pipeline.site.run_store import run_files

    files = [
        SiteFile(f"{name}/{path}", (own / name / path).stat().st_size)
        for name, paths in run_files(own).items()
        for path in paths
    ]
    total = sum(file.size_bytes for file in files)
    cure = "Remove the file from the run, keep runs in publish.runs_folder, or raise publish.max_file_bytes."
    limit = config.publish.max_file_bytes
    refuse(files, max_site_bytes=total, max_file_bytes=limit, what="a run", cure=cure)


def _house(root: Path) -> Path:
    return stages.build_folder(root) / "publish" / "house"


def _build_all(root: Path, config: Config) -> Path:
    """Build the site of all runs; what the project has derived already is used again."""
    house = _house(root)
    for folder in (stages.build_folder(root) / "derived").glob("*"):
        place = house / "build" / "derived" / folder.name
        if folder.is_dir() and (house / "profiles" / folder.name).is_dir() and not place.exists():
            shutil.copytree(folder, place)
    sites.build_site(house, _in_house(config))
    return house / "build" / "site"


def _in_house(config: Config) -> Config:
    collect = config.collect.model_copy(update={"profiles_dir": "profiles"})
    return config.model_copy(update={"collect": collect})


def _refusal(config: Config) -> Callable[[list[SiteFile]], None]:
    from pipeline.site.limits import refuse

    return partial(refuse, max_site_bytes=config.publish.max_site_bytes, max_file_bytes=config.publish.max_file_bytes)


# --- the site ----------------------------------------------------------------------------------------------------


def _to_branch(root: Path, config: Config, repo: Repository, patience: Patience, say: Callable[[str], None]) -> int:
    """Push the site of all runs to its branch."""
    from pipeline.site import branch as branches
    from pipeline.site.templates import templates_dir

    repo.check()
    settings = fingerprint.site_key("", {}, _in_house(config), templates_dir())

    def change(tip: str) -> Change | None:
        # The tip was fetched before the store: a site pushed since then makes the push fail, an older one knew less.
        marker = {"runs": _gather(root, config, repo, patience, say), "settings": settings}
        if branches.marker_of(repo, tip) == marker:
            return None
        tree = branches.site_tree(
            repo,
            tip,
            root=branches.Root(_build_all(root, config), marker),
            keep_previews=config.publish.keep_previews,
            refuse=_refusal(config),
        )
        return branches.Change(tree, "Site\n")

    branches.update(repo, config.publish.branch, change, patience)
    say(f"published on the branch {config.publish.branch} of {config.publish.remote}{_address(config)}")
    return 0


def _to_folder(root: Path, config: Config, repo: Repository, patience: Patience, say: Callable[[str], None]) -> int:
    """Make the folder to upload: the site of all runs, and the previews there are."""
    from pipeline.site import branch as branches
    from pipeline.site.limits import list_files, refuse

    try:
        repo.check()
        in_git = True
    except UsageError:
        in_git = False
    if not in_git and config.publish.runs_branch and not config.publish.runs_folder:
        say("not in a git repository with a remote: the site is made of the runs here alone")
        config = config.model_copy(update={"publish": config.publish.model_copy(update={"runs_branch": ""})})
    _gather(root, config, repo, patience, say, share=config.publish.share_runs)
    site, upload = _build_all(root, config), stages.build_folder(root) / "publish" / "site"
    refuse(list_files(site), max_site_bytes=config.publish.max_site_bytes, max_file_bytes=config.publish.max_file_bytes)
    atomic.remove(upload)
    shutil.copytree(site, upload, symlinks=True)
    previews = branches.write_previews(repo, repo.fetch(config.publish.branch), upload) if in_git else 0
    files = list_files(upload)
    _refusal(config)(list(files))
    told = f", with {counted(previews, 'preview')}" if previews else ""
    say(f"{upload.relative_to(root).as_posix()}: {counted(len(files), 'file')} to upload{told}")
    say("  in a workflow: actions/upload-pages-artifact with this path, then actions/deploy-pages")
    return 0


def _preview(
    root: Path, config: Config, repo: Repository, number: int, patience: Patience, say: Callable[[str], None]
) -> int:
    """Push the site of the project's own runs as the preview of a pull request."""
    from pipeline.site import branch as branches

    repo.check()
    sites.build_site(root, config.model_copy(update={"site": preview_site(config, number)}))
    site = stages.build_folder(root) / "site"

    def change(tip: str) -> Change | None:
        tree = branches.site_tree(
            repo,
            tip,
            previews={number: site},
            keep_previews=config.publish.keep_previews,
            refuse=_refusal(config),
        )
        return branches.Change(tree, f"Preview of {number}\n")

    branches.update(repo, config.publish.branch, change, patience)
    say(f"preview pr/{number}/ is on the branch {config.publish.branch}{_address(config, f'pr/{number}/')}")
    return 0


def preview_site(config: Config, number: int) -> SiteConfig:
    """Give the settings of the site a preview is: below ``pr/N/`` of the published one."""
    url = f"{config.site.url.rstrip('/')}/pr/{number}/" if config.site.url and number else config.site.url
    return config.site.model_copy(update={"url": url})


def _prune(config: Config, repo: Repository, number: int, patience: Patience, say: Callable[[str], None]) -> int:
    """Remove the preview of a pull request that is closed."""
    from pipeline.site import branch as branches

    repo.check()

    def change(tip: str) -> Change | None:
        if all(branches.number_of(file) != number for file in repo.files(tip)):
            return None
        return branches.Change(branches.site_tree(repo, tip, pruned=lambda one: one == number), f"Without {number}\n")

    branches.update(repo, config.publish.branch, change, patience)
    say(f"there is no preview pr/{number}/ any more")
    return 0


def pull_request(config: Config, environ: Mapping[str, str], say: Callable[[str], None]) -> int:
    """Find out which pull request this job is about: from its event, else from GitHub; 0 when it is none."""
    from pipeline.site import ci, github

    job = ci.read_job(environ)
    token = environ.get("GITHUB_TOKEN", "")
    if job.number or not (token and job.repository and job.sha):
        return job.number
    client = github.GitHub(job.api, job.repository, token, seconds=config.comment.seconds)
    try:
        return github.pull_request_of(client, job.sha, job.head)
    except github.GitHubError as error:
        say(f"not known which pull request this is: {error.message}")
        return 0


# --- workflows ---------------------------------------------------------------------------------------------------


def init_github(root: Path, *, force: bool = False, say: Callable[[str], None] = print) -> int:
    """Write the workflows for GitHub into the project. Raises UsageError when there are some already."""
    from pipeline.site.workflows import default_branch, read_workflows

    config = load_config(root, {})
    texts = read_workflows(mode=config.publish.mode, branch=default_branch(root))
    folder = root / ".github" / "workflows"
    there = [name for name in texts if (folder / name).exists()]
    if there and not force:
        raise UsageError(f"there is a {there[0]} already", cure="Edit it, or write over it with --force.")
    for name, text in texts.items():
        atomic.write_bytes(folder / name, text.encode())
        say(f"wrote .github/workflows/{name}")
    source = "GitHub Actions" if config.publish.mode == "artifact" else f"the branch {config.publish.branch}"
    say(f"next: set the source of Pages to {source} in the repository's settings, and site.url in profbook.toml")
    return 0


def _address(config: Config, inside: str = "") -> str:
    return f": {config.site.url.rstrip('/')}/{inside}" if config.site.url else ""
