"""What clients should not send, and the answer to each: nothing is stored, the server goes on."""

import json
import re
import socket

import pytest

from harness import LIFE, Client, is_closed_by_peer, order_body, read_response, running

BODY_BYTES_MAX = 256 * 1024
VALID = json.dumps(order_body()).encode()


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("bad_input")) as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_is_stored(request):
    yield
    if "empty_server" in request.fixturenames:
        server = request.getfixturevalue("empty_server")
        assert server.list_page(limit=1)["orders"] == []
        assert server.get("/products").json["products"] == []
        assert server.get("/healthz").status == 200


def exchange(server, data, end_of_stream=False):
    """The answer to raw bytes on a connection of their own, which must then be closed."""
    with server.raw() as sock:
        sock.sendall(data)
        if end_of_stream:
            sock.shutdown(socket.SHUT_WR)
        answer = read_response(sock)
        assert is_closed_by_peer(sock), "the connection stays open"
    return answer


def post(*headers, body=VALID, host=b"Host: localhost"):
    lines = [b"POST /orders HTTP/1.1", host, b"Content-Type: application/json", *headers]
    return b"\r\n".join(line for line in lines if line) + b"\r\n\r\n" + body


def chunked(*chunks):
    return post(b"Transfer-Encoding: chunked", body=b"".join(chunks))


LENGTH = b"Content-Length: %d" % len(VALID)

