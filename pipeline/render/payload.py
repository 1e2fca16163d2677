"""The data files beside pages: classic scripts around the bytes, as pages on the disk cannot fetch.

Rules: one form for all, ``profbook.data("<key>","<base64>");``; values are gzip of JSON. A profile's files a worker
fetches itself over http, cuts the text out and decodes that, so nothing of it costs the page; from the disk the page
loads them as scripts. The bare bytes beside it would save a reader a third of the bytes where a server does not
compress scripts, and cost every site 75 % more space.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any, Final

from pipeline.render.encode import json_text

TREE: Final = ".pfv"
SAMPLES: Final = ".samples"
ENDINGS: Final = (f"{TREE}.js", f"{SAMPLES}.js")
"""What follows a profile's name in its data files: the call tree, and the samples for what a tree cannot answer."""


def payload_scripts(name: str, tree: bytes, samples: bytes) -> dict[str, bytes]:
    """Wrap the files of `model.pfv` and `model.stacks`: file name -> script; keys are the names without ``.js``."""
    parts = ((f"{name}{TREE}", tree), (f"{name}{SAMPLES}", samples))
    return {f"{key}.js": wrapped("data", key, data) for key, data in parts}


def wrapped(call: str, key: str, data: bytes) -> bytes:
    """Write the script that hands bytes to ``profbook.<call>`` under a key."""
    return f'profbook.{call}({json_text(key)},"{base64.b64encode(data).decode()}");\n'.encode()


def packed(call: str, key: str, value: Any) -> bytes:
    """Write the script that hands a value to ``profbook.<call>``: gzip of JSON, a lone surrogate as its escape."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return wrapped(call, key, gzip.compress(text.encode("utf-8", "backslashreplace"), 9, mtime=0))


def opened(script: bytes) -> Any:
    """Give the value `packed` wrote; raises ValueError or OSError for anything else."""
    return json.loads(gzip.decompress(unwrapped(script)))


def unwrapped(script: bytes) -> bytes:
    """Give the bytes such a script holds; raises ValueError when it is none."""
    return base64.b64decode(script.rpartition(b',"')[2].removesuffix(b'");\n'), validate=True)
