"""API security: what the guide published, and calls of a simulated app that has it on."""

import base64
import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from exporter.config import Encryption, open_keys
from exporter.config.encryption import Keys
from exporter.errors import Busy, NeedsOperator, WeChatError
from exporter.periods import Period, Window
from exporter.reports.table import BY_NAME
from exporter.simulator import Fault, RunningSimulator, Simulator
from exporter.wechat.client import Client
from exporter.wechat.sealing import Seal, decrypted, encrypted, signed_bytes
from tests.conftest import SHOP
from tests.logged import logged
from tests.sealed import COMING, PRESENT, SYMMETRIC, Console, with_keys
from tests.support import ROOT, FakeClock, beijing
from tests.wechat.conftest import Wiring

VECTORS: dict[str, Any] = json.loads(
    (ROOT / "tests" / "fixtures" / "api_security_vectors.json").read_text("utf-8")
)
REQUEST, RESPONSE = VECTORS["request"], VECTORS["response"]
APPID, URL = VECTORS["appid"], VECTORS["urlpath"]
PSS_32 = PSS(MGF1(SHA256()), 32)
REPORT = BY_NAME["daily_visit_trend"]
BOOT = BY_NAME["performance_startup"]
YESTERDAY = Window(Period.DAY, date(2026, 3, 17))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """The guide's keys, as an operator would configure them."""
    folder = tmp_path_factory.mktemp("guide")
    contents = {
        "symmetric": VECTORS["symmetric"]["key_b64"],
        "private.pem": VECTORS["asymmetric"]["private_key_pem"],
        "platform.pem": VECTORS["platform_cert"]["pem"],
    }
    for name, text in contents.items():
        (folder / name).write_text(text)
    encryption = Encryption(
        symmetric_key_file=str(folder / "symmetric"),
        symmetric_serial=VECTORS["symmetric"]["sn"],
        private_key_file=str(folder / "private.pem"),
        private_key_serial=VECTORS["asymmetric"]["sn"],
        platform_certificate_files={VECTORS["platform_cert"]["sn"]: str(folder / "platform.pem")},
    )
    return open_keys("guide", encryption)


def at(timestamp: int) -> FakeClock:
    return FakeClock(datetime.fromtimestamp(timestamp, UTC))


def headers(**changes: str | None) -> CaseInsensitiveDict[str]:
    """The published reply's, changed; None leaves one out."""
    told = RESPONSE["headers"] | {name.replace("_", "-"): text for name, text in changes.items()}
    return CaseInsensitiveDict({name: text for name, text in told.items() if text is not None})


