"""Files read when they change, and URLs asked when their time has come, over real HTTP and TLS."""

import base64
import os
import socket
import ssl
from pathlib import Path
from threading import Thread

import pytest
import requests
import trustme

from exporter.config import AppUrl
from exporter.discovery.sources import ListFile, ListUrl, files_at
from exporter.errors import ConfigError
from tests.http_server import serving
from tests.support import FakeClock


def url_of(clock: FakeClock, url: str, **settings: object) -> ListUrl:
    given = AppUrl.model_validate({"url": url, **settings})
    return ListUrl("list", given, requests.Session(), clock)


def refusal(source: ListFile | ListUrl) -> str:
    with pytest.raises(ConfigError) as refused:
        source.read()
    return str(refused.value)


class TestFile:
    """A file."""

    def test_it_changes_when_written_replaced_or_removed(self, tmp_path: Path) -> None:
        path, other = tmp_path / "a.yaml", tmp_path / "other"
        path.write_text("first")
        source = ListFile(str(path))
        assert source.changed
        assert source.read() == "first"
        assert not source.changed
        written = path.stat().st_mtime_ns
        path.write_text("other")
        os.utime(path, ns=(written, written))
        assert source.changed
        assert source.read() == "other"
        path.write_text("second text")
        assert source.changed
        assert source.read() == "second text"
        other.write_text("third text!")
        os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
        other.replace(path)  # as long and as old as the one before
        assert source.changed
        assert source.read() == "third text!"
        path.unlink()
        assert source.changed
        assert refusal(source) == "there is no such file"
        assert not source.changed
        path.write_text("again")
        assert source.changed

    def test_what_cannot_be_read_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "latin").write_bytes(b"caf\xe9")
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path, tmp_path / "pipe"):
            assert refusal(ListFile(str(path))) == "is no file, but a directory, a pipe or a device"
        assert refusal(ListFile(str(tmp_path / "latin"))) == "is not UTF-8 text (byte 3)"

    def test_one_that_could_not_be_read_is_tried_again_although_it_is_the_same(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "loop").symlink_to("loop")
        source = ListFile(str(tmp_path / "loop"))
        assert refusal(source) == "cannot be read: Too many levels of symbolic links"
        assert source.changed

    def test_a_pattern_names_the_files_that_are_there_and_a_name_itself(
        self, tmp_path: Path
    ) -> None:
        for name in ("b.yaml", "a.yaml", "c.json"):
            (tmp_path / name).touch()
        assert files_at(f"{tmp_path}/*.yaml") == [f"{tmp_path}/a.yaml", f"{tmp_path}/b.yaml"]
        assert files_at(f"{tmp_path}/none.yaml") == [f"{tmp_path}/none.yaml"]
        assert files_at(f"{tmp_path}/none/*.yaml") == []


class TestUrl:
    """A URL."""

    def test_it_is_asked_again_after_its_interval(self, clock: FakeClock) -> None:
        with serving(b"[]") as server:
            source = url_of(clock, server.url, refresh_seconds=30)
            assert source.changed
            assert source.read() == "[]"
            clock.advance(seconds=29)
            assert not source.changed
            clock.advance(seconds=1)
            assert source.changed
            assert [each.method for each in server.asked] == ["GET"]

    def test_a_bearer_token_comes_from_its_file_each_time(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        token = tmp_path / "token"
        token.write_text("first\n")
        with serving(b"[]") as server:
            source = url_of(clock, server.url, bearer_token_file=str(token))
            source.read()
            token.write_bytes(b"\xef\xbb\xbfsecond\r\n")  # as editors of Windows save it
            source.read()
            assert server.authorization == ["Bearer first", "Bearer second"]
        token.unlink()
        assert refusal(source) == f"bearer_token_file {token} cannot be read (FileNotFoundError)"

    def test_a_password_comes_from_its_file(self, clock: FakeClock, tmp_path: Path) -> None:
        (tmp_path / "password").write_text("密码\n")
        with serving(b"[]") as server:
            url_of(
                clock, server.url, username="exporter", password_file=str(tmp_path / "password")
            ).read()
            (sent,) = server.authorization
        assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "exporter:密码"

    @pytest.mark.parametrize("status", [204, 302, 401, 500])
    def test_any_other_status_is_told_and_a_redirect_not_followed(
        self, clock: FakeClock, status: int
    ) -> None:
        with serving(b"", location="/elsewhere") as server:
            server.status = status
            assert refusal(url_of(clock, server.url)) == f"was answered with HTTP status {status}"
            assert len(server.asked) == 1

    def test_an_answer_that_does_not_end_in_time_is_told(self, clock: FakeClock) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            source = url_of(
                clock, f"http://127.0.0.1:{server.getsockname()[1]}", timeout_seconds=0.3
            )

            def begin() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[")
                    while connection.recv(1000):
                        pass

            beginning = Thread(target=begin)
            beginning.start()
            assert refusal(source) == "the answer was not over after 0.3 s"
            beginning.join(20)

    def test_nobody_there_is_told_without_the_url(self, clock: FakeClock) -> None:
        source = url_of(clock, "http://127.0.0.1:9/?key=hunter2")
        told = refusal(source)
        assert told.startswith("no connection, or it broke (ConnectionError): check URL")
        assert not source.changed  # until its time comes

    def test_the_server_is_believed_with_the_authority_of_ca_file_alone(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        with serving(b"[]", tls=context) as server:
            assert url_of(clock, server.url, ca_file=str(tmp_path / "ca.pem")).read() == "[]"
            assert refusal(url_of(clock, server.url)) == (
                "the certificate is not accepted (unable to get local issuer certificate): check "
                "URL and ca_file"
            )
            (tmp_path / "empty.pem").touch()
            for name, fault in (("none", "is not there"), ("empty", "holds none in PEM")):
                wrong = url_of(clock, server.url, ca_file=str(tmp_path / f"{name}.pem"))
                assert refusal(wrong) == (
                    f"the certificate is not accepted (the file of authorities {fault}): check URL "
                    "and ca_file"
                )


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": "ftp://x"}, "must begin with http:// or https://"),
        ({"url": "http://u:hunter2@x/apps"}, "url takes no password"),
        ({"url": "http://x", "username": "u"}, "username and password_file belong together"),
        (
            {
                "url": "http://x", "username": "u", "password_file": "p",
                "bearer_token_file": "t",
            },
            "has bearer_token_file and username; give one of them",
        ),
    ],
)  # fmt: skip
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, str], told: str
) -> None:
    with pytest.raises(ValueError, match=told) as refused:
        AppUrl.model_validate(settings)
    assert "hunter2" not in str(refused.value)
