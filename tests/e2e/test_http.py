"""HTTP as clients use it: keep-alive, pipelines, chunks, slow but steady senders, the exact limits."""

import json
import re

import pytest

from harness import is_closed_by_peer, order_body, post_bytes, read_response

GET_HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_one_connection_serves_many_requests(server):
    with server.raw() as sock:
        for _ in range(100):
            sock.sendall(GET_HEALTH)
            assert read_response(sock).status == 200


def test_pipelined_requests_are_answered_in_order(server):
    # More than a buffer full, so that a request is cut somewhere.
    bodies = [order_body(metadata={"n": str(i), "pad": "x" * (i % 97)}) for i in range(150)]
    with server.raw() as sock, sock.makefile("rb") as stream:
        sock.sendall(b"".join(post_bytes(body) for body in bodies) + GET_HEALTH)
        for body in bodies:
            answer = read_from(stream)
            assert answer[0] == 201 and json.loads(answer[1])["metadata"] == body["metadata"]
        assert read_from(stream)[0] == 200


def read_from(stream):
    """One answer from a buffered stream, which may hold more of them."""
    status = int(stream.readline().split()[1])
    length = 0
    while (line := stream.readline().strip()):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, stream.read(length)


CHUNKED = (b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           b"Transfer-Encoding: chunked\r\n\r\n")


@pytest.mark.parametrize("data", [post_bytes(order_body()), CHUNKED + b"%%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n"
                                  % json.dumps(order_body()).encode() % len(json.dumps(order_body()))],
                         ids=["with a length", "chunked"])
def test_a_request_in_single_bytes(server, data):
    with server.raw() as sock:
        for i in range(len(data)):
            sock.send(data[i:i + 1])
        assert read_response(sock).status == 201


def test_an_empty_line_before_a_request_in_two_pieces(server):
    with server.raw() as sock:
        sock.sendall(GET_HEALTH + b"\r")
        assert read_response(sock).status == 200  # so that the server has read the first half
        sock.sendall(b"\n" + GET_HEALTH)
        assert read_response(sock).status == 200


def test_a_chunked_body(server):
    body = json.dumps(order_body(metadata={"long": "x" * 400})).encode()
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                      for i in range(0, len(body), 7))
    with server.raw() as sock:
        sock.sendall(CHUNKED + chunks + b"0\r\nTrailer: x\r\n\r\n" + GET_HEALTH)
        with sock.makefile("rb") as stream:
            assert read_from(stream)[0] == 201
            assert read_from(stream)[0] == 200


@pytest.mark.parametrize("version, header, stays", [
    (b"HTTP/1.1", b"Connection: close", False), (b"HTTP/1.0", b"X: y", False),
    (b"HTTP/1.0", b"Connection: keep-alive", True), (b"HTTP/1.1", b"Connection: keep-alive", True)])
def test_who_closes(server, version, header, stays):
    request = b"GET /healthz %s\r\nHost: localhost\r\n%s\r\n\r\n" % (version, header)
    with server.raw() as sock:
        sock.sendall(request)
        answer = read_response(sock)
        assert answer.status == 200
        says = "close" if not stays else "keep-alive" if version == b"HTTP/1.0" else None
        assert answer.headers.get("connection") == says
        if stays:
            sock.sendall(request)
            assert read_response(sock).status == 200
        else:
            assert is_closed_by_peer(sock, 2)


def test_head_has_the_headers_and_no_body(server):
    answer = server.request("HEAD", "/healthz")
    assert answer.status == 200 and answer.body == b"" and int(answer.headers["content-length"]) > 0
    assert server.get("/healthz").status == 200  # right behind it, on the same connection


def test_expect_100_continue(server):
    data = post_bytes(order_body(), b"Expect: 100-continue")
    head, body = data.split(b"\r\n\r\n", 1)
    with server.raw() as sock:
        for _ in range(2):
            sock.sendall(head + b"\r\n\r\n")
            assert sock.recv(100).startswith(b"HTTP/1.1 100 Continue")
            sock.sendall(body)
            assert read_response(sock).status == 201
        sock.sendall(post_bytes(b" " * (256 * 1024 + 1), b"Expect: 100-continue").rstrip(b" "))
        read_response(sock).problem(413)


