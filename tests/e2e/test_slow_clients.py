"""Clients that stop in the middle of a request: each is answered 408 and disconnected. Takes 30 s, the limit
for a whole request."""

from harness import is_closed_by_peer, read_response

POST = b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BEGINNINGS = [b"G",
              POST + b"Content-Le",
              POST + b"Content-Length: 100\r\n\r\n{\"customerEmail\"",
              POST + b"Transfer-Encoding: chunked\r\n\r\n20\r\n{\"cust"]


def test_a_client_that_does_not_finish_its_request_gets_408(fresh_server):
    sockets = [fresh_server.raw(timeout=45) for _ in BEGINNINGS]
    for sock, beginning in zip(sockets, BEGINNINGS):
        sock.sendall(beginning)
    for sock in sockets:
        read_response(sock).problem(408)
        assert is_closed_by_peer(sock)
        sock.close()
    assert fresh_server.get("/healthz").status == 200
