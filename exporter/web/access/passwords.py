"""Whether a password is right: checked in a thread, remembered in a form that is no password."""

import asyncio
import hashlib
import hmac
import secrets
from collections import Counter

import anyio.to_thread
import bcrypt

# A check takes some 60 ms of a processor. What is remembered waits for none of them.
CHECKS_AT_ONCE = 32
# One client takes so much of what the others leave: a flood, from some addresses even, has room
# for the first scrape from elsewhere.
SHARE = 1 / 4
# bcrypt looks at no more.
PASSWORD_BYTES = 72


class TooManyChecks(Exception):
    """Others' passwords are being checked: ask again."""


class Passwords:
    """The users of one port."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._right: set[bytes] = set()
        self._checks: dict[bytes, asyncio.Task[bool]] = {}
        self._by_client: Counter[str] = Counter()
        self._limiter = anyio.CapacityLimiter(1)

    async def right(
        self, users: dict[bytes, bytes], user: bytes, password: bytes, client: str
    ) -> bool:
        """Whether one of `users`, name -> bcrypt hash, has that password. Raises TooManyChecks.

        A user that does not exist takes as long as one that does.
        """
        password = password[:PASSWORD_BYTES]
        known = user in users
        hashed = users[user] if known else max(users.values(), key=_cost)
        digest = self._digest(user, password, hashed)
        if digest in self._right:
            return True
        check = self._checks.get(digest)
        if check is None:
            own = self._by_client[client]
            others = len(self._checks) - own
            if own >= (CHECKS_AT_ONCE - others) * SHARE:
                raise TooManyChecks
            check = asyncio.create_task(self._check(digest, password, hashed, known))
            self._checks[digest] = check
            self._by_client[client] += 1
            check.add_done_callback(lambda _: self._over(digest, client))
        # Whoever asked may leave; others can wait for the same check.
        return await asyncio.shield(check)

    async def _check(self, digest: bytes, password: bytes, hashed: bytes, known: bool) -> bool:
        right = await anyio.to_thread.run_sync(_matches, password, hashed, limiter=self._limiter)
        if right and known:
            self._right.add(digest)
        return right and known

    def _over(self, digest: bytes, client: str) -> None:
        del self._checks[digest]
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]

    def _digest(self, user: bytes, password: bytes, hashed: bytes) -> bytes:
        """What is remembered; with the hash, so that another one in the file forgets it."""
        parts = (b"%d:%s" % (len(part), part) for part in (user, password, hashed))
        return hmac.new(self._key, b"".join(parts), hashlib.sha256).digest()


def _matches(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password, hashed)
    except ValueError:  # a NUL in the password
        return False


def _cost(hashed: bytes) -> bytes:
    return hashed[4:6]