FRAMING = {
    "content-length and transfer-encoding": post(LENGTH, b"Transfer-Encoding: chunked"),
    "transfer-encoding and content-length": post(b"Transfer-Encoding: chunked", LENGTH),
    "two different content-lengths": post(LENGTH, b"Content-Length: 5"),
    "two content-lengths in one": post(b"Content-Length: %d, 5" % len(VALID)),
    "content-length +5": post(b"Content-Length: +5", body=b"12345"),
    "content-length -1": post(b"Content-Length: -1"),
    "content-length 0x10": post(b"Content-Length: 0x10"),
    "content-length empty": post(b"Content-Length:"),
    "content-length 5 5": post(b"Content-Length: 5 5", body=b"12345"),
    "content-length folded": post(b"Content-Length:\r\n 5", body=b"12345"),
    "content-length beyond 64 bits": post(b"Content-Length: 18446744073709551617"),
    "unknown transfer-encoding": post(b"Transfer-Encoding: rot13"),
    "transfer-encoding not chunked at last": post(b"Transfer-Encoding: chunked, gzip"),
    "transfer-encoding empty": post(b"Transfer-Encoding:", body=b""),
    "transfer-encoding empty and content-length": post(b"Transfer-Encoding:", LENGTH),
    "transfer-encoding xchunked": post(b"Transfer-Encoding: xchunked"),
    "chunked twice": post(b"Transfer-Encoding: chunked, chunked"),
    "chunked in two headers": post(*[b"Transfer-Encoding: chunked"] * 2, body=b"0\r\n\r\n"),
    "chunked in HTTP/1.0": chunked(b"0\r\n\r\n").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "length in a trailer": chunked(b"0\r\nContent-Length: 5\r\n\r\n"),
    "transfer coding in a trailer": chunked(b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "folded trailer": chunked(b"0\r\nA: b\r\n c\r\n\r\n"),
    "chunk size overflow": chunked(b"FFFFFFFFFFFFFFFFF\r\n"),
    "chunk size wraps to 5": chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    "chunk size not hex": chunked(b"5x\r\nhello\r\n0\r\n\r\n"),
    "chunk size negative": chunked(b"-5\r\nhello\r\n0\r\n\r\n"),
    "chunk size empty": chunked(b"\r\nhello\r\n0\r\n\r\n"),
    "chunk size +5": chunked(b"+5\r\nhello\r\n0\r\n\r\n"),
    "chunk size 0x5": chunked(b"0x5\r\nhello\r\n0\r\n\r\n"),
    "chunk longer than its size": chunked(b"3\r\nhello\r\n0\r\n\r\n"),
    "chunk line ends in LF": chunked(b"5\nhello\r\n0\r\n\r\n"),
    "chunk data ends in LF": chunked(b"5\r\nhello\n0\r\n\r\n"),
    "chunk extension too long": chunked(b"5;a=" + b"x" * 2000 + b"\r\n"),
    "chunk line without its end": chunked(b"5;a=" + b"x" * 40_000),
    "chunk without its end": chunked(b"5\r\nhelloxx0\r\n\r\n"),
    "bare LF everywhere": post(LENGTH).replace(b"\r\n", b"\n"),
    "bare LF, and the headers go on": b"GET /healthz HTTP/1.1\nHost: localhost\n",
    "bare LF after the request line": b"GET /healthz HTTP/1.1\nHost: localhost\r\n\r\n",
    "bare LF after one header": post(b"X-One: 1\nX-Two: 2", LENGTH),
    "bare CR in a header": post(b"X-One: 1\rX-Two: 2", LENGTH),
    "folded header": post(b"X-One: 1\r\n 2", LENGTH),
    "folded header by a tab": post(b"X-One: 1\r\n\t2", LENGTH),
    "folded header, first line empty": post(b"X-One:\r\n 2", LENGTH),
    "folded header, second line empty": post(b"X-One: 1\r\n ", LENGTH),
    "folded first header": post(LENGTH, host=b" Host: localhost"),
    "control character in a header value": post(b"X-One: a\x01", LENGTH),
    "DEL in a header value": post(b"X-One: a\x7f", LENGTH),
    "NUL in a header value": post(b"X-One: a\0b", LENGTH),
    "NUL in a header name": post(b"X-O\0ne: a", LENGTH),
    "space before the colon": post(b"X-One : a", LENGTH),
    "header without a colon": post(b"X-One", LENGTH),
    "header without a name": post(b": a", LENGTH),
    "missing host": post(LENGTH, host=b""),
    "two hosts": post(b"Host: other", LENGTH),
    "two equal hosts": post(b"Host: localhost", LENGTH),
    "host with a space": post(LENGTH, host=b"Host: local host"),
    "host with a path": post(LENGTH, host=b"Host: localhost/orders"),
    "two hosts in one": post(LENGTH, host=b"Host: localhost, other"),
    **{f"host {host.decode('latin-1')}": post(LENGTH, host=b"Host: " + host) for host in (
        b"x:abc", b"[::1", b"[]", b"[::1]x", b"[::1%25eth0]", b"[1.2.3.4]", b"[:::]", b'a"b', b"a<b",
        b"a:80:80", b"::1", b"x:65536", b"x:-1", b"x:+1", b"a%zz", b"a%2", b"a{b}", b"a|b", b"a^b", b"caf\xe9")},
    "two content-types": post(b"Content-Type: text/plain", LENGTH),
    "two authorizations": post(b"Authorization: a", b"Authorization: b", LENGTH),
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "no such version": post(LENGTH).replace(b"HTTP/1.1", b"HTTP/9.9"),
    "TLS hello": bytes.fromhex("16030100a5010000a10303") + b"\x42" * 160,
    "no request line": b"\x00\x01\x02\x03\r\n\r\n",
    "two spaces before the target": b"GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "target without a slash": b"GET healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "target * of another method": b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "host in the target with a user": b"GET http://a@b/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "host in the target with a bad port": b"GET http://a:b/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "space in the target": b"GET /heal thz HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("name", FRAMING)
def test_bad_framing_is_400_and_closed(empty_server, name):
    exchange(empty_server, FRAMING[name]).problem(400)


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"identity, chunked", b"identity\r\nTransfer-Encoding: chunked"])
def test_transfer_coding_that_is_not_understood(empty_server, coding):
    """RFC 9112, 6.1: 501 where the length is certain, because chunked comes last; else 400, as above."""
    exchange(empty_server, post(b"Transfer-Encoding: " + coding)).problem(501)


