"""WeChat's gateway for apps with API security: sealed requests opened, answers sealed.

Written from the guide, apart from the exporter's own: a mistake made twice would not be found.
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from exporter.simulator.errors import WeChatError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import PSS
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

LATEST_SECONDS = 300
# Header -> what the gateway says where it is missing.
WANTED = {
    "wechatmp-timestamp": 40231,
    "wechatmp-signature": 40232,
    "wechatmp-appid": 40233,
}


@dataclass(frozen=True)
class SimulatedKeys:
    """What the console of an app with API security holds, and WeChat's own keys by number.

    WeChat signs with the first of its keys; the second is the one being replaced.
    """

    symmetric_serial: str
    symmetric: bytes = field(repr=False)
    public: "RSAPublicKey"
    platform: Mapping[str, "RSAPrivateKey"] = field(repr=False)


class Arrived(NamedTuple):
    """A request's URL without query, its headers in lower case, and its body."""

    url: str
    headers: Mapping[str, str]
    payload: bytes


def opened(keys: SimulatedKeys, appid: str, arrived: Arrived, now: datetime) -> bytes:
    """The plain request. Raises WeChatError with what the gateway says of a wrong one."""
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256

    for name, code in WANTED.items():
        if name not in arrived.headers:
            raise WeChatError(code)
    if arrived.headers["wechatmp-appid"] != appid:
        raise WeChatError(40237)
    stamp = arrived.headers["wechatmp-timestamp"]
    if abs(now.timestamp() - int(stamp)) > LATEST_SECONDS:
        raise WeChatError(40240)
    signed = "\n".join([arrived.url, appid, stamp, arrived.payload.decode()])
    try:
        signature = base64.b64decode(arrived.headers["wechatmp-signature"])
        keys.public.verify(signature, signed.encode(), _pss(), SHA256())
    except (InvalidSignature, ValueError):
        raise WeChatError(40234) from None
    aad = "|".join([arrived.url, appid, stamp, keys.symmetric_serial])
    try:
        parts = {name: base64.b64decode(text) for name, text in json.loads(arrived.payload).items()}
        plain = AESGCM(keys.symmetric).decrypt(
            parts["iv"], parts["data"] + parts["authtag"], aad.encode()
        )
        content = json.loads(plain)
        good = content["_appid"] == appid and content["_timestamp"] == int(stamp) and content["_n"]
    except (InvalidTag, ValueError, KeyError, TypeError, AttributeError):
        raise WeChatError(40235) from None
    if not good or "access_token" in content:
        raise WeChatError(40235)
    return json.dumps({k: v for k, v in content.items() if not k.startswith("_")}).encode()


def sealed(
    keys: SimulatedKeys, appid: str, url: str, content: bytes, now: datetime
) -> tuple[bytes, dict[str, str]]:
    """An answer as WeChat sends it to such an app: its bytes, and the headers that sign them."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256

    stamp = int(now.timestamp())
    added = {"_n": _text(os.urandom(16)), "_appid": appid, "_timestamp": stamp}
    plain = json.dumps({**added, **json.loads(content)}, ensure_ascii=False).encode()
    iv = os.urandom(12)
    aad = "|".join([url, appid, str(stamp), keys.symmetric_serial])
    secret = AESGCM(keys.symmetric).encrypt(iv, plain, aad.encode())
    parts = {"iv": iv, "data": secret[:-16], "authtag": secret[-16:]}
    body = json.dumps({name: _text(part) for name, part in parts.items()}).encode()
    signed = "\n".join([url, appid, str(stamp), body.decode()]).encode()
    headers = {"Wechatmp-Appid": appid, "Wechatmp-TimeStamp": str(stamp)}
    for (serial, key), ending in zip(keys.platform.items(), ("", "-Deprecated"), strict=False):
        headers[f"Wechatmp-Serial{ending}"] = serial
        headers[f"Wechatmp-Signature{ending}"] = _text(key.sign(signed, _pss(), SHA256()))
    return body, headers


def tampered(body: bytes) -> bytes:
    """A sealed answer with one letter of its data changed."""
    place = body.index(b'"data": "') + len(b'"data": "')
    return body[:place] + (b"B" if body[place] == ord("A") else b"A") + body[place + 1 :]


def _text(part: bytes) -> str:
    return base64.b64encode(part).decode()


def _pss() -> "PSS":
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
    from cryptography.hazmat.primitives.hashes import SHA256

    return PSS(MGF1(SHA256()), 32)
