"""Headers between httpx and the platform's fetch."""

from arbedge.platform.fetch_headers import find_body_bytes, select_request_headers, select_response_headers


def test_framing_of_requests_is_the_platforms():
    sent = [("Host", "x"), ("Accept", "*/*"), ("Accept-Encoding", "gzip"), ("Connection", "keep-alive")]
    sent += [("Content-Length", "7"), ("Transfer-Encoding", "chunked"), ("X-MBX-APIKEY", "k"), ("User-Agent", "u")]
    assert select_request_headers(sent) == [("Accept", "*/*"), ("X-MBX-APIKEY", "k"), ("User-Agent", "u")]


def test_responses_are_already_decompressed():
    """Otherwise httpx would unzip plain text; cookies stay two."""
    received = [["content-encoding", "br"], ["Content-Length", "9"], ["transfer-encoding", "chunked"]]
    received += [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["retry-after", "5"]]
    assert select_response_headers(received) == [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("retry-after", "5")]


def test_announced_length():
    assert find_body_bytes([["Content-Length", "123"]]) == 123
    assert find_body_bytes([["content-length", "?"], ["date", "now"]]) == 0