def test_smuggled_request_is_not_answered(empty_server):
    """The bytes behind a refused request are not read as another one."""
    inner = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with empty_server.raw() as sock:
        sock.sendall(post(b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + inner))
        data = b""
        while piece := sock.recv(65536):
            data += piece
    assert data.count(b"HTTP/1.1 ") == 1 and data.startswith(b"HTTP/1.1 400"), data


# Limits.

@pytest.mark.parametrize("letters", [8 * 1024 + 1, 9_000, 15_000, 40_000])
def test_uri_too_long(empty_server, letters):
    target = b"/orders/" + b"a" * (letters - 8)
    exchange(empty_server, b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % target).problem(414)


def test_a_line_without_an_end(empty_server):
    line = b"a" * 40_000
    exchange(empty_server, b"GET /" + line).problem(414)
    exchange(empty_server, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + line).problem(431)


@pytest.mark.parametrize("expect", [b"a miracle", b"100-continue, a miracle", b"200-ok\r\nExpect: 100-continue"])
def test_unknown_expectation(empty_server, expect):
    exchange(empty_server, post(b"Expect: " + expect, LENGTH)).problem(417)


def test_a_doubled_header_is_named(empty_server):
    for name in ("Content-Type", "Authorization"):
        data = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + f"{name}: a\r\n".encode() * 2 + b"\r\n"
        assert name in exchange(empty_server, data).problem(400)["detail"]


def test_a_limit_of_http_is_named(empty_server):
    long = b"a" * 40_000
    too_large = exchange(empty_server, post(b"Content-Length: %d" % (BODY_BYTES_MAX + 1), body=b""))
    assert "256 KiB" in too_large.problem(413)["detail"]
    assert "8 KiB" in exchange(empty_server, b"GET /" + long).problem(414)["detail"]
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
    assert "16 KiB" in exchange(empty_server, head + long).problem(431)["detail"]


@pytest.mark.parametrize("headers", [
    [b"X-Long: " + b"a" * 17_000], [b"X-Long: " + b"a" * 100_000],
    [b"X-%d: %s" % (i, b"a" * 50) for i in range(400)], [b"A:"] * 6000,
], ids=["one long", "one very long", "many", "very many tiny"])
def test_headers_too_large(empty_server, headers):
    exchange(empty_server, post(LENGTH, *headers)).problem(431)


def test_declared_body_over_the_limit_is_refused_unread(empty_server):
    head = post(b"Content-Length: %d" % (BODY_BYTES_MAX + 1), body=b"")
    exchange(empty_server, head).problem(413)


def test_chunked_body_is_refused_at_the_limit(empty_server):
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    # Not one byte behind the limit: the answer must not wait for more.
    exchange(empty_server, chunked(*[chunk] * 4, b"1\r\n ")).problem(413)
    exchange(empty_server, chunked(b"40001\r\n")).problem(413)


@pytest.mark.parametrize("beginning", [post(b"Content-Length: 1000"), chunked(b"20\r\n{"), b"G",
                                       b"GET /healthz HTTP/1.1\r\nHo"])
def test_truncated_request(empty_server, beginning):
    exchange(empty_server, beginning, end_of_stream=True).problem(400)


def test_million_digits(empty_server):
    body = VALID.replace(b"29.99", b"9" * 1_000_000)
    empty_server.send_raw(post(b"Content-Length: %d" % len(body), body=b"")).problem(413)


def test_idle_connections_do_not_lock_others_out(fresh_server):
    sockets = [fresh_server.raw() for _ in range(1500)]
    try:
        for sock in sockets[::2]:
            sock.sendall(b"GET /hea")
        client = Client(fresh_server.port)
        assert client.request("GET", "/healthz").status == 200
        order = client.request("POST", "/orders", order_body()).json
        fresh_server.await_status(order["orderId"], "SHIPPED")
        assert fresh_server.events(order["orderId"]) == LIFE
    finally:
        for sock in sockets:
            sock.close()


# Type.

@pytest.mark.parametrize("content_type", [
    "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16",
    "application/json; charset=iso-8859-1", "application/jsonx", "", "application/*", None,
    "application/problem+json", "application/json; charset", "application/json; a=b; charset=latin1"])
