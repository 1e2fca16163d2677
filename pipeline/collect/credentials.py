"""How we show a service that we may profile it: certificates, headers, tokens, read just before collecting.

Rules: a secret comes from an environment variable or a file and lives in memory only; it is in no repr, no message, no
file. It goes to the component it was given for and nowhere else: redirects are not followed, and a proxy is used only
where the settings ask for one. What is wrong is said before anything is started, by the setting's name.
"""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from pipeline.collect.secrets import MASK, hidden_parts, is_telling
from pipeline.errors import ConfigError
from pipeline.model.config import Config, VariantConfig
from pipeline.model.finding import Finding
from pipeline.model.target import TargetConfig

_SECRET_BYTES: Final = 1 << 16
_SHORTEST: Final = 6
"""Shorter values are not searched for in texts: they would be found in innocent words."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a request to one service is sent with; ``secrets`` are the values that no text may show."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    insecure: bool = False
    proxy: bool = False

    def is_told_in(self, data: bytes) -> bool:
        """Tell whether bytes that came from outside repeat one of this service's secrets."""
        return any(secret.encode() in data for secret in self.secrets)

    def hide(self, text: str) -> str:
        """Mask this service's secrets in a text that came from outside."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text


OPEN: Final = Access()
"""Access to a service that asks for nothing."""


def read_access(name: str, part: TargetConfig, root: Path, environ: Mapping[str, str] | None = None) -> Access:
    """Read what the settings of component ``name`` point to; paths are relative to ``root``.

    Raises ConfigError naming the setting when a variable is not set, or a file cannot be read or holds no such thing.
    """
    reader = _Reader(f"components.{name}", root, os.environ if environ is None else environ)
    headers = {
        **part.headers,
        **{key: reader.variable(f"headers_env.{key}", var) for key, var in part.headers_env.items()},
    }
    secrets = [headers[key] for key in part.headers_env]
    if part.bearer_env or part.bearer_file:
        token = reader.secret("bearer", part.bearer_env, part.bearer_file)
        headers["Authorization"] = f"Bearer {token}"
        secrets.append(token)
    if part.basic_user:
        password = reader.secret("basic_password", part.basic_password_env, part.basic_password_file)
        pair = base64.b64encode(f"{part.basic_user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
        secrets += [password, pair]
    userinfo = urlsplit(part.url)
    secrets += [text for text in (userinfo.password, unquote(userinfo.password or "")) if text]
    access = Access(
        headers,
        tuple(value for value in secrets if len(value) >= _SHORTEST),
        reader.file("ca_file", part.ca_file),
        reader.file("cert_file", part.cert_file),
        reader.file("key_file", part.key_file),
        part.insecure,
        part.proxy,
    )
    _check_certificates(reader.where, access)
    return access


def _check_certificates(where: str, access: Access) -> None:
    """Load certificates once, so that a wrong file is told by its setting. Raises ConfigError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        setting = "ca_file"
        if access.ca_file:
            context.load_verify_locations(access.ca_file)
        setting = "cert_file"
        if access.cert_file:
            # An empty password: an encrypted key must not be asked for at the terminal.
            context.load_cert_chain(access.cert_file, access.key_file or None, password="")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{where}.{setting}: no certificate that can be used, or its key is missing, encrypted or another's",
            cure="Give PEM files; decrypt the key with `openssl pkey`.",
        ) from error


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads variables and files, and says which setting named one that is not there."""

    where: str
    root: Path
    environ: Mapping[str, str] = field(repr=False)

    def variable(self, setting: str, name: str) -> str:
        value = self.environ.get(name, "")
        if not value:
            raise ConfigError(
                f"{self.where}.{setting}: the environment variable {name} is not set",
                cure="Set it in the environment that collects; its value is never written anywhere.",
            )
        return self._sendable(setting, value)

    def file(self, setting: str, name: str) -> str:
        if not name:
            return ""
        path = self.root / name
        if not path.is_file() or not os.access(path, os.R_OK):
            raise ConfigError(
                f"{self.where}.{setting}: there is no such file, or it cannot be read", cure="Correct the path."
            )
        return str(path)

    def secret(self, setting: str, variable: str, name: str) -> str:
        if variable:
            return self.variable(f"{setting}_env", variable)
        path = self.file(f"{setting}_file", name)
        try:
            with Path(path).open("rb") as file:
                text = file.read(_SECRET_BYTES).decode().strip("\r\n")
        except (OSError, UnicodeDecodeError):
            text = ""
        return self._sendable(f"{setting}_file", text)

    def _sendable(self, setting: str, value: str) -> str:
        if not value or not value.isprintable() or not value.isascii():
            raise ConfigError(
                f"{self.where}.{setting}: the value is empty, or holds characters that cannot be sent",
                cure="It should be one line of plain ASCII.",
            )
        return value


def tls_doubts(config: Config) -> tuple[Finding, ...]:
    """Say which components are spoken to without knowing who answers."""
    return tuple(
        Finding(
            "tls_insecure",
            "warning",
            f"{name} was profiled over TLS without checking its certificate: anybody could have answered.",
            subject=name,
            evidence=f"components.{name}.insecure = true",
            cure="Name the certificate authority in ca_file instead.",
        )
        for name, part in config.components.items()
        if part.insecure
    )


def known_secrets(config: Config, variant: VariantConfig, root: Path, words: Sequence[str] = ()) -> tuple[str, ...]:
    """Give every value that no log or message of a run may show.

    These are what services are spoken to with, the values of variables whose names say that they are secrets, and what
    is masked in commands; ``words`` are those of the command line. Raises ConfigError when a secret is not where the
    settings say.
    """
    found = {secret for name, part in config.components.items() for secret in read_access(name, part, root).secrets}
    environments = [os.environ, variant.env, *(part.env for part in config.components.values())]
    commands = [config.load.command, *(part.command for part in config.components.values()), variant.args, words]
    found |= {part for command in commands for part in hidden_parts(command)}
    found |= {value for env in environments for name, value in env.items() if is_telling(name)}
    return tuple(sorted(value for value in found if len(value) >= _SHORTEST))
