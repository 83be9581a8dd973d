"""WeChat's API security: calls encrypted and signed, replies verified and decrypted.

Encrypted with AES-256-GCM first, then what goes out is signed with RSA-PSS: see the guide
"API 安全" of WeChat's server documentation. The library `cryptography` does the arithmetic.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from exporter.clock import Clock
from exporter.config.encryption import Keys
from exporter.errors import Busy, NeedsOperator, Unreadable
from exporter.reports.body import Body, decode
from exporter.wechat.replies import CONSOLE, error_in

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import PSS

# WeChat's own example refuses a reply that is older.
CLOCK_SKEW_SECONDS = 300
IV_BYTES, NONCE_BYTES, SALT_BYTES = 12, 16, 32
# What the two sides add to the plain text; no data.
ADDED = ("_n", "_appid", "_timestamp")

log = structlog.get_logger()


class Sealed(NamedTuple):
    """A request as it is sent: its exact bytes, and the headers that sign them."""

    body: bytes
    headers: dict[str, str]


class Seal:
    """Seals the calls of one app, and opens what WeChat sealed in return."""

    def __init__(
        self,
        app: str,
        appid: str,
        keys: Keys,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._app = app
        self._appid = appid
        self._keys = keys
        self._clock = clock
        self._random = random
        self._told: set[str] = set()

    def seal(self, url: str, content: Mapping[str, Any]) -> Sealed:
        """A request to a URL, without its query, as WeChat wants it."""
        timestamp = int(self._clock.now().timestamp())
        nonce = base64.b64encode(self._random(NONCE_BYTES)).decode().rstrip("=")
        plain = {"_n": nonce, "_appid": self._appid, "_timestamp": timestamp, **content}
        body = encrypted(
            self._keys.symmetric,
            self._aad(url, timestamp),
            json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode(),
            self._random(IV_BYTES),
        )
        signed = signed_bytes(url, self._appid, timestamp, body)
        return Sealed(
            body,
            {
                "Content-Type": "application/json",
                "Wechatmp-Appid": self._appid,
                "Wechatmp-TimeStamp": str(timestamp),
                "Wechatmp-Serial": self._keys.private_serial,
                "Wechatmp-Signature": self._signature(signed),
            },
        )

    def open(self, url: str, headers: Mapping[str, str], text: str) -> str:
        """The plain text of a reply. A plain error of WeChat's gateway is given as it came.

        Raises WeChatError for a reply that is not verified, which is of no use.
        """
        body = _object(text)
        if body is None:
            # A proxy's page: whoever reads it finds the words.
            return text
        if "Wechatmp-Signature" not in headers:
            if error_in(body) is not None:
                return text
            raise _not_verified("it is neither signed nor encrypted")
        timestamp = self._stamped(headers)
        self._verify(headers, signed_bytes(url, self._appid, timestamp, text.encode()))
        plain = _object(decrypted(self._keys.symmetric, self._aad(url, timestamp), body))
        if plain is None or plain.get("_appid") != self._appid:
            raise _not_verified("what it holds is not about this appid")
        return json.dumps({k: v for k, v in plain.items() if k not in ADDED}, ensure_ascii=False)

    def _aad(self, url: str, timestamp: int) -> bytes:
        return f"{url}|{self._appid}|{timestamp}|{self._keys.symmetric_serial}".encode()

    def _signature(self, signed: bytes) -> str:
        from cryptography.hazmat.primitives.hashes import SHA256

        return base64.b64encode(self._keys.private.sign(signed, _pss(), SHA256())).decode()

    def _stamped(self, headers: Mapping[str, str]) -> int:
        """When WeChat sent a reply; far from our time it may be an old one, sent once more."""
        if headers.get("Wechatmp-Appid") != self._appid:
            raise _not_verified("it is signed for another appid")
        try:
            timestamp = int(headers.get("Wechatmp-TimeStamp", ""))
        except ValueError:
            raise _not_verified("it has no time stamp") from None
        late = int(self._clock.now().timestamp()) - timestamp
        if abs(late) > CLOCK_SKEW_SECONDS:
            raise NeedsOperator(
                f"WeChat's reply is stamped {abs(late)} s {'before' if late > 0 else 'after'} this "
                f"machine's time and was not used: set this machine's clock, {CLOCK_SKEW_SECONDS} "
                "s are allowed",
                code="clock_skew",
            )
        return timestamp

    def _verify(self, headers: Mapping[str, str], signed: bytes) -> None:
        """Raise WeChatError unless a platform certificate that is configured signed it."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.hashes import SHA256

        serial, ending = headers.get("Wechatmp-Serial", ""), ""
        old = headers.get("Wechatmp-Serial-Deprecated", "")
        if serial not in self._keys.platform and old in self._keys.platform:
            self._tell_replaced(serial, old)
            ending = "-Deprecated"
        key = self._keys.platform.get(old if ending else serial)
        if key is None:
            raise NeedsOperator(
                f"WeChat signs its replies with platform certificate {serial[:64]!r}, which is not "
                f"among encryption.platform_certificate_files: download it {CONSOLE}, 开发设置 > "
                "API安全, and add it under this number",
                code="certificate",
            )
        try:
            signature = base64.b64decode(headers.get(f"Wechatmp-Signature{ending}", ""))
            key.verify(signature, signed, _pss(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            raise _not_verified("its signature is wrong") from None

    def _tell_replaced(self, serial: str, old: str) -> None:
        """Once for each new certificate: the old one serves for a while only."""
        if serial not in self._told:
            self._told.add(serial)
            log.warning(
                "platform certificate is being replaced", app=self._app, old=old, new=serial[:64],
                consequence="download the new one and add it to platform_certificate_files before "
                "WeChat stops signing with the old one: then no reply can be verified",
            )  # fmt: skip


def signed_bytes(url: str, appid: str, timestamp: int, body: bytes) -> bytes:
    """What a signature is about. Four lines: with a key's number in a fifth WeChat says 40234."""
    return f"{url}\n{appid}\n{timestamp}\n".encode() + body


def encrypted(key: bytes, aad: bytes, plain: bytes, iv: bytes) -> bytes:
    """The JSON object that carries an encrypted text."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    secret = AESGCM(key).encrypt(iv, plain, aad)
    parts = {"iv": iv, "data": secret[:-16], "authtag": secret[-16:]}
    envelope = {name: base64.b64encode(part).decode() for name, part in parts.items()}
    return json.dumps(envelope, separators=(",", ":")).encode()


def decrypted(key: bytes, aad: bytes, envelope: Mapping[str, Any]) -> str:
    """The text in such an object. Raises WeChatError when it is none, or of another key."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        iv, data, tag = (
            base64.b64decode(envelope[name], validate=True) for name in ("iv", "data", "authtag")
        )
        return AESGCM(key).decrypt(iv, data + tag, aad).decode()
    except (KeyError, TypeError, ValueError):
        raise _not_verified("it is signed but not encrypted") from None
    except InvalidTag:
        raise NeedsOperator(
            "WeChat's reply cannot be decrypted: symmetric_key_file and symmetric_serial must be "
            f"the key and the number shown {CONSOLE}, 开发设置 > API安全",
            code="encryption",
        ) from None


def _pss() -> "PSS":
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
    from cryptography.hazmat.primitives.hashes import SHA256

    return PSS(MGF1(SHA256()), SALT_BYTES)


def _object(text: str) -> Body | None:
    """The JSON object in a text, if it is one."""
    try:
        return decode(text)
    except Unreadable:
        return None


def _not_verified(why: str) -> Busy:
    return Busy(
        f"the reply cannot be WeChat's, {why}: not used. Somebody between may change replies, or "
        "encryption.platform_certificate_files holds another certificate under this number",
        code="not_verified",
    )
