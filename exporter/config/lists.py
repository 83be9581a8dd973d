"""Apps that other files and services name: where those lists are, and what their apps share."""

import re
from typing import Annotated, Any

from pydantic import Field, SecretStr, model_validator

from exporter.config.section import Labels, ReportNames, SecretCommand, SecretUrl, Section, Text

PLACEHOLDER = re.compile(r"\{(\w*)\}")
FILLED_IN = ("appid", "name")
# An AppSecret belongs to one appid: it cannot be shared.
SHARED_SOURCES = ("secret_file", "secret_env", "token_file", "token_url", "token_command")


class AppUrl(Section):
    """A JSON list of apps over HTTP, and how its server is told who asks."""

    url: SecretUrl
    refresh_seconds: Annotated[float, Field(ge=1, le=86_400, allow_inf_nan=False, strict=True)] = 60
    timeout_seconds: Annotated[float, Field(gt=0, le=300, allow_inf_nan=False, strict=True)] = 10
    bearer_token_file: Text | None = None
    username: Text | None = None
    password_file: Text | None = None
    ca_file: Text | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> "AppUrl":
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file belong together")
        if self.username and self.bearer_token_file:
            raise ValueError("has bearer_token_file and username; give one of them")
        host = self.url.get_secret_value().partition("://")[2].partition("/")[0]
        if "@" in host:
            raise ValueError("url takes no password: use username and password_file")
        return self


class Defaults(Section):
    """What apps have in common; an app's own keys win. {appid} and {name} are filled in."""

    secret_file: Text | None = None
    secret_env: Text | None = None
    token_file: Text | None = None
    token_url: SecretUrl | None = None
    token_command: SecretCommand | None = None
    reports: ReportNames | None = None
    labels: Labels = Field(default_factory=dict)

    @model_validator(mode="after")
    def _well_formed(self) -> "Defaults":
        given = [key for key in SHARED_SOURCES if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"has {' and '.join(given)}; give one of them at most")
        texts = {key: _revealed(getattr(self, key)) for key in given}
        texts |= {f"labels.{name}": value for name, value in self.labels.items()}
        for key, text in texts.items():
            for name in PLACEHOLDER.findall(text):
                if name not in FILLED_IN:
                    raise ValueError(
                        f"{key} has {{{name}}}, but only {{appid}} and {{name}} are filled in"
                    )
        return self

    def shared_by(self, appid: str, name: str) -> tuple[dict[str, Any], dict[str, str]]:
        """As they are for an app: the source of its secret or token, if one is given; labels."""

        def filled(text: str) -> str:
            return text.replace("{appid}", appid).replace("{name}", name)

        source: dict[str, Any] = {}
        for key in SHARED_SOURCES:
            value = getattr(self, key)
            if isinstance(value, SecretStr):
                source[key] = SecretStr(filled(value.get_secret_value()))
            elif value is not None:
                source[key] = filled(value)
        return source, {label: filled(value) for label, value in self.labels.items()}


def _revealed(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
