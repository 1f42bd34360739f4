"""The admin port: answers on its own thread, bounded and unimpressed by what it is sent."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from email.message import Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.net import LOOPBACK, Answer, free_port, http, is_listening
from tests.support.waiting import eventually

import ninefold as nf
from ninefold.config import Address
from ninefold.service import current
from ninefold.service._admin import Admin
from ninefold.service._admin_endpoints import PLAIN, Endpoint, Endpoints, Reply, Request
from ninefold.service._admin_listener import LONGEST, MOST
from ninefold.telemetry import Faults

Ask = Callable[..., Answer]


def started(**more: object) -> tuple[nf.Service, int]:
    """A service that listens, and its admin port."""
    service = nf.setup("shop", admin=f"{LOOPBACK}:0", **more)  # type: ignore[arg-type]  # words of setup
    service.start()
    return service, port_of(service)


def port_of(service: nf.Service) -> int:
    """The port that the service got."""
    eventually(lambda: service.admin_address, within=20)
    return int((service.admin_address or "").rpartition(":")[2])


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No service outlives its test."""
    yield
    service = current()
    if service is not None:
        service.shutdown()


def sent(port: int, request: bytes) -> bytes:
    """What comes back for these bytes, to the end of the connection."""
    with socket.create_connection((LOOPBACK, port), timeout=20) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := line.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
        return answer


def test_it_answers_as_the_application_does() -> None:
    """Text and OpenMetrics are negotiated, HEAD has no body, and the registered state is there."""
    service, port = started()
    service.freshness("index", updated_at=lambda: 1.5)
    url = f"http://{LOOPBACK}:{port}/metrics"
    plain = http(url)
    assert (plain.status, plain.headers["content-type"]) == (200, service.expose()[1])
    assert "ninefold_freshness_timestamp_seconds" in plain.text
    asked = "application/openmetrics-text; version=1.0.0"
    assert http(url, headers={"accept": asked}).text.endswith("# EOF\n")
    head = http(url, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert plain.headers["server"] == "ninefold"
    assert http(f"http://{LOOPBACK}:{port}/").text.splitlines()[1:] == [
        "/livez",
        "/readyz",
        "/startupz",
        "/healthz",
        "/drainz",
        "/metrics",
    ]


def test_nothing_of_it_is_measured_as_a_request() -> None:
    """Scrapes are no requests of the application."""
    service, port = started()
    for _ in range(3):
        answer = http(f"http://{LOOPBACK}:{port}/metrics")
    assert "http_server" not in answer.text
    assert service.expose()[0].count(b"http_server") == 0


def test_nothing_starts_before_it_is_wanted() -> None:
    """setup() listens nowhere; start() does, once; shutdown() frees the address at once."""
    port = free_port()
    service = nf.setup("shop", admin=f"{LOOPBACK}:{port}")
    assert not is_listening(port)
    assert service.admin_address is None
    service.start()
    service.start()
    assert port_of(service) == port
    service.shutdown()
    assert not is_listening(port)
    service.start()
    assert service.admin_address is None


def test_the_first_record_starts_it() -> None:
    """A consumer that says nothing else has it from its first measurement on."""
    service = nf.setup("shop", admin=f"{LOOPBACK}:0")
    with service.measure("work"):
        pass
    assert "ninefold_operation" in http(f"http://{LOOPBACK}:{port_of(service)}/metrics").text


def test_switched_off_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_SDK_DISABLED wins; and a deployment takes the port away by `none`."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    service = nf.setup("shop", admin=f"{LOOPBACK}:0")
    service.start()
    service.shutdown()
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    monkeypatch.setenv("NINEFOLD_ADMIN", "none")
    again = nf.setup("shop", admin=f"{LOOPBACK}:0")
    again.start()
    assert service.admin_address is again.admin_address is None
    assert again.settings.admin is None


def test_the_address_of_another_program_is_told_once_and_taken_when_it_is_free(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warning names the address and the remedy."""
    monkeypatch.setattr("ninefold.service._admin.RETRY", (0.01, 0.02))
    with socket.create_server((LOOPBACK, 0)) as foreign:
        port = foreign.getsockname()[1]
        # It answers nothing that is HTTP: it hangs up.
        foreign.settimeout(20)
        with caplog.at_level(logging.WARNING, "ninefold"):
            service = nf.setup("shop", admin=f"{LOOPBACK}:{port}")
            service.start()
            foreign.accept()[0].close()
            eventually(lambda: caplog.records, within=20)
        assert service.admin_address is None
    assert port_of(service) == port
    [record] = caplog.records
    assert f"{LOOPBACK}:{port}" in record.getMessage()
    assert "NINEFOLD_ADMIN" in record.getMessage()


def test_a_sibling_that_has_the_port_is_no_reason_for_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker of the same service says whose it is; another service's is foreign."""
    monkeypatch.setattr("ninefold.service._admin.RETRY", (0.01, 0.02))
    service, _ = started()
    bound = service.admin_address
    assert bound is not None
    host, _, port = bound.rpartition(":")
    address = Address(host, int(port))
    for name, told in (("shop", 0), ("other", 1)):
        waiting = Admin(address, Endpoints(name, {}), Faults())
        waiting._tell(OSError(errno.EADDRINUSE, "in use"))
        assert len(caplog.records) == told


def test_a_request_that_dawdles_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte now and then does not hold a thread for longer than a whole request may take."""
    monkeypatch.setattr("ninefold.service._admin_listener.PATIENCE", 0.2)
    _, port = started()
    with socket.create_connection((LOOPBACK, port), timeout=20) as line:

        def is_dropped() -> bool:
            line.sendall(b"a")
            line.settimeout(0.001)
            try:
                return line.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        eventually(is_dropped, within=20)


def test_a_request_without_end_is_refused() -> None:
    """A header of any length costs 16 KiB."""
    _, port = started()
    answer = sent(port, b"GET / HTTP/1.1\r\nX: " + b"a" * (LONGEST + 100))
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_only_so_many_connections_have_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is told so at once; all are served again when the others are gone."""
    monkeypatch.setattr("ninefold.service._admin_listener.PATIENCE", 600.0)
    _, port = started()
    silent = [socket.create_connection((LOOPBACK, port)) for _ in range(MOST)]
    assert sent(port, b"").startswith(b"HTTP/1.1 503 ")
    for each in silent:
        each.close()
    eventually(lambda: http(f"http://{LOOPBACK}:{port}/metrics").status == 200, within=20)


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(
            lambda method, target, headers: b" ".join([method, target, b"HTTP/1.1\r\n"]) + headers,
            st.sampled_from([b"GET", b"HEAD", b"POST", b"\xff", b"get", b"OPTIONS"]),
            st.sampled_from([b"/", b"/metrics", b"//[", b"http://[", b"/%00", b"*", b"?"])
            | st.binary(max_size=30),
            st.sampled_from(
                [b"", b"Host\r\n", b": x\r\n", b"A: \xff\xfe\r\n", b"Expect: 100-continue\r\n"]
            ),
        ),
    )
)
def test_whatever_is_sent_costs_an_answer_at_most(request_bytes: bytes) -> None:
    """Nothing is counted as a fault of ours, nothing repeated, and the next scrape is answered."""
    service = current()
    if service is None:
        service, _ = started()
    port = port_of(service)
    answer = sent(port, request_bytes + b"\r\n\r\n")
    assert answer == b"" or answer[:5] in (b"HTTP/", b"this ", b"there", b"ninef", b"# HEL")
    assert b"ninefold_telemetry_dropped" not in sent(port, b"GET /metrics HTTP/1.1\r\n\r\n")