class TestPublished:
    """The guide's own request and reply."""

    def seal(self, keys: Keys, timestamp: int) -> Seal:
        return Seal("guide", APPID, keys, at(timestamp))

    def test_the_request_is_encrypted_byte_for_byte(self, published: Keys) -> None:
        body = encrypted(
            published.symmetric,
            REQUEST["aad"].encode(),
            REQUEST["plaintext"].encode(),
            base64.b64decode(REQUEST["iv_b64"]),
        )
        assert body.decode() == REQUEST["body"]
        assert len(body) == REQUEST["body_length"]

    def test_the_request_is_decrypted_to_the_published_text(self, published: Keys) -> None:
        body = json.loads(REQUEST["body"])
        assert decrypted(published.symmetric, REQUEST["aad"].encode(), body) == REQUEST["plaintext"]

    def test_what_is_signed_are_four_lines_and_a_fifth_does_not_verify(
        self, published: Keys
    ) -> None:
        signature = base64.b64decode(REQUEST["signature_pss_example_b64"])
        public, body = published.private.public_key(), REQUEST["body"].encode()
        signed = signed_bytes(URL, APPID, REQUEST["timestamp"], body)
        public.verify(signature, signed, PSS_32, SHA256())
        fifth = f"\n{VECTORS['asymmetric']['sn']}".encode()
        with pytest.raises(InvalidSignature):
            public.verify(signature, signed + fifth, PSS_32, SHA256())

    def test_a_sealed_request_has_the_form_of_the_published_one(self, published: Keys) -> None:
        sealed = self.seal(published, REQUEST["timestamp"]).seal(URL, {"scene": 0, "名": "值"})
        assert {name: text for name, text in sealed.headers.items() if "Signature" not in name} == {
            "Content-Type": "application/json",
            "Wechatmp-Appid": APPID,
            "Wechatmp-TimeStamp": str(REQUEST["timestamp"]),
            "Wechatmp-Serial": VECTORS["asymmetric"]["sn"],
        }
        published.private.public_key().verify(
            base64.b64decode(sealed.headers["Wechatmp-Signature"]),
            signed_bytes(URL, APPID, REQUEST["timestamp"], sealed.body),
            PSS_32,
            SHA256(),
        )
        envelope = json.loads(sealed.body)
        assert list(envelope) == ["iv", "data", "authtag"]
        plain = json.loads(decrypted(published.symmetric, REQUEST["aad"].encode(), envelope))
        nonce = plain.pop("_n")
        assert plain == {
            "_appid": APPID, "_timestamp": REQUEST["timestamp"], "scene": 0, "名": "值"
        }  # fmt: skip
        assert len(nonce) == len(json.loads(REQUEST["plaintext"])["_n"])

    def test_no_two_requests_are_sealed_with_the_same_numbers(self, published: Keys) -> None:
        seal = self.seal(published, REQUEST["timestamp"])
        ivs = {json.loads(seal.seal(URL, {}).body)["iv"] for _ in range(50)}
        assert len(ivs) == 50

    def test_what_the_reply_s_signature_is_about_has_the_published_hash(self) -> None:
        signed = signed_bytes(URL, APPID, RESPONSE["timestamp"], RESPONSE["body"].encode())
        assert hashlib.sha256(signed).hexdigest() == RESPONSE["sha256_of_string_to_sign_hex"]

    def test_the_reply_is_verified_and_opened_to_the_published_text(self, published: Keys) -> None:
        assert len(RESPONSE["body"]) == RESPONSE["body_length"]
        opened = self.seal(published, RESPONSE["timestamp"]).open(URL, headers(), RESPONSE["body"])
        plain = json.loads(RESPONSE["plaintext"])
        added = {name: plain.pop(name) for name in ("_n", "_appid", "_timestamp")}
        assert added["_appid"] == APPID
        assert json.loads(opened) == plain

    @pytest.mark.parametrize("late", [-300, 300])
    def test_a_clock_may_be_five_minutes_off(self, published: Keys, late: int) -> None:
        seal = self.seal(published, RESPONSE["timestamp"] + late)
        assert "risk_rank" in seal.open(URL, headers(), RESPONSE["body"])

    @pytest.mark.parametrize(("late", "words"), [(301, "301 s before"), (-301, "301 s after")])
    def test_a_clock_further_off_is_told(self, published: Keys, late: int, words: str) -> None:
        seal = self.seal(published, RESPONSE["timestamp"] + late)
        with pytest.raises(NeedsOperator) as told:
            seal.open(URL, headers(), RESPONSE["body"])
        assert told.value.code == "clock_skew"
        assert str(told.value) == (
            f"WeChat's reply is stamped {words} this machine's time and was not used: set this "
            "machine's clock, 300 s are allowed"
        )

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"Wechatmp_Signature": None}, "it is neither signed nor encrypted"),
            ({"Wechatmp_Signature": ""}, "its signature is wrong"),
            ({"Wechatmp_Signature": "not base64!"}, "its signature is wrong"),
            ({"Wechatmp_TimeStamp": "1635927957"}, "its signature is wrong"),
            ({"Wechatmp_TimeStamp": None}, "it has no time stamp"),
            ({"Wechatmp_TimeStamp": "soon"}, "it has no time stamp"),
            ({"Wechatmp_Appid": "wx1"}, "it is signed for another appid"),
            ({"Wechatmp_Appid": None}, "it is signed for another appid"),
        ],
    )
    def test_a_reply_whose_headers_were_changed_is_not_used(
        self, published: Keys, changes: dict[str, str | None], why: str
    ) -> None:
        seal = self.seal(published, RESPONSE["timestamp"])
        with pytest.raises(Busy, match=why) as told:
            seal.open(URL, headers(**changes), RESPONSE["body"])
        assert told.value.code == "not_verified"

    def test_a_certificate_of_another_number_is_named(self, published: Keys) -> None:
        seal = self.seal(published, RESPONSE["timestamp"])
        changed = headers(Wechatmp_Serial="4711", Wechatmp_Serial_Deprecated="4710")
        with pytest.raises(
            NeedsOperator, match="platform certificate '4711', which is not"
        ) as told:
            seal.open(URL, changed, RESPONSE["body"])
        assert told.value.code == "certificate"

    @settings(max_examples=60, deadline=None)
    @given(place=st.integers(0, RESPONSE["body_length"] - 1), letter=st.characters())
    def test_a_letter_changed_anywhere_is_never_taken_for_data(
        self, published: Keys, place: int, letter: str
    ) -> None:
        body = RESPONSE["body"][:place] + letter + RESPONSE["body"][place + 1 :]
        if body == RESPONSE["body"]:
            return
        opened = code = None
        try:
            opened = self.seal(published, RESPONSE["timestamp"]).open(URL, headers(), body)
        except WeChatError as error:
            code = error.code
        # What is no JSON any more is given to the transport, which says so.
        assert code == "not_verified" or (opened == body and not is_json(body))


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.fixture
def simulator(clock: FakeClock) -> Simulator:
    """WeChat with the shop alone, which has API security on."""
    return Simulator([with_keys(SHOP)], clock)


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


