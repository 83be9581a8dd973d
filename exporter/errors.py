"""Every error this program raises on purpose, named for the reaction to it.

ExporterError
├── ConfigError            refuse the file; the running configuration stays
├── ArchiveError           stop writing; go on serving what is known
├── ListenError            do not start: the address is taken or not ours
├── PublishError           keep the series that are shown; our own mistake
├── Unreadable             do not use a reply's text: no JSON, or about another period
└── WeChatError            an answer that is no data; has `code` and `report_only`
    ├── NotReady           ask again later today; keep what is shown
    ├── Busy               back off and retry, then leave it to the next pass
    │   └── Waiting        somebody asks for all and has told it: leave it to the next pass
    ├── TokenRejected      fetch a new token once, repeat once
    ├── QuotaSpent         stop this app until the next Beijing midnight
    ├── NeedsOperator      stop; say what a person has to do; look again slowly
    └── Bug                our request is wrong: never repeat the same one
"""

import errno
import ssl
from collections.abc import Sequence

LISTEN_HINTS = {
    errno.EADDRINUSE: "is an exporter running there already?",
    errno.EACCES: "may this user open a port below 1024?",
}


def certificate_refusal(error: BaseException) -> str:
    """Why a certificate was not accepted; empty where that is not what an exception is about."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return found.verify_message.rstrip(".")
        if isinstance(found, ssl.SSLError) and found.reason == "NO_CERTIFICATE_OR_CRL_FOUND":
            return "the file of authorities holds none in PEM"
        # What requests says before it connects.
        if isinstance(found, OSError) and "CA certificate bundle" in str(found):
            return "the file of authorities is not there"
        found = found.__context__
    return ""


class ExporterError(Exception):
    """Base of all errors raised on purpose. Its text is meant for the operator."""


class ConfigError(ExporterError):
    """The configuration cannot be used. `faults` holds one line for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class ArchiveError(ExporterError):
    """The archive cannot be opened, read or written."""


class ListenError(ExporterError):
    """An address cannot be listened on."""

    @classmethod
    def at(cls, address: str, error: OSError, option: str) -> "ListenError":
        """The error for what the system says of an address; `option` names another one."""
        reason = str(error.strerror).partition(" (while attempting")[0]
        hint = LISTEN_HINTS.get(error.errno or 0, "is that an address of this machine?")
        return cls(f"cannot listen on {address} ({reason}): {hint} {option} names another address")


class PublishError(ExporterError):
    """Samples that would make an illegal exposition: wrong labels, or a series twice."""


class Unreadable(ExporterError):
    """The text of a reply is no JSON object, or describes another period than was asked for."""


class WeChatError(ExporterError):
    """WeChat, or the way to it, gave something else than data.

    `code` is the errcode as text, or `timeout`, `connection`, `http_<status>`, `malformed`:
    the value of the label `code` of wxa_exporter_api_requests_total.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        report_only: bool = False,
        wait_seconds: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.report_only = report_only
        self.wait_seconds = wait_seconds


class NotReady(WeChatError):
    """The period is not computed yet: ask again later today."""


class Busy(WeChatError):
    """A passing fault: retry after `wait_seconds` at least, then leave it to the next pass."""


class Waiting(Busy):
    """A token service is out of order, which is told and watched for all of its apps."""

    CODE = "token_service"

    def __init__(self, message: str) -> None:
        super().__init__(message, code=self.CODE)


class TokenRejected(WeChatError):
    """The access token is invalid or expired: fetch a new one once and repeat once."""


class QuotaSpent(WeChatError):
    """The daily quota of this app is used up: nothing succeeds before Beijing midnight."""


class NeedsOperator(WeChatError):
    """Only a person can help. With `report_only`, other reports of the app may still succeed."""


class Bug(WeChatError):
    """WeChat calls our request wrong: the same request never succeeds."""
