"""By which names the service answers: a page of a stranger, whose name leads to this machine, reads nothing."""

import pytest

from harness import order_body, read_response, run_cli

PATHS = ["/orders", "/metrics", "/products", "/openapi.yaml", "/nowhere", "/orders/01890000-0000-7000-8000-000000000000"]


def ask(server, path, host, method="GET", headers=None):
    return server.request(method, path, headers={"Host": host, **(headers or {})})


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example", "192.0.2.1", "[2001:db8::1]"])
def test_a_foreign_host_is_refused(server, host):
    for path in PATHS:
        refused = ask(server, path, host, headers={"Authorization": f"Bearer {server.token}"})
        problem = refused.problem(421, "misdirected_request")
        assert "--host" in problem["detail"] and "evil" not in problem["detail"]
    refused = server.request("POST", "/orders", order_body("stranger@example.com"), {"Host": host})
    refused.problem(421)
    assert server.list_orders(customerEmail="stranger@example.com") == []
    with server.raw() as sock:
        sock.sendall(f"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        read_response(sock).problem(421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "localhost.", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:80"])
def test_loopback_names_are_always_the_service(server, host):
    assert ask(server, "/products", host).status == 200


def test_health_checks_answer_by_any_name(server):
    for path in ("/healthz", "/readyz"):
        assert ask(server, path, "load-balancer.example").status == 200


def test_the_host_of_the_target_goes_before_the_header(server):
    def status(target, host):
        with server.raw() as sock:
            sock.sendall(f"GET http://{target}/products HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            return read_response(sock).status
    assert status("localhost", "evil.example") == 200
    assert status("evil.example", "localhost") == 421


def test_a_client_of_http_1_0_need_not_name_a_host(server):
    with server.raw() as sock:
        sock.sendall(b"GET /products HTTP/1.0\r\n\r\n")
        assert read_response(sock).status == 200


def test_named_hosts_are_the_service(serve):
    server = serve("--host", "shop.example.com", "--host", "192.0.2.1", "--host", "2001:db8::1",
                   "--cors-origin", "https://www.example.com")
    for host in ("shop.example.com", "Shop.Example.Com:443", "192.0.2.1", "[2001:db8::1]:80", "localhost"):
        assert ask(server, "/products", host).status == 200, host
    for host in ("www.shop.example.com", "example.com", "www.example.com", "192.0.2.2"):
        ask(server, "/products", host).problem(421)
    # A page that may call the API calls it by its name.
    preflight = {"Origin": "https://www.example.com", "Access-Control-Request-Method": "POST"}
    assert ask(server, "/orders", "shop.example.com", "OPTIONS", preflight).status == 200
    refused = ask(server, "/orders", "evil.example", "OPTIONS", preflight)
    assert refused.status == 421 and "access-control-allow-origin" not in refused.headers


def test_on_all_addresses_every_address_is_the_service_and_no_other_name(serve):
    server = serve(listen="0.0.0.0:0")
    for host in ("192.0.2.1:8080", "[2001:db8::1]", "localhost"):
        assert ask(server, "/products", host).status == 200, host
    ask(server, "/products", "evil.example").problem(421)


@pytest.mark.parametrize("name", ["", "shop.example.com:443", "http://shop.example.com", "*", "a/b", "[::1", "a b"])
def test_a_name_that_cannot_be_a_host_ends_the_start(tmp_path, name):
    result = run_cli("serve", "--data", tmp_path, "--listen", "127.0.0.1:0", "--host", name)
    assert result.returncode == 2
    assert "--host" in result.stderr
