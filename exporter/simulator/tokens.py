"""Access tokens with WeChat's rules: two isolated kinds, one current token of each per app."""

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from exporter.periods import beijing_day
from exporter.simulator.errors import WeChatError

LIFE = timedelta(seconds=7200)
GRACE = timedelta(minutes=5)
FORCED_APART = timedelta(seconds=30)
FORCED_A_DAY = 20
CLASSIC_A_DAY = 2000


@dataclass(slots=True)
class Token:
    """A token that was given out, and until when it is good."""

    value: str
    appid: str
    expires: datetime
    revoked: datetime | None = None

    def seconds_left(self, moment: datetime) -> int:
        """The whole seconds until it expires by itself."""
        return int((self.expires - moment).total_seconds())


def token_value(appid: str, kind: str, number: int) -> str:
    """The text of an app's token, random-looking and the same in every process."""
    digests = (hashlib.sha512(f"{appid}:{kind}:{number}:{part}".encode()) for part in range(2))
    text = base64.urlsafe_b64encode(b"".join(digest.digest() for digest in digests)).decode()
    return f"{50 + number % 50}_{text.rstrip('=')}"


class TokenDesk:
    """Gives out tokens and knows which ones are good."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._given: dict[str, Token] = {}
        self._current: dict[tuple[str, str], Token] = {}
        self._issued: Counter[tuple[str, str]] = Counter()
        self._asked_today: Counter[tuple[object, ...]] = Counter()
        self._forced: dict[str, datetime] = {}

    def classic(self, appid: str, moment: datetime) -> Token:
        """A new token of `/cgi-bin/token`; the one before it dies five minutes later."""
        with self._lock:
            self._count_today(appid, "token", moment, CLASSIC_A_DAY)
            previous = self._current.get((appid, "token"))
            if previous is not None:
                previous.revoked = moment + GRACE
            return self._issue(appid, "token", moment)

    def stable(self, appid: str, moment: datetime, *, force_refresh: bool) -> Token:
        """The token of `/cgi-bin/stable_token`: the same until its last five minutes."""
        with self._lock:
            if force_refresh:
                return self._forced_token(appid, moment)
            current = self._current.get((appid, "stable_token"))
            if current is not None and current.expires - moment > GRACE:
                return current
            return self._issue(appid, "stable_token", moment)

    def check(self, value: str, moment: datetime) -> str:
        """The appid of a good token. Raises WeChatError for any other."""
        token = self._given.get(value)
        if token is None or (token.revoked is not None and moment >= token.revoked):
            raise WeChatError(40001)
        if moment >= token.expires:
            raise WeChatError(42001)
        return token.appid

    def owner(self, value: str) -> str:
        """The appid that a token was made for, good or not; empty when it is unknown."""
        token = self._given.get(value)
        return "" if token is None else token.appid

    def _forced_token(self, appid: str, moment: datetime) -> Token:
        last = self._forced.get(appid)
        if last is not None and moment - last < FORCED_APART:
            raise WeChatError(45011)
        self._count_today(appid, "stable_token", moment, FORCED_A_DAY)
        self._forced[appid] = moment
        previous = self._current.get((appid, "stable_token"))
        if previous is not None:
            previous.revoked = moment
        return self._issue(appid, "stable_token", moment)

    def _count_today(self, appid: str, kind: str, moment: datetime, limit: int) -> None:
        today = (appid, kind, beijing_day(moment))
        if self._asked_today[today] >= limit:
            raise WeChatError(45009)
        self._asked_today[today] += 1

    def _issue(self, appid: str, kind: str, moment: datetime) -> Token:
        self._issued[appid, kind] += 1
        value = token_value(appid, kind, self._issued[appid, kind])
        token = Token(value, appid, moment + LIFE)
        self._given[value] = token
        self._current[appid, kind] = token
        return token