@pytest.mark.parametrize("expect, waits", [
    (b"", False), (b",", False), (b"100-continue, 100-Continue", True), (b", 100-continue", True),
    (b"100-continue\r\nExpect:", True)])
def test_expect_is_a_list(server, expect, waits):
    head, body = post_bytes(order_body(), b"Expect: " + expect).split(b"\r\n\r\n", 1)
    with server.raw() as sock:
        sock.sendall(head + b"\r\n\r\n")
        if waits:
            assert sock.recv(100).startswith(b"HTTP/1.1 100 Continue")
        sock.sendall(body)
        assert read_response(sock).status == 201


@pytest.mark.parametrize("host", [
    b"localhost", b"localhost:8080", b"localhost:", b"127.0.0.1:80", b"[::1]", b"[::1]:8080", b"[2001:db8::1.2.3.4]",
    b"", b"a_b.example", b"xn--caf-dma.example", b"caf%C3%A9.example", b"a.b.:65535", b"A!$&'()*+;=~"])
def test_hosts_of_every_form(server, host):
    with server.raw() as sock:
        for request in (b"GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n" % host,
                        b"GET http://%s/healthz HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host)):
            sock.sendall(request)
            assert read_response(sock).status == 200


def test_options_of_the_whole_server(server):
    with server.raw() as sock:
        for _ in range(2):
            sock.sendall(b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = read_response(sock)
            assert answer.status == 200 and answer.body == b"" and answer.headers["content-length"] == "0"
            assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "PUT", "OPTIONS"}


@pytest.mark.parametrize("chunked", [False, True])
def test_413_reaches_a_client_that_sends_all_before_it_reads(server, chunked):
    size = 6 * 1024 * 1024
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (size, b" " * size) if chunked else b" " * size
    head = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    with server.raw() as sock:
        sock.sendall(b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     + head + b"\r\n\r\n")
        for at in range(0, len(body), 64 * 1024):
            sock.sendall(body[at:at + 64 * 1024])
        read_response(sock).problem(413, "body_too_large")


def test_answers_are_not_stored_by_caches(server):
    order = server.create(order_body())
    for path in (f"/orders/{order['orderId']}", f"/orders/{order['orderId']}/timeline", "/products", "/healthz",
                 "/readyz", "/metrics", "/nowhere", "/orders", "/products/nowhere", "/healthz?x"):
        assert server.get(path).headers["cache-control"] == "no-store", path
    for path in ("/orders", "/queues"):
        assert server.admin("GET", path).headers["cache-control"] == "no-store", path
    assert server.post_order(order_body()).headers["cache-control"] == "no-store"
    assert server.send_raw(b"broken\r\n\r\n").headers["cache-control"] == "no-store"
    assert "cache-control" not in server.get("/openapi.yaml").headers


def test_the_largest_body(server):
    body = json.dumps(order_body()).encode()
    assert server.request("POST", "/orders", body.ljust(256 * 1024)).status == 201


def test_the_deepest_body(server):
    body = b'{"metadata":' + b"[" * 31 + b"]" * 31 + b"}"
    assert server.request("POST", "/orders", body).status == 422  # 32 levels are JSON, just not an order


def test_an_escape_that_need_not_be_there(server):
    assert server.get("/he%61lthz").status == 200
    assert server.get("/%71ueues").status == 401


def test_the_longest_target(server):
    target = "/orders/" + "a" * (8 * 1024 - 8)
    assert server.get(target).status == 404


def test_every_answer_has_a_date_and_no_server(server):
    headers = server.get("/healthz").headers
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", headers["date"])
    assert "server" not in headers


def test_every_answer_has_a_request_id_of_its_own(server):
    answers = [server.get("/healthz"), server.get("/nowhere"), server.post_order(b"{")]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 3
    assert server.send_raw(b"broken\r\n\r\n").headers["x-request-id"] not in ids


def test_the_clients_request_id_comes_back(server):
    assert server.get("/healthz", {"X-Request-Id": "trace-17"}).headers["x-request-id"] == "trace-17"
    # What could break a log or a header is replaced.
    for hostile in ("test@example.com", "a b", '"a"', "", "x" * 65, 'a"b{}' + "x" * 300):
        answer = server.get("/healthz", {"X-Request-Id": hostile})
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"]), hostile
