import pytest

from apps.core.arrival import LONGEST_HEAD, LONGEST_LINE, Arrival, Stage

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


def longest_body(path: str) -> int:
    return 10 if path.startswith("/small") else 100


def arrive(*pieces: bytes) -> Arrival:
    arrival = Arrival(longest_body=longest_body)
    for piece in pieces:
        arrival.feed(piece)
    return arrival


@pytest.mark.spec("RFC 9112", "6.3")
@pytest.mark.parametrize(
    ("request_bytes", "stage"),
    [
        (b"", Stage.HEAD),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", Stage.HEAD),
        (b"GET / HTTP/1.1\n\n", Stage.HEAD),
        (GET, Stage.WHOLE),
        (b"GET / HTTP/1.0\r\n\r\n", Stage.WHOLE),
        (POST, Stage.BODY),
        (POST + b"1234", Stage.BODY),
        (POST + b"12345", Stage.WHOLE),
        (POST + b"12345GET /", Stage.WHOLE),
        (POST.replace(b"Content-Length", b"CONTENT-length"), Stage.BODY),
        (POST.replace(b" 5", b"5"), Stage.BODY),
        (POST.replace(b"5", b"100"), Stage.BODY),
        (POST.replace(b"5", b"101"), Stage.UNREAD),
        (POST.replace(b"5", b"9" * 5_000), Stage.UNREAD),
        (POST.replace(b"5", b"-5"), Stage.UNREAD),
        (POST.replace(b"5", b"+5"), Stage.UNREAD),
        (POST.replace(b"5", b"\xb2"), Stage.UNREAD),
        (POST.replace(b"5", b""), Stage.UNREAD),
        (POST.replace(b"5", b"5, 5"), Stage.UNREAD),
        (POST.replace(b"5\r\n", b"5\r\nContent-Length: 5\r\n"), Stage.UNREAD),
        (POST.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked"), Stage.UNREAD),
        (POST.replace(b"5\r\n", b"5\r\nTransfer-Encoding: chunked\r\n"), Stage.UNREAD),
        (POST.replace(b"5", b"10").replace(b"/ ", b"/small?q=1 "), Stage.BODY),
        (POST.replace(b"5", b"11").replace(b"/ ", b"/small?q=1 "), Stage.UNREAD),
        (POST.replace(b"5", b"11").replace(b"/ ", b"/sm%61ll/%ff "), Stage.UNREAD),
        (POST.replace(b"5", b"11").replace(b"/ ", b"/?/small "), Stage.BODY),
        (POST.replace(b"5", b"11").replace(b"/ ", b"http://a/small "), Stage.BODY),
        (POST.replace(b"5", b"11").replace(b" / ", b" "), Stage.BODY),
        (b"\r\n\r\n", Stage.HEAD),
        (b"\r\n" + GET, Stage.WHOLE),
    ],
)
def test_request_is_whole_when_its_head_and_the_body_it_declares_are_here(
    request_bytes: bytes, stage: Stage
) -> None:
    assert arrive(request_bytes).stage is stage
    byte_by_byte = Arrival(longest_body=longest_body)
    for byte in request_bytes:
        if byte_by_byte.is_waited_for:
            byte_by_byte.feed(bytes([byte]))
    assert byte_by_byte.stage is stage


@pytest.mark.parametrize(
    ("request_bytes", "stage"),
    [
        (b"GET /" + b"a" * LONGEST_LINE, Stage.LINE_TOO_LONG),
        (b"GET /" + b"a" * LONGEST_LINE + b" HTTP/1.1\r\n\r\n", Stage.LINE_TOO_LONG),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * LONGEST_HEAD, Stage.HEAD_TOO_LARGE),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * LONGEST_HEAD + b"\r\n\r\n", Stage.HEAD_TOO_LARGE),
    ],
)
def test_head_beyond_its_limits_is_not_waited_for(request_bytes: bytes, stage: Stage) -> None:
    assert arrive(request_bytes).stage is stage


def test_longest_line_that_is_allowed_is_waited_for() -> None:
    line = b"GET /" + b"a" * (LONGEST_LINE - 14) + b" HTTP/1.1"
    assert len(line) == LONGEST_LINE
    assert arrive(line).stage is Stage.HEAD
    assert arrive(line, b"\r\n\r\n").stage is Stage.WHOLE


@pytest.mark.spec("RFC 9110", "10.1.1")
def test_continue_is_expected_by_http_1_1_alone() -> None:
    asking = POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-Continue\r\n\r\n")
    assert arrive(asking).expects_continue
    assert not arrive(asking.replace(b"HTTP/1.1", b"HTTP/1.0")).expects_continue
    assert not arrive(POST).expects_continue
