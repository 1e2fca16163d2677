"""The data files of a profile as a page gets them: classic scripts around the bytes, as pages on the disk cannot fetch.

Rules: one form for both, ``profbook.data("<key>","<base64>");``. Over http a worker fetches it, cuts the text out and
decodes that, so nothing of it costs the page; from the disk the page loads it as a script. The bare bytes beside it
would save a reader a third of the bytes where a server does not compress scripts, and cost every site 75 % more space.
"""

from __future__ import annotations

import base64
from typing import Final

from pipeline.render.encode import json_text

TREE: Final = ".pfv"
SAMPLES: Final = ".samples"
ENDINGS: Final = (f"{TREE}.js", f"{SAMPLES}.js")
"""What follows a profile's name in its data files: the call tree, and the samples for what a tree cannot answer."""


def payload_scripts(name: str, tree: bytes, samples: bytes) -> dict[str, bytes]:
    """Wrap the files of `model.pfv` and `model.stacks`: file name -> script; keys are the names without ``.js``."""
    return {f"{name}{part}.js": _script(f"{name}{part}", data) for part, data in ((TREE, tree), (SAMPLES, samples))}


def _script(key: str, data: bytes) -> bytes:
    return f'profbook.data({json_text(key)},"{base64.b64encode(data).decode()}");\n'.encode()


def unwrapped(script: bytes) -> bytes:
    """Give the bytes such a script holds; raises ValueError when it is none."""
    return base64.b64decode(script.rpartition(b',"')[2].removesuffix(b'");\n'), validate=True)
