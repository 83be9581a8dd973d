"""What the configuration file may say: frozen models; every default stands here and only here."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
)

from exporter.config.archive_url import check as check_archive_url
from exporter.config.crontab import check as check_crontab
from exporter.config.encryption import Encryption
from exporter.config.lists import SHARED_SOURCES, AppUrl, Defaults
from exporter.config.section import (
    LONGEST_LABEL,
    MOST_LABELS,
    AppSecret,
    Labels,
    ReportNames,
    SecretCommand,
    SecretUrl,
    Section,
    Text,
    check_port,
)
from exporter.days import open_calendar
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME, REPORTS

Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_.-]+$", max_length=100, strict=True)]
HttpUrl = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s/?#]+[^\s?#]*$", strict=True),
    AfterValidator(check_port),
]


DEFAULT_REPORTS = tuple(name for name, report in BY_NAME.items() if report.by_default)

SOURCES = ("secret", "secret_file", "secret_env", "token_file", "token_url", "token_command")


class App(Section):
    """One Mini Program, and where its access token comes from: exactly one of SOURCES."""

    name: Name
    appid: Annotated[
        str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]+$", max_length=64, strict=True)
    ]
    secret: AppSecret | None = None
    secret_file: Text | None = None
    secret_env: Text | None = None
    token_file: Text | None = None
    token_url: SecretUrl | None = None
    token_command: SecretCommand | None = None
    encryption: Encryption | None = None
    reports: ReportNames | None = None
    labels: Labels = Field(default_factory=dict)


class Collect(Section):
    """When to look, and how hard."""

    schedule: str = "*/30 8-23 * * *"
    catch_up_days: Annotated[int, Field(ge=1, le=60, strict=True)] = 7
    concurrency: Annotated[int, Field(ge=1, le=64, strict=True)] = 8
    reports: ReportNames | None = None

    @field_validator("schedule")
    @classmethod
    def _crontab(cls, value: str) -> str:
        check_crontab(value)
        return value


class TokenKind(StrEnum):
    """Which token call is used where a secret is configured."""

    STABLE = "stable"
    CLASSIC = "classic"


class Api(Section):
    """How WeChat is reached."""

    base_url: HttpUrl = "https://api.weixin.qq.com"
    timeout_seconds: Annotated[float, Field(gt=0, le=300, allow_inf_nan=False, strict=True)] = 10
    requests_per_second: Annotated[
        float, Field(gt=0, le=10_000, allow_inf_nan=False, strict=True)
    ] = 20
    token: TokenKind = TokenKind.STABLE
    proxy: SecretStr | None = None

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://; SOCKS is not supported")
        if value:
            check_port(value.get_secret_value())
        return value


class Archive(Section):
    """Where replies are kept."""

    url: SecretStr = SecretStr("sqlite:///wxa-exporter.db")

    @field_validator("url")
    @classmethod
    def _database(cls, value: SecretStr) -> SecretStr:
        check_archive_url(value.get_secret_value())
        return value


class Pages(Section):
    """The report visit_page."""

    limit: Annotated[int, Field(ge=1, le=200, strict=True)] = 200


class Portrait(Section):
    """The reports user_portrait_…: how many cities, and how many devices, of each."""

    limit: Annotated[int, Field(ge=1, le=1000, strict=True)] = 20


class CalendarDays(Section):
    """Kinds of days, beside the official ones."""

    file: Text | None = None

    @field_validator("file")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        open_calendar(value)
        return value


class History(Section):
    """Dated samples."""

    max_age_days: Annotated[int, Field(ge=1, le=3650, strict=True)] = 35


def listen_address(value: str) -> tuple[str, int]:
    """Host (empty for all interfaces) and port of `:10868`, `127.0.0.1:10868` or `[::1]:10868`."""
    host, colon, port = value.rpartition(":")
    if not colon or "/" in host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("must look like :10868, 127.0.0.1:10868 or [::1]:10868")
    if host.startswith("[") != host.endswith("]") or (":" in host and not host.startswith("[")):
        raise ValueError("an IPv6 address stands in brackets: [::1]:10868")
    return host.strip("[]"), int(port)


class Web(Section):
    """Where the exporter is scraped."""

    listen_address: str = ":10868"
    config_file: Text | None = None

    @field_validator("listen_address")
    @classmethod
    def _address(cls, value: str) -> str:
        listen_address(value)
        return value


class Config(Section):
    """The whole file. Raises nothing for faults between keys: `faults_between` tells those."""

    apps: tuple[App, ...] = ()
    app_files: tuple[Text, ...] = ()
    app_urls: tuple[AppUrl, ...] = ()
    defaults: Defaults = Defaults()
    collect: Collect = Collect()
    api: Api = Api()
    archive: Archive = Archive()
    pages: Pages = Pages()
    portrait: Portrait = Portrait()
    calendar: CalendarDays = CalendarDays()
    history: History = History()
    web: Web = Web()

    @property
    def limits(self) -> dict[str, int]:
        """How many values of a label are kept, by the label's name."""
        return {
            "page": self.pages.limit, "city": self.portrait.limit, "device": self.portrait.limit
        }  # fmt: skip

    def reports_of(self, app: App) -> tuple[Report, ...]:
        """The reports collected for an app, in the order of the table."""
        wanted = app.reports or self.collect.reports or DEFAULT_REPORTS
        return tuple(report for report in REPORTS if report.name in wanted)


