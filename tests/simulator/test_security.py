"""The look-alike's gateway for apps with API security, held to the guide's own request."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exporter.simulator import SimulatedKeys
from exporter.simulator.errors import WeChatError
from exporter.simulator.security import Arrived, opened
from tests.support import ROOT

VECTORS: dict[str, Any] = json.loads(
    (ROOT / "tests" / "fixtures" / "api_security_vectors.json").read_text("utf-8")
)
REQUEST, APPID = VECTORS["request"], VECTORS["appid"]
SENT = datetime.fromtimestamp(REQUEST["timestamp"], UTC)
HEADERS = {
    "wechatmp-appid": APPID,
    "wechatmp-timestamp": str(REQUEST["timestamp"]),
    "wechatmp-signature": REQUEST["signature_pss_example_b64"],
}


@pytest.fixture(scope="module")
def keys() -> SimulatedKeys:
    private = load_pem_private_key(VECTORS["asymmetric"]["private_key_pem"].encode(), None)
    symmetric = base64.b64decode(VECTORS["symmetric"]["key_b64"])
    public: Any = private.public_key()
    return SimulatedKeys(VECTORS["symmetric"]["sn"], symmetric, public, {})


def arrived(body: str = REQUEST["body"], **changes: str | None) -> Arrived:
    told = HEADERS | {f"wechatmp-{name}": text for name, text in changes.items()}
    left = {name: text for name, text in told.items() if text is not None}
    return Arrived(VECTORS["urlpath"], left, body.encode())


def test_the_guide_s_request_is_opened_without_what_sealing_added(keys: SimulatedKeys) -> None:
    plain = json.loads(opened(keys, APPID, arrived(), SENT))
    told = json.loads(REQUEST["plaintext"])
    assert plain == {name: value for name, value in told.items() if not name.startswith("_")}


@pytest.mark.parametrize(
    ("request_", "late", "code"),
    [
        (arrived(timestamp=None), 0, 40231),
        (arrived(signature=None), 0, 40232),
        (arrived(appid=None), 0, 40233),
        (arrived(signature=""), 0, 40234),
        (arrived(timestamp=str(REQUEST["timestamp"] + 1)), 0, 40234),
        (arrived(body=REQUEST["body"].replace("0IDV", "1IDV")), 0, 40234),
        (arrived(appid="wx1"), 0, 40237),
        (arrived(), 301, 40240),
        (arrived(), -301, 40240),
    ],
)
def test_a_request_that_is_not_so_is_refused_with_the_gateway_s_code(
    keys: SimulatedKeys, request_: Arrived, late: int, code: int
) -> None:
    moment = datetime.fromtimestamp(REQUEST["timestamp"] + late, UTC)
    with pytest.raises(WeChatError) as refused:
        opened(keys, APPID, request_, moment)
    assert refused.value.code == code


def test_a_request_under_another_key_number_is_refused(keys: SimulatedKeys) -> None:
    other = SimulatedKeys("another", keys.symmetric, keys.public, {})
    with pytest.raises(WeChatError) as refused:
        opened(other, APPID, arrived(), SENT)
    assert refused.value.code == 40235
