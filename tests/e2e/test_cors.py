"""--cors-origin: a page of another origin calls the API from a browser."""

import pytest

from harness import order_body, run_cli, running

SHOP, STAFF, OTHER = "https://shop.example.com", "http://localhost:3000", "https://evil.example.com"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,idempotency-key"}


@pytest.fixture(scope="module")
def cors_server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("cors"), "--cors-origin", SHOP, "--cors-origin", STAFF) as server:
        yield server


def names(value):
    return {name.strip().lower() for name in value.split(",")}


@pytest.mark.parametrize("origin", [SHOP, STAFF])
def test_a_page_of_an_allowed_origin_places_an_order(cors_server, origin):
    answer = cors_server.request("OPTIONS", "/orders", headers={"Origin": origin, **PREFLIGHT})
    assert answer.status == 200 and answer.body == b""
    assert answer.headers["access-control-allow-origin"] == origin and answer.headers["vary"] == "Origin"
    assert "post" in names(answer.headers["access-control-allow-methods"])
    assert {"content-type", "idempotency-key", "authorization"} <= names(answer.headers["access-control-allow-headers"])
    assert "access-control-allow-credentials" not in answer.headers

    answer = cors_server.request("POST", "/orders", order_body(), {"Origin": origin})
    assert answer.status == 201 and answer.headers["access-control-allow-origin"] == origin
    assert {"location", "idempotent-replayed"} <= names(answer.headers["access-control-expose-headers"])
    # A page must be able to read what was wrong.
    answer = cors_server.request("POST", "/orders", {}, {"Origin": origin})
    assert answer.status == 422 and answer.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", [OTHER, "null", SHOP + ".evil.example.com", SHOP + "/", SHOP.upper(), ""])
def test_a_page_of_another_origin_is_not_allowed(cors_server, origin):
    answer = cors_server.request("OPTIONS", "/orders", headers={"Origin": origin, **PREFLIGHT})
    assert answer.status == 405 and "access-control-allow-origin" not in answer.headers
    answer = cors_server.get("/products", {"Origin": origin})
    assert answer.status == 200 and "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Origin"


def test_an_options_request_that_is_no_preflight_is_not_one(cors_server):
    assert cors_server.request("OPTIONS", "/orders", headers={"Origin": SHOP}).status == 405


def test_without_the_option_no_page_is_allowed(server):
    answer = server.request("OPTIONS", "/orders", headers={"Origin": SHOP, **PREFLIGHT})
    assert answer.status == 405 and "access-control-allow-origin" not in answer.headers
    assert "vary" not in server.get("/products", {"Origin": SHOP}).headers


def test_every_page_is_allowed_by_a_star(tmp_path):
    with running(tmp_path, "--cors-origin", "*") as server:
        assert server.get("/products", {"Origin": OTHER}).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("origin", ["shop.example.com", "https://shop.example.com/", "https://", "ftp://a", "", "https://A.b",
                                    "https://a.b, https://c.d"])
def test_what_is_no_origin_is_refused(tmp_path, origin):
    result = run_cli("serve", "--data", tmp_path / "data", "--cors-origin", origin)
    assert result.returncode != 0 and "--cors-origin" in result.stderr and not (tmp_path / "data").exists()
