"""Settings of one service to profile: its address, what it serves, how it is spoken to, and the memory it may take.

Rules: secrets are named here, never written: the settings hold the name of an environment variable or the path of a
file. A header that looks like a secret is refused as an inline value. Sizes are written like ``256MB`` and count in
powers of 1024, as pprof prints them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

_SIZE: Final = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_TOKEN: Final = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
_SECRET_HEADER: Final = re.compile(
    r"(?i)auth|cookie|token|secret|passw|api.?key|access.?key|credential|session|signature"
)
_OURS: Final = frozenset({"host", "accept-encoding", "content-length", "transfer-encoding", "connection"})
_CUSTOM_NAME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,39}$")
_CUSTOM_PATH: Final = re.compile(r"^/[^\s#\\\x00-\x1f\x7f]*$")
_BUILT_IN: Final = frozenset({
    "heap", "allocs", "cpu", "profile", "goroutine", "goroutineleak", "block", "mutex", "threadcreate",
    "memstats", "trace",
})  # fmt: skip
_NEVER: Final = re.compile(r"(?i)/(cmdline|symbol)(?:[/?]|$)")
_PPROF_TAIL: Final = re.compile(r"/debug/pprof(?:/[^?#]*)?$")


def parse_size(value: object) -> object:
    """Read a size such as ``256MB``, ``1.5 GiB`` or a number of bytes; anything else is left for pydantic to refuse."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        if isinstance(value, str):
            raise ValueError("should be a size, such as 256MB or 1.5GB")
        return value
    return round(float(match[1]) * 1024 ** _POWERS[match[2].lower()])


Size = Annotated[int, BeforeValidator(parse_size), Field(ge=0)]


def service_root(url: str) -> str:
    """Give the root of a service for what people write as its address.

    ``host:port`` means http; an address that ends in ``/debug/pprof/`` or in one of its profiles is cut before it.
    """
    text = url.strip()
    if text and "://" not in text:
        text = f"http://{text}"
    return _PPROF_TAIL.sub("", text)


class TargetConfig(BaseModel):
    """Where a service answers, what is taken from it, and how one shows that one may."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        "",
        description="Address of the service: http://HOST[:PORT][/PATH] or just HOST:PORT. Profiles are read from "
        "<url>/debug/pprof/; an address that already ends in /debug/pprof/… works too.",
    )
    profiles: tuple[str, ...] = Field(
        (),
        description="Profiles to take of this service (heap, cpu, mutex, …) in place of the plan's lists; empty: the "
        "plan's.",
    )
    custom: dict[str, str] = Field(
        {},
        description="More profiles by name: the path that serves each, e.g. fgprof = '/debug/fgprof?seconds=10'. One "
        "with seconds= is taken during the load, the others after it.",
    )
    role: str = Field("", description="Name of a [roles.NAME] table whose memory budgets hold for this service.")
    ca_file: str = Field(
        "", description="TLS: file of the certificate authorities to trust (PEM), in place of the usual ones."
    )
    cert_file: str = Field("", description="TLS: file of the client certificate (PEM), with or without its key.")
    key_file: str = Field("", description="TLS: file of the client certificate's key (PEM, not encrypted).")
    insecure: bool = Field(
        False, description="TLS: accept any certificate. The run says so (`tls_insecure`); prefer ca_file."
    )
    bearer_env: str = Field("", description="Environment variable that holds a bearer token.")
    bearer_file: str = Field("", description="File that holds a bearer token.")
    basic_user: str = Field("", description="User name for basic authentication.")
    basic_password_env: str = Field("", description="Environment variable that holds the password of basic_user.")
    basic_password_file: str = Field("", description="File that holds the password of basic_user.")
    headers: dict[str, str] = Field(
        {}, description="Headers to send that are no secret. Authorization, cookies and the like are refused here."
    )
    headers_env: dict[str, str] = Field(
        {}, description="Headers whose value is a secret: header name = the environment variable that holds the value."
    )
    proxy: bool = Field(
        False,
        description="Speak to the service through the proxy of the environment (HTTP_PROXY, NO_PROXY, …).",
    )

    @field_validator("url")
    @classmethod
    def _root(cls, url: str) -> str:
        return service_root(url)

    @field_validator("custom")
    @classmethod
    def _custom(cls, custom: dict[str, str]) -> dict[str, str]:
        for name, path in custom.items():
            if not _CUSTOM_NAME.fullmatch(name) or name in _BUILT_IN:
                raise ValueError("a name should be letters, digits and _, and not one of net/http/pprof's profiles")
            if not _CUSTOM_PATH.fullmatch(path) or path.startswith("//"):
                raise ValueError(f"{name} should be a path on the service that begins with /")
            if _NEVER.search(path):
                raise ValueError(f"{name}: /cmdline and /symbol are never fetched: they are no profiles")
        return custom

    @field_validator("headers", "headers_env")
    @classmethod
    def _headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
                raise ValueError("holds a name that cannot be sent as a header")
            if not value.isprintable() or not value.isascii():
                raise ValueError(f"{name} holds characters that cannot be sent")
        return headers

    @field_validator("headers")
    @classmethod
    def _no_secrets(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if _SECRET_HEADER.search(name):
                raise ValueError(
                    f"{name} looks like a secret, which does not belong into settings: put it into an environment "
                    "variable and name that in headers_env, or use bearer_env"
                )
        return headers

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        bearer = [name for name in ("bearer_env", "bearer_file") if getattr(self, name)]
        password = [name for name in ("basic_password_env", "basic_password_file") if getattr(self, name)]
        if len(bearer) > 1 or len(password) > 1:
            raise ValueError(f"give one of {' and '.join(bearer if len(bearer) > 1 else password)}, not both")
        if bool(self.basic_user) != bool(password):
            raise ValueError("basic_user needs basic_password_env or basic_password_file, and they need it")
        if bearer and self.basic_user:
            raise ValueError("give a bearer token or basic_user, not both")
        if self.key_file and not self.cert_file:
            raise ValueError("key_file needs cert_file")
        if self.insecure and self.ca_file:
            raise ValueError("insecure accepts any certificate, so ca_file has no meaning beside it")
        return self


class RoleConfig(BaseModel):
    """Memory budgets of a kind of service. A manager of 256 MB (512 MB under load) and a worker of half of that::

    [roles.manager]
    rss_target = "256MB"
    rss_limit = "512MB"

    [roles.worker]
    rss_target = "128MB"
    rss_limit = "256MB"
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rss_target: Size = Field(
        0, description='Resident memory a service of this role should stay under, e.g. "256MB"; 0: none.'
    )
    rss_limit: Size = Field(
        0, description='Resident memory it must stay under, even under load, e.g. "512MB"; 0: none.'
    )
    heap_target: Size = Field(0, description="Heap in use (inuse_space) it should stay under; 0: none.")
    heap_limit: Size = Field(0, description="Heap in use (inuse_space) it must stay under; 0: none.")


@dataclass(frozen=True, slots=True)
class Budget:
    """The memory budgets of one component, in bytes; 0 where there is none."""

    role: str
    rss_target: int = 0
    rss_limit: int = 0
    heap_target: int = 0
    heap_limit: int = 0