def client(wiring: Wiring, console: Console, *platform: str, **changes: Any) -> Client:  # noqa: ANN401
    """A client of the shop that has its keys."""
    encryption = Encryption.model_validate(console.encryption(*platform, **changes))
    seal = Seal("shop", SHOP.appid, open_keys("shop", encryption), wiring.clock)
    transport = wiring.transport()
    tokens = wiring.tokens()
    return Client("shop", wiring.url, tokens, transport, wiring.clock, wiring.stop, seal)


@pytest.mark.parametrize("report", [REPORT, BOOT, BY_NAME["user_portrait_7d"]])
def test_a_sealed_call_is_answered_with_what_a_plain_one_is(
    wiring: Wiring, console: Console, report: Any  # noqa: ANN401
) -> None:  # fmt: skip
    reply = client(wiring, console).ask(report, YESTERDAY)
    plain = Simulator([SHOP], wiring.clock)
    with RunningSimulator(plain) as running:
        wiring.url = running.url
        assert wiring.client().ask(report, YESTERDAY).body == reply.body
    assert json.loads(reply.text) == reply.body
    assert report.read(YESTERDAY, reply.body).oddities == []


def test_a_plain_call_of_such_an_app_is_refused_with_what_to_do(wiring: Wiring) -> None:
    with pytest.raises(NeedsOperator, match="give its keys to `encryption` of the app") as told:
        wiring.client().ask(REPORT, YESTERDAY)
    assert told.value.code == "40231"


def test_an_error_of_wechat_comes_sealed_and_is_the_same_error(
    wiring: Wiring, console: Console, simulator: Simulator
) -> None:
    simulator.faults.add(Fault("errcode", code=48001))
    with pytest.raises(NeedsOperator, match="no permission") as told:
        client(wiring, console).ask(REPORT, YESTERDAY)
    assert told.value.code == "48001"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"symmetric_serial": "another"}, "40235", "symmetric_key_file and symmetric_serial must"),
        ({"private": "another"}, "40234", "private_key_file is not the key whose public part"),
    ],
)
def test_a_key_that_is_not_the_console_s_is_told_by_wechat(
    wiring: Wiring, console: Console, changes: dict[str, str], code: str, words: str
) -> None:
    with pytest.raises(NeedsOperator, match=words) as told:
        client(wiring, console, **changes).ask(REPORT, YESTERDAY)
    assert told.value.code == code