def completed(app: App, defaults: Defaults) -> App:
    """The app with what it has in common with others, where it says nothing itself."""
    source, labels = defaults.shared_by(app.appid, app.name)
    shared: dict[str, Any] = {"labels": labels | app.labels} if labels else {}
    if all(getattr(app, name) is None for name in SOURCES):
        shared |= source
    if app.reports is None and defaults.reports:
        shared["reports"] = defaults.reports
    return app.model_copy(update=shared) if shared else app


def labels_fault(app: App) -> str | None:
    """What is wrong with a completed app's labels, each of which was good by itself."""
    if len(app.labels) > MOST_LABELS:
        found = f"{len(app.labels)} together with those of defaults"
        return f"labels: {found}; may have {MOST_LABELS} entries at most"
    for name, value in app.labels.items():
        if len(value) > LONGEST_LABEL:
            found = f"{len(value)} characters once filled in"
            return f"labels.{name}: {found}; must have {LONGEST_LABEL} at most"
    return None


def source_fault(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> str | None:
    """What is wrong with where a raw entry's secret or token comes from."""
    given = [name for name in SOURCES if entry.get(name) is not None]
    if len(given) == 1 or (not given and any(defaults.get(name) for name in SHARED_SOURCES)):
        return None
    said = f"has {' and '.join(given)}" if given else "has no secret and no token"
    return f"{said}; give exactly one of {', '.join(SOURCES)}"


def faults_between(content: dict[str, Any]) -> Iterator[str]:
    """Faults that no key has by itself, told from the raw file, also beside other faults."""
    if "apps" not in content and not content.get("app_files") and not content.get("app_urls"):
        yield "apps: is missing; name apps here, or lists of them in app_files or app_urls"
    entries, defaults = content.get("apps"), content.get("defaults")
    apps = (
        [(position, app) for position, app in enumerate(entries) if isinstance(app, dict)]
        if isinstance(entries, list)
        else []
    )
    if entries == [] and not content.get("app_files") and not content.get("app_urls"):
        yield "apps: needs at least one entry"
    for position, app in apps:
        said = source_fault(app, defaults if isinstance(defaults, dict) else {})
        if said:
            yield f"apps[{position}]: {said}"
    for key in ("name", "appid"):
        seen: set[str] = set()
        for position, app in apps:
            value = app.get(key)
            if not isinstance(value, str):  # told by its own key
                continue
            if value in seen:
                yield f"apps[{position}].{key}: another app has {value!r}; each needs its own"
            seen.add(value)