def test_media_type_other_than_json(empty_server, content_type):
    data = post(LENGTH)
    line = b"" if content_type is None else b"Content-Type: " + content_type.encode() + b"\r\n"
    data = data.replace(b"Content-Type: application/json\r\n", line)
    empty_server.send_raw(data).problem(415)


@pytest.mark.parametrize("coding", ["gzip", "identity, gzip", ", gzip", "identity, identity, br"])
def test_compressed_body(empty_server, coding):
    headers = {"Content-Encoding": coding}
    empty_server.request("POST", "/orders", b"\x1f\x8b\x08\x00", headers).problem(415)


@pytest.mark.parametrize("headers", [
    {"Content-Type": 'Application/JSON ; Charset="UTF-8"'},
    {"Content-Type": "application/json; profile=x", "Content-Encoding": "identity"},
    {"Content-Type": "application/json; charset=utf8"}, {"Content-Type": "application/json;charset=US-ASCII"},
    {"Content-Encoding": ""}, {"Content-Encoding": "identity, Identity,"}, {"Content-Encoding": ","}])
def test_media_type_that_is_json(empty_server, headers):
    empty_server.request("POST", "/orders", b"{}", headers).problem(422)


@pytest.mark.parametrize("method, path, allow", [
    ("DELETE", "/orders", {"GET", "POST"}), ("PUT", "/orders", {"GET", "POST"}),
    ("POST", "/healthz", {"GET"}), ("DELETE", "/products/w", {"GET", "PUT"}),
    ("POST", "/orders/01890000-0000-7000-8000-000000000000", {"GET"}),
    ("GET", "/orders/01890000-0000-7000-8000-000000000000/cancel", {"POST"}),
    ("BREW", "/orders", {"GET", "POST"}), ("get", "/healthz", {"GET"}),
])
def test_wrong_method(empty_server, method, path, allow):
    answer = empty_server.request(method, path)
    answer.problem(405)
    assert set(answer.headers["allow"].replace(" ", "").split(",")) - {"HEAD", "OPTIONS"} == allow


# Path and query.

@pytest.mark.parametrize("path, status", [
    ("/orders/../admin", 404), ("/orders/../queues", 404), ("/orders/%2e%2e%2fadmin", 404),
    ("/orders/%2e%2e/queues", 404), ("/orders/..%2fadmin", 404), ("//orders", 404), ("/orders/", 404),
    ("/ORDERS", 404), ("/", 404), ("/orders/x/y/z/w/v", 404), ("/orders/%00", 400), ("/orders/%zz", 400),
    ("/orders/%", 400), ("/orders/%f", 400), ("/orders/%ff", 400), ("/orders/%c0%af", 400),
    ("/orders/%ed%a0%80", 400), ("/healthz/", 404), ("/orders/01890000-0000-7000-8000-00000000000g", 404),
    ("/orders/01890000-0000-7000-8000-0000000000000", 404), ("/healthz?x", 400),
    ("/orders/" + "a" * 7000, 404), ("/orders/" + "%41" * 2000, 404),
    ("/products/%00", 400), ("/products/" + "a" * 7000, 404),
])
def test_paths(empty_server, path, status):
    empty_server.get(path).problem(status)


QUERIES = [
    "limit=-1", "limit=1000000000", "limit=0", "limit=201", "limit=abc", "limit=1e1", "limit=", "limit=1&limit=1",
    "limit=1&%6cimit=2", "limit=%zz", "limit=99999999999999999999999", "limit=%2b1", "cursor=", "cursor=forged",
    "cursor=AAAAAAAAAAAAAAAA", "cursor=" + "x" * 500, "cursor=%C3%A9", "cursor=%00", "colour=red",
    "limit", "limit=%205", "Limit=5", "=1"]