def test_a_machine_whose_clock_is_wrong_is_told_by_wechat(wiring: Wiring, console: Console) -> None:
    tokens = wiring.tokens()
    tokens.token()
    encryption = Encryption.model_validate(console.encryption())
    slow = FakeClock(beijing("2026-03-18 15:50"))
    seal = Seal("shop", SHOP.appid, open_keys("shop", encryption), slow)
    asked = Client("shop", wiring.url, tokens, wiring.transport(), slow, wiring.stop, seal)
    with pytest.raises(NeedsOperator, match="set this machine's clock") as told:
        asked.ask(REPORT, YESTERDAY)
    assert told.value.code == "40240"


def test_a_tampered_reply_is_asked_for_again_and_never_given(
    wiring: Wiring, console: Console, simulator: Simulator
) -> None:
    simulator.faults.add(Fault("tampered"))
    with pytest.raises(Busy, match="cannot be WeChat's, its signature is wrong") as told:
        client(wiring, console).ask(REPORT, YESTERDAY)
    assert told.value.code == "not_verified"
    assert [call.outcome for call in simulator.calls] == ["0", *["tampered"] * 3]


def test_plain_data_in_wechat_s_place_is_not_used(
    wiring: Wiring, console: Console, simulator: Simulator
) -> None:
    simulator.faults.add(Fault("body", body='{"list":[{"session_cnt":1}]}'))
    with pytest.raises(Busy, match="neither signed nor encrypted"):
        client(wiring, console).ask(REPORT, YESTERDAY)


def test_no_repr_shows_a_key(console: Console) -> None:
    keys = open_keys("shop", Encryption.model_validate(console.encryption()))
    assert repr(SYMMETRIC) not in repr(keys)
    assert repr(keys).startswith("Keys(symmetric_serial='symmetric-1', private_serial='private-1'")


class TestCertificateChange:
    """WeChat replaces its platform certificate, and signs with both for a while."""

    def test_who_has_the_old_one_goes_on_and_is_told_once(
        self, wiring: Wiring, console: Console, simulator: Simulator
    ) -> None:
        simulator.apps[SHOP.appid] = with_keys(SHOP, COMING, PRESENT)
        asking = client(wiring, console, PRESENT)
        with logged() as lines:
            for _ in range(3):
                assert asking.ask(REPORT, YESTERDAY).body["list"]
        (line,) = [line for line in lines.getvalue().splitlines() if "being replaced" in line]
        assert f"old={PRESENT} new={COMING}" in line

    def test_who_has_both_is_told_nothing(
        self, wiring: Wiring, console: Console, simulator: Simulator
    ) -> None:
        simulator.apps[SHOP.appid] = with_keys(SHOP, COMING, PRESENT)
        with logged() as lines:
            assert client(wiring, console, PRESENT, COMING).ask(REPORT, YESTERDAY).body["list"]
        assert "replaced" not in lines.getvalue()

    def test_who_still_has_the_old_one_alone_afterwards_is_told_the_new_number(
        self, wiring: Wiring, console: Console, simulator: Simulator
    ) -> None:
        simulator.apps[SHOP.appid] = with_keys(SHOP, COMING)
        with pytest.raises(NeedsOperator, match=f"platform certificate '{COMING}'") as told:
            client(wiring, console, PRESENT).ask(REPORT, YESTERDAY)
        assert told.value.code == "certificate"

    def test_another_certificate_under_the_number_is_told(
        self, wiring: Wiring, console: Console, simulator: Simulator
    ) -> None:
        simulator.apps[SHOP.appid] = with_keys(SHOP, COMING)
        files = console.encryption(PRESENT)["platform_certificate_files"]
        changes = {"platform_certificate_files": {COMING: files[PRESENT]}}
        with pytest.raises(Busy, match="holds another certificate under this number"):
            client(wiring, console, **changes).ask(REPORT, YESTERDAY)
