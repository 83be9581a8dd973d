"""What the web configuration file may say, as in exporter-toolkit's docs/web-configuration.md."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from exporter.config.section import Section

CLIENT_AUTH_TYPES = ("NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert")
# Ask for a certificate and believe it unseen: Python's ssl cannot.
UNVERIFIED_AUTH_TYPES = ("RequestClientCert", "RequireClientCert", "RequireAnyClientCert")
TLS_VERSIONS = ("TLS10", "TLS11", "TLS12", "TLS13")
# None: any text. As exporter-toolkit has them.
HEADERS: dict[str, tuple[str, ...] | None] = {
    "Strict-Transport-Security": None,
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": None,
    "Content-Security-Policy": None,
}
BCRYPT_HASH = re.compile(r"\$2[abxy]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
DURATION = re.compile(r"(?:(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+")
UNIT_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def _version(name: str) -> str:
    if name not in TLS_VERSIONS:
        raise ValueError(f"unknown TLS version; there are {', '.join(TLS_VERSIONS)}")
    return name


def seconds(duration: str) -> float:
    """A duration as Go writes it, like 1m30s. Raises ValueError."""
    if duration in ("0", ""):
        return 0.0
    if not DURATION.fullmatch(duration):
        raise ValueError("must be a duration like 500ms, 1s or 1m30s")
    parts = re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", duration)
    return sum(float(number) * UNIT_SECONDS[unit] for number, unit in parts)


def _duration(text: str) -> str:
    seconds(text)
    return text


Version = Annotated[str, AfterValidator(_version)]


class Tls(Section):
    """`tls_server_config`. An empty text means that the key is not given."""

    cert: str = ""
    cert_file: str = ""
    key: SecretStr = SecretStr("")
    key_file: str = ""
    client_ca: str = ""
    client_ca_file: str = ""
    client_auth_type: str = ""
    client_allowed_sans: tuple[str, ...] = ()
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: tuple[str, ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: tuple[str, ...] = ()

    @field_validator("client_auth_type")
    @classmethod
    def _possible(cls, kind: str) -> str:
        if kind in UNVERIFIED_AUTH_TYPES:
            raise ValueError(
                f"{kind} takes certificates that nobody verified, which is not supported; "
                "use RequireAndVerifyClientCert"
            )
        if kind and kind not in CLIENT_AUTH_TYPES:
            raise ValueError(f"must be one of {', '.join(CLIENT_AUTH_TYPES)}")
        return kind

    @property
    def verifies(self) -> bool:
        """Whether certificates of clients are looked at."""
        return self.client_auth_type not in ("", "NoClientCert")

    @model_validator(mode="after")
    def _whole(self) -> "Tls":
        if not (self.cert or self.cert_file):
            raise ValueError("missing one of cert or cert_file")
        if not (self.key.get_secret_value() or self.key_file):
            raise ValueError("missing one of key or key_file")
        if (self.client_ca or self.client_ca_file) and not self.verifies:
            raise ValueError(
                "client_ca is given without a client_auth_type: name RequireAndVerifyClientCert"
            )
        if self.client_allowed_sans and not self.verifies:
            raise ValueError(
                "client_allowed_sans needs client_auth_type RequireAndVerifyClientCert"
            )
        return self


class Http(Section):
    """`http_server_config`."""

    http2: bool = False
    headers: dict[str, str] = Field(default_factory=dict)

    @field_validator("http2")
    @classmethod
    def _no_http2(cls, wanted: bool) -> bool:
        if wanted:
            raise ValueError("HTTP/2 is not supported; leave the key out or write false")
        return wanted

    @field_validator("headers")
    @classmethod
    def _allowed(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if name not in HEADERS:
                raise ValueError(
                    f"HTTP header {name[:40]!r} can not be configured; these can: "
                    f"{', '.join(HEADERS)}"
                )
            values = HEADERS[name]
            if values and value and value not in values:
                raise ValueError(f"invalid value for {name}; it can be {' or '.join(values)}")
            if not value.isprintable() or not value.isascii():
                raise ValueError(f"{name} must be one line of ASCII")
        return headers


class RateLimit(Section):
    """`rate_limit`: one request each `interval`, and `burst` at once. Interval 0: no limit."""

    interval: Annotated[str, AfterValidator(_duration)] = "0s"
    burst: Annotated[int, Field(ge=0)] = 0


class WebConfig(Section):
    """The whole file."""

    tls_server_config: Tls | None = None
    http_server_config: Http = Http()
    basic_auth_users: dict[str, SecretStr] = Field(default_factory=dict)
    rate_limit: RateLimit = RateLimit()

    @field_validator("basic_auth_users")
    @classmethod
    def _hashed(cls, users: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for user, hashed in users.items():
            if not BCRYPT_HASH.fullmatch(hashed.get_secret_value()):
                raise ValueError(
                    f"the password of {user[:40]!r} is no bcrypt hash; htpasswd -nBC 10 makes one"
                )
        return users