def test_an_endpoint_says_which_methods_it_takes() -> None:
    """404 for an unknown path, 405 with Allow for another method; the query is handed over."""
    seen: list[tuple[str, str]] = []

    def drain(request: Request) -> Reply:
        seen.append((request.method, request.query))
        return Reply(202, PLAIN, b"")

    table = Endpoints("shop", {"/drainz": Endpoint(drain, ("POST",))})
    assert table.answer("GET", "/else", Message(), LOOPBACK).status == 404
    refused = table.answer("GET", "/drainz", Message(), LOOPBACK)
    assert (refused.status, refused.headers) == (405, (("Allow", "POST"),))
    assert table.answer("POST", "/drainz?for=30", Message(), LOOPBACK).status == 202
    assert seen == [("POST", "for=30")]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("0.0.0.0:9464", "0.0.0.0:9464"),
        (":9464", ":9464"),
        ("[::]:9464", "[::]:9464"),
        (" localhost:0 ", "localhost:0"),
    ],
)
def test_addresses_that_can_be_meant(said: str, shown: str) -> None:
    """Names, IPv4, IPv6 in brackets, and all interfaces."""
    assert str(nf.setup("shop", admin=said).settings.admin) == shown


@pytest.mark.parametrize(
    "said",
    [
        "9464",
        9464,
        "0.0.0.0",
        "0.0.0.0:",
        ":65536",
        ":-1",
        "::1:9464",
        "[::g]:1",
        "1.2.3:80",
        "http://a:1",
        "a b:1",
        "",
        True,
    ],
)
def test_addresses_that_cannot_be_meant(said: object) -> None:
    """The message has the value and an address that would do."""
    with pytest.raises(nf.ConfigurationError, match=r"admin .*'0\.0\.0\.0:9464'.*got") as raised:
        nf.setup("shop", admin=said)  # type: ignore[arg-type]  # what is wrong is meant
    assert str(said) in str(raised.value)


def test_two_hundred_probes_at_once_are_all_answered() -> None:
    """Each on its own connection, and none is told that the port is busy."""
    _, port = started()
    asked = threading.Barrier(200)
    found: list[int] = []

    def ask() -> None:
        asked.wait(30)
        found.append(http(f"http://{LOOPBACK}:{port}/readyz").status)

    threads = [threading.Thread(target=ask) for _ in range(200)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert found == [200] * 200


def test_a_thread_that_has_answered_answers_the_next_connection() -> None:
    """Probes that come one after the other cost no thread each."""
    _, port = started()
    assert http(f"http://{LOOPBACK}:{port}/livez").status == 200
    before = {each.ident for each in threading.enumerate()}
    for _ in range(20):
        assert http(f"http://{LOOPBACK}:{port}/livez").status == 200
    assert len({each.ident for each in threading.enumerate()} - before) <= 2


def test_head_of_health_has_the_length_and_no_body() -> None:
    """As GET has it, so that nobody takes the answer for an empty one."""
    _, port = started()
    got, head = (http(f"http://{LOOPBACK}:{port}/livez", method=how) for how in ("GET", "HEAD"))
    assert (head.status, head.body) == (got.status, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.body))