ORDER_QUERIES = [
    "status=LOST", "status=shipped", "status=SHIPPED&status=SHIPPED", "from=yesterday", "from=2026-02-30",
    "to=2026-01-01T00:00:00", "to=2026-01-01T00:00:00%2B02:00", "to=", "customerEmail=%00", "customerEmail=", "status="]


@pytest.mark.parametrize("query", [f"{path}?{query}" for path, queries in (
    ("/orders", QUERIES + ORDER_QUERIES), ("/products", QUERIES)) for query in queries])
def test_queries(empty_server, query):
    empty_server.admin("GET", query).problem(400)


# Idempotency-Key.

@pytest.mark.parametrize("lines", [
    [b"Idempotency-Key:"], [b"Idempotency-Key:    "], [b"Idempotency-Key: " + b"k" * 256],
    [b"Idempotency-Key: a\x01b"], [b"Idempotency-Key: a\x7fb"], [b"Idempotency-Key: caf\xc3\xa9"],
    [b"Idempotency-Key: a\tb"], [b"Idempotency-Key: a", b"Idempotency-Key: b"],
    [b"Idempotency-Key: a", b"idempotency-key: a"], [b"Idempotency-Key: a,b"], [b'Idempotency-Key: "a", "b"'],
], ids=["empty", "blank", "too long", "control", "DEL", "UTF-8", "tab", "two", "two equal", "two joined", "two quoted"])
def test_bad_idempotency_keys(empty_server, lines):
    empty_server.send_raw(post(LENGTH, *lines)).problem(400)


# JSON.

def with_name(name):
    return VALID.replace(b"Widget", name)


