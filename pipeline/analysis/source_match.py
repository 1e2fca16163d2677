"""Which tracked file a profile means by a file name: by the module's path, the checkout's place, or the longest suffix.

Rules: a name out of a profile only ever selects one of the files that are tracked; it is never a path to open. Only
functions of the modules in the checkout are matched, and of package ``main``, whose path a profile does not tell. No
match, or two equally good ones, is none.
"""

from __future__ import annotations

from pipeline.model.source import Checkout


def match_path(filename: str, package: str, checkout: Checkout) -> str:
    """Find the tracked file of a function's file name and package; empty when there is none."""
    if not filename or "\0" in filename:
        return ""
    if package != "main":
        return _in_package(filename, package.removesuffix("_test"), checkout)
    if filename.startswith(f"{checkout.root}/"):
        return _tracked(filename[len(checkout.root) + 1 :], checkout)
    for folder, module in sorted(checkout.modules, key=lambda pair: -len(pair[1])):
        if (rest := _below_module(filename, module)) is not None:
            return _tracked(_join(folder, rest), checkout)
    return _longest_suffix(filename, checkout)


def _in_package(filename: str, package: str, checkout: Checkout) -> str:
    """Find the file of that name in the folder of the package."""
    own = [(module, folder) for folder, module in checkout.modules if f"{package}/".startswith(f"{module}/")]
    if not own:
        return ""
    module, folder = max(own, key=lambda pair: len(pair[0]))
    place = _join(folder, package[len(module) + 1 :])
    return _tracked(_join(place, filename.rpartition("/")[2]), checkout)


def _below_module(filename: str, module: str) -> str | None:
    """Take the module's path, with or without a version, off a name of a build with ``-trimpath``."""
    if filename.startswith(f"{module}/"):
        return filename[len(module) + 1 :]
    if filename.startswith(f"{module}@"):
        return filename[len(module) :].partition("/")[2]
    return None


def _longest_suffix(filename: str, checkout: Checkout) -> str:
    """Find the file whose path, from the git root or its module on, the name ends with; the longest such path."""
    best: set[str] = set()
    length = 0
    name = filename.rpartition("/")[2]
    for path in checkout.files:
        if path.rpartition("/")[2] != name:
            continue
        for form in _forms(path, checkout):
            if len(form) >= length and (filename == form or filename.endswith(f"/{form}")):
                best = {path} | (best if len(form) == length else set())
                length = len(form)
    return best.pop() if len(best) == 1 else ""


def _forms(path: str, checkout: Checkout) -> list[str]:
    """List the path from the git root on and from its module on."""
    folders = [folder for folder, _ in checkout.modules if folder and path.startswith(f"{folder}/")]
    return [path, *(path[len(folder) + 1 :] for folder in folders)]


def _join(folder: str, rest: str) -> str:
    return f"{folder}/{rest}" if folder and rest else folder or rest


def _tracked(path: str, checkout: Checkout) -> str:
    return path if path in checkout.files else ""
