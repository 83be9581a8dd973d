"""WeChat's error codes and the reaction to each: the one border where they become our errors."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from exporter.errors import (
    Bug,
    Busy,
    NeedsOperator,
    NotReady,
    QuotaSpent,
    TokenRejected,
    WeChatError,
)
from exporter.reports.body import without

CONSOLE = "in the Mini Program's console (mp.weixin.qq.com)"
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
ADDRESS = re.compile(r"invalid ip ([0-9a-fA-F:.]+)")


@dataclass(frozen=True, slots=True)
class Reaction:
    """The error a code becomes, and what the operator should do about it."""

    error: type[WeChatError]
    advice: str
    report_only: bool = False
    wait_seconds: float = 0.0


_WHITELIST = Reaction(
    NeedsOperator,
    f"put this machine's public IP into the IP whitelist {CONSOLE}, 开发管理 > 开发设置 > IP白名单",
)
_IP_PENDING = Reaction(
    NeedsOperator, "the administrator of the Mini Program must confirm this IP in WeChat"
)
_SECRET = Reaction(
    NeedsOperator, f"the secret is wrong or was reset: copy the AppSecret again {CONSOLE}"
)
_ACCOUNT = Reaction(NeedsOperator, f"the account is limited or closed: see its notices {CONSOLE}")
_AUTHORISATION = Reaction(
    NeedsOperator, "the app must authorise the third-party platform for data analysis again"
)
_PERMISSION = Reaction(
    NeedsOperator,
    f"the app has no permission for this data: check 接口权限 {CONSOLE}",
    report_only=True,
)
_TOKEN = Reaction(
    TokenRejected,
    "the access token was rejected, and a new one as well: does another service fetch tokens "
    "with /cgi-bin/token or force_refresh, or is the token service out of date?",
)
_SLOW_DOWN = Reaction(
    Busy, "WeChat asks for fewer calls a minute: lower api.requests_per_second", wait_seconds=60
)
_BUSY = Reaction(Busy, "WeChat is busy: asked again at the next pass")
_SEALED = f"{CONSOLE}, 开发管理 > 开发设置 > API安全"
_UNSEALED = Reaction(
    NeedsOperator,
    f"API security is switched on {_SEALED}: give its keys to `encryption` of the app",
)
_APPID = Reaction(
    NeedsOperator, "the token is another appid's: check appid, and what the token service gives"
)
_BUG = Reaction(Bug, "this is a fault of the exporter: please report it with this line")
_DATE = Reaction(
    Bug,
    "set this machine's clock if it runs ahead; otherwise this is a fault of the exporter: please "
    "report it with this line",
)
_UNKNOWN = Reaction(Busy, "the exporter does not know this code: asked again at the next pass")

REACTIONS: Mapping[int, Reaction] = MappingProxyType(
    {
        61503: Reaction(
            NotReady, "WeChat publishes between 8 and 15 o'clock Beijing time: asked again later"
        ),
        -1: _BUSY,
        61504: _BUSY,
        45011: _SLOW_DOWN,
        40001: _TOKEN,
        40014: _TOKEN,
        42001: _TOKEN,
        45009: Reaction(
            QuotaSpent,
            "today's calls are used up: asked again after Beijing midnight; the quota can be "
            f"reset {CONSOLE}",
        ),
        40013: Reaction(
            NeedsOperator, "WeChat does not know this appid: correct it in the configuration"
        ),
        40125: _SECRET,
        41004: _SECRET,
        40243: Reaction(NeedsOperator, f"the AppSecret is frozen: unfreeze it {CONSOLE}"),
        40164: _WHITELIST,
        45035: _WHITELIST,
        **dict.fromkeys((89503, 89506, 89507), _IP_PENDING),
        **dict.fromkeys((48001, 48004), _PERMISSION),
        **dict.fromkeys((50002, 50007), _ACCOUNT),
        **dict.fromkeys((61003, 61007, 61023), _AUTHORISATION),
        61502: Reaction(
            NeedsOperator,
            "this is a mini game, which has no data analysis API: remove it from apps",
        ),
        **dict.fromkeys((40230, 40231, 40232, 40233), _UNSEALED),
        40234: Reaction(
            NeedsOperator,
            f"private_key_file is not the key whose public part stands {_SEALED}, or somebody "
            "between changed the call",
        ),
        40235: Reaction(
            NeedsOperator,
            f"symmetric_key_file and symmetric_serial must be key and number as shown {_SEALED}",
        ),
        **dict.fromkeys((40236, 40237), _APPID),
        **dict.fromkeys(
            (40238, 40239),
            Reaction(NeedsOperator, f"WeChat has no key of this app: set both keys {_SEALED}"),
        ),
        40240: Reaction(
            NeedsOperator, "this machine's clock and WeChat's differ: set this machine's clock"
        ),
        **dict.fromkeys((41001, 40002, 40003, 43002, 44002, 47001, 61500), _BUG),
        61501: _DATE,
    }
)

# At the token call 40001 speaks of the secret, there is no token yet that could be wrong.
TOKEN_CALL_REACTIONS: Mapping[int, Reaction] = MappingProxyType({**REACTIONS, 40001: _SECRET})


# What only a person can mend without WeChat having said a number.
OPERATOR_CODES = frozenset({"secret", "certificate", "clock_skew", "encryption"})


def is_for_a_person(code: str) -> bool:
    """Whether time alone does not mend what a report fails with.

    A rejected token is shown only when a new one was rejected too.
    """
    if not code.lstrip("-").isdecimal():
        return code in OPERATOR_CODES
    reaction = REACTIONS.get(int(code))
    return reaction is not None and issubclass(reaction.error, NeedsOperator | TokenRejected | Bug)


def error_in(
    body: Mapping[str, Any],
    reactions: Mapping[int, Reaction] = REACTIONS,
    hidden: Iterable[str] = (),
) -> WeChatError | None:
    """The error a reply carries; None when it carries data. Codes decide, texts only inform.

    WeChat's text is quoted without what is `hidden`.
    """
    code = _errcode(body.get("errcode"))
    if code == 0:
        return None
    told = body.get("errmsg")
    message = without(printable(told), hidden)[:200] if isinstance(told, str) else ""
    reaction = reactions.get(code, _UNKNOWN)
    advice = reaction.advice
    address = ADDRESS.search(message)
    if reaction is _WHITELIST and address:
        advice = advice.replace("this machine's public IP", f"the IP {address[1]}")
    return reaction.error(
        f"errcode {code} ({message}): {advice}",
        code=str(code),
        report_only=reaction.report_only,
        wait_seconds=reaction.wait_seconds,
    )


def _errcode(value: object) -> int:
    """The code as a number: absent means fine, and it may come as text."""
    if value is None:
        return 0
    try:
        return int(str(value)) if isinstance(value, int | str) else -1
    except ValueError:
        return -1


def printable(text: str) -> str:
    """Foreign text for one line of a log or a page: no control characters."""
    return CONTROL_CHARACTERS.sub(" ", text).strip()