NOT_JSON = {
    "empty": b"", "white space": b" \r\n\t ", "null": b"null", "array": b"[]", "number": b"5",
    "string": b'"order"', "true": b"true", "truncated": VALID[:-1], "truncated in a string": VALID[:20],
    "truncated escape": b'{"customerEmail":"\\u00', "trailing data": VALID + b"x",
    "two objects": VALID + VALID, "trailing NUL": VALID + b"\0", "byte order mark": b"\xef\xbb\xbf" + VALID,
    "UTF-16": VALID.decode().encode("utf-16"), "UTF-16 LE": VALID.decode().encode("utf-16-le"),
    "UTF-32": VALID.decode().encode("utf-32"),
    "invalid UTF-8": with_name(b"\xff"), "lone continuation": with_name(b"\x80"),
    "cut off sequence": with_name(b"\xe2\x82"), "overlong slash": with_name(b"\xc0\xaf"),
    "overlong NUL": with_name(b"\xe0\x80\x80"), "surrogate in UTF-8": with_name(b"\xed\xa0\x80"),
    "beyond Unicode": with_name(b"\xf4\x90\x80\x80"), "Latin-1": with_name("é".encode("latin-1")),
    "lone high surrogate in a member": b'{"\\ud800":1}', "escape without hex": with_name(b"\\u12g4"),
    "high surrogate and a letter": with_name(b"\\ud800x"), "and another escape": with_name(b"\\ud800\\u0041"),
    "lone high surrogate": with_name(b"\\ud800"), "lone low surrogate": with_name(b"\\udc00"),
    "high surrogate twice": with_name(b"\\ud800\\ud800"), "unknown escape": with_name(b"\\x41"),
    "raw control character": with_name(b"\x01"), "raw line feed": with_name(b"a\nb"),
    "100,000 levels": b"[" * 100_000, "100,000 objects deep": b'{"a":' * 40_000,
    "33 levels": b'{"metadata":' + b"[" * 32 + b"]" * 32 + b"}",
    "member twice": VALID.replace(b'"items"', b'"customerEmail":"b@example.com","items"'),
    "member twice, escaped": VALID.replace(b'"items"', b'"customer\\u0045mail":"b@example.com","items"'),
    "member twice, one level up": b'{"x":{"b":1,"c":[{}],"b":2}}', "empty name twice": b'{"":1,"":2}',
    "member of an item twice": VALID.replace(b'"price"', b'"quantity":1,"price"'),
    "a million digits, nearly": VALID.replace(b"29.99", b"9" * 200_000),
    "NaN": VALID.replace(b"29.99", b"NaN"), "Infinity": VALID.replace(b"29.99", b"Infinity"),
    "-Infinity": VALID.replace(b"29.99", b"-Infinity"), "hex": VALID.replace(b"29.99", b"0x1D"),
    "leading zero": VALID.replace(b"29.99", b"029.99"), "plus sign": VALID.replace(b"29.99", b"+1"),
    "no digit before the point": VALID.replace(b"29.99", b".99"),
    "no digit behind the point": VALID.replace(b"29.99", b"29."), "no exponent": VALID.replace(b"29.99", b"1e"),
    "minus alone": VALID.replace(b"29.99", b"-"), "comma in a number": VALID.replace(b"29.99", b"29,99"),
    "line comment": VALID + b" // thanks", "comment": b"/* order */" + VALID,
    "trailing comma": VALID[:-1] + b",}", "trailing comma in an array": VALID.replace(b"}]", b"},]"),
    "single quotes": VALID.replace(b'"', b"'"), "name without quotes": VALID.replace(b'"items"', b"items"),
    "TRUE": VALID.replace(b"29.99", b"TRUE"), "no colon": VALID.replace(b'"items":', b'"items"'),
    "form feed as white space": VALID + b"\x0c", "no-break space": b"\xc2\xa0" + VALID,
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_bad_json_is_400_with_the_position(empty_server, name):
    answer = empty_server.request("POST", "/orders", NOT_JSON[name])
    problem = answer.problem(400)
    assert any(letter.isdigit() for letter in problem["detail"]), problem
    assert "byte" in problem["detail"] or "line" in problem["detail"], problem


# Values.

def item(**changes):
    fields = {"name": "Widget", "price": 29.99, "quantity": 2, **changes}
    return {k: v for k, v in fields.items() if v is not ...}


def order(*items, **changes):
    fields = {"customerEmail": "test@example.com", "items": list(items) or [item()], **changes}
    return {k: v for k, v in fields.items() if v is not ...}


def raw(number):
    """A number that dumps() writes as it is given: 1e400."""
    return f"raw {number}"


def dumps(value):
    return re.sub(r'"raw (.*?)"', r"\1", json.dumps(value))


QUANTITIES = [0, -1, 1.5, raw("1e400"), 2**63, -2**63 - 1, 10_001, "1", True, None, [], {}, raw("1e-1")]
PRICES = [-1, -0.01, "29.99", raw("1e400"), 29.999, raw("1e-3"), True, [], {}, raw("92233720368547758.08"),
          raw("1e17"), 10**11]

VALUES = [
    *[(f"quantity {q!r}", order(item(quantity=q)), ["/items/0/quantity"]) for q in QUANTITIES],
    *[(f"price {p!r}", order(item(price=p)), ["/items/0/price"]) for p in PRICES],
    ("price null", order(item(price=None)), ["/items/0/price"]),
    ("price 5.5 JPY", order(item(price=5.5), currency="JPY"), ["/items/0/price"]),
    ("price 1.0005 KWD", order(item(price=1.0005), currency="KWD"), ["/items/0/price"]),
    ("a line that is too large", order(item(price=1e7, quantity=10_000)), ["/items/0/price"]),
    ("a line that overflows", order(item(price=raw("92233720368547758.07"), quantity=10_000)), ["/items/0/price"]),
    ("a total that is too large", order(item(price=6e9, quantity=1), item(price=6e9, quantity=1)), ["/items"]),
    ("100 lines that overflow together", order(*[item(price=1e10, quantity=1)] * 100), ["/items"]),
    ("no items", order(items=[]), ["/items"]), ("items missing", order(items=...), ["/items"]),
    ("items an object", order(items={}), ["/items"]), ("items null", order(items=None), ["/items"]),
    ("101 items", order(*[item()] * 101), ["/items"]), ("an item a number", order(5), ["/items/0"]),
    ("an item null", order(item(), None), ["/items/1"]),
    ("quantity missing", order(item(quantity=...)), ["/items/0/quantity"]),
    ("price missing", order(item(price=...)), ["/items/0/price"]),
    ("name missing", order(item(name=...)), ["/items/0/name"]),
    ("name empty", order(item(name="")), ["/items/0/name"]), ("name a number", order(item(name=5)), ["/items/0/name"]),
    ("name too long", order(item(name="n" * 257)), ["/items/0/name"]),
    ("sku empty", order(item(sku="")), ["/items/0/sku"]), ("sku null", order(item(sku=None)), ["/items/0/sku"]),
    ("sku too long", order(item(sku="s" * 257)), ["/items/0/sku"]),
    ("unknown currency", order(currency="XYZ"), ["/currency"]), ("currency in lower case", order(currency="usd"), ["/currency"]),
    ("currency empty", order(currency=""), ["/currency"]), ("currency a number", order(currency=840), ["/currency"]),
    ("name as long as it may be", order(item(name="n" * 256, quantity=0)), ["/items/0/quantity"]),
    ("e-mail as long as it may be", order(item(quantity=0), customerEmail="a" * 242 + "@example.com"),
     ["/items/0/quantity"]),
    ("metadata of 50", order(item(quantity=0), metadata={f"k{i}": "v" for i in range(50)}), ["/items/0/quantity"]),
    ("100 empty items, of 200 errors the first 100", order(*[{}] * 100),
     [f"/items/{i}/{member}" for i in range(50) for member in ("name", "quantity")]),
    ("space in the e-mail", order(customerEmail="a b@example.com"), ["/customerEmail"]),
    ("tab in the e-mail", order(customerEmail="\ta@example.com"), ["/customerEmail"]),
    ("DEL in the e-mail", order(customerEmail="a@example.com\x7f"), ["/customerEmail"]),
    ("only a local part", order(customerEmail="a@"), ["/customerEmail"]),
    ("only a domain", order(customerEmail="@example.com"), ["/customerEmail"]),
    ("no @", order(customerEmail="test.example.com"), ["/customerEmail"]),
    ("only @", order(customerEmail="@"), ["/customerEmail"]),
    ("two @", order(customerEmail="a@b@example.com"), ["/customerEmail"]),
    ("CR in the e-mail", order(customerEmail="a@example.com\rBcc: b@example.com"), ["/customerEmail"]),
    ("LF in the e-mail", order(customerEmail="a@example.com\n"), ["/customerEmail"]),
    ("e-mail missing", order(customerEmail=...), ["/customerEmail"]),
    ("e-mail null", order(customerEmail=None), ["/customerEmail"]),
    ("e-mail too long", order(customerEmail="a" * 250 + "@example.com"), ["/customerEmail"]),
    ("NUL in the e-mail", order(customerEmail="a\0@example.com"), ["/customerEmail"]),
    ("NUL in a name", order(item(name="a\0b")), ["/items/0/name"]),
    ("NUL in a SKU", order(item(sku="a\0b")), ["/items/0/sku"]),
    ("NUL in the payment method", order(paymentMethod="pm\0"), ["/paymentMethod"]),
    ("NUL in a metadata value", order(metadata={"k": "a\0b"}), ["/metadata/k"]),
    ("NUL in an address", order(shippingAddress={"line1": "a\0b", "city": "C", "country": "DE"}),
     ["/shippingAddress/line1"]),
    ("payment method empty", order(paymentMethod=""), ["/paymentMethod"]),
    ("space in the payment method", order(paymentMethod="pm x"), ["/paymentMethod"]),
    ("payment method too long", order(paymentMethod="p" * 256), ["/paymentMethod"]),
    ("metadata a string", order(metadata="x"), ["/metadata"]),
    ("metadata an array", order(metadata=[]), ["/metadata"]),
    ("metadata of an empty name", order(metadata={"": "x"}), ["/metadata/"]),
    ("metadata of a number", order(metadata={"k": 5}), ["/metadata/k"]),
    ("metadata pointer is escaped", order(metadata={"a/b~c": 5}), ["/metadata/a~1b~0c"]),
    ("metadata of 51", order(metadata={f"k{i}": "v" for i in range(51)}), ["/metadata"]),
    ("metadata too long", order(metadata={"k": "v" * 513}), ["/metadata/k"]),
    ("address a string", order(shippingAddress="Main Street 1"), ["/shippingAddress"]),
    ("unknown member of an address", order(shippingAddress={"line1": "a", "city": "C", "country": "DE", "zip": "1"}),
     ["/shippingAddress/zip"]),
    ("line of an address empty, no country code",
     order(shippingAddress={"line1": "", "city": "C", "country": "Germany"}),
     ["/shippingAddress/line1", "/shippingAddress/country"]),
    ("unknown member status", order(status="SHIPPED"), ["/status"]),
    ("unknown member __proto__", order(**{"__proto__": {}}), ["/__proto__"]),
    ("unknown member total", order(total=0), ["/total"]),
    ("unknown member with a line break", order(**{"a\nb": 1, "\u2028": 2}), ["/a\nb", "/\u2028"]),
    ("unknown member qty", order(item(qty=2)), ["/items/0/qty"]),
    ("name of 257 characters", order(item(name="\u65e5" * 257)), ["/items/0/name"]),
    ("e-mail of 255 characters", order(customerEmail="\u65e5" * 243 + "@example.com"), ["/customerEmail"]),
    ("key of metadata of 65 characters", order(metadata={"\u65e5" * 65: "v"}), ["/metadata/" + "\u65e5" * 65]),
    ("blank name", order(item(name="\u3000 \t")), ["/items/0/name"]),
    ("blank SKU", order(item(sku="\u00a0")), ["/items/0/sku"]),
    ("SKU .", order(item(sku=".")), ["/items/0/sku"]), ("SKU ..", order(item(sku="..")), ["/items/0/sku"]),
    ("blank line of an address", order(shippingAddress={"line1": " ", "city": "\n", "country": "DE"}),
     ["/shippingAddress/line1", "/shippingAddress/city"]),
    *[(f"U+{ord(space):04X} in the e-mail", order(customerEmail=f"a{space}b@example.com"), ["/customerEmail"])
      for space in "\x0b\x1c\x85\x9f\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"],
    ("empty object", {}, ["/customerEmail", "/items"]),
    ("three things at once", order(item(quantity=0), item(), item(quantity=-1), customerEmail="nobody"),
     ["/customerEmail", "/items/0/quantity", "/items/2/quantity"]),
    ("two prices at once", order(item(price=-1), item(price=0.001)), ["/items/0/price", "/items/1/price"]),
    ("a price and a quantity at once", order(item(price=-1, quantity=0)), ["/items/0/price", "/items/0/quantity"]),
]


@pytest.mark.parametrize("name, body, pointers", VALUES, ids=[value[0] for value in VALUES])
def test_bad_values_are_422_with_a_pointer_to_each(empty_server, name, body, pointers):
    answer = empty_server.request("POST", "/orders", dumps(body))
    problem = answer.problem(422)
    assert sorted(error["pointer"] for error in problem["errors"]) == sorted(pointers), problem
    assert all(error["detail"] for error in problem["errors"])


def test_nul_in_a_metadata_key(empty_server):
    problem = empty_server.request("POST", "/orders", order(metadata={"a\0b": "x"})).problem(422)
    assert problem["errors"][0]["pointer"].startswith("/metadata")


def test_an_order_that_would_fill_its_item_is_refused_with_the_limit(empty_server):
    """Control characters take six bytes in the store, and the events of an order repeat its SKUs."""
    items = [{"sku": f"{i:03}" + "\x01" * 250, "name": "x", "price": 1, "quantity": 1} for i in range(100)]
    answer = empty_server.post_order({"customerEmail": "a@example.com", "items": items})
    assert (answer.status, answer.json["code"]) == (422, "invalid_value")
    assert "an order may take 300000" in answer.json["errors"][0]["detail"]
    assert answer.json["errors"][0]["pointer"] == ""
