"""An HTTP API (or, with payload "1.0", a REST API) in front of the functions: turns requests into
events and answers with what the functions say.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

As the service does: header names in lower case, several of one name joined by a comma; a body that is
not text comes base64; an HTTP API decodes the path, but leaves the query as it was sent."""

import base64
import contextlib
import re
import time
import uuid
from urllib.parse import parse_qsl, unquote

from http_service import Handler, serving
from lambda_instance import FunctionError

ROUTES = {
    "POST /orders": "order-submission",
    "GET /orders/{orderId}": "order-status",
    "GET /orders/{orderId}/timeline": "order-status",
    "GET /healthz": "order-status",
    "GET /orders": "order-admin",
    "POST /orders/{orderId}/cancel": "order-admin",
    "POST /orders/{orderId}/retry": "order-admin",
    "GET /products": "order-admin",
    "GET /products/{sku}": "order-admin",
    "PUT /products/{sku}": "order-admin",
    "POST /products/{sku}/adjustments": "order-admin",
    "GET /queues": "order-admin",
    "$default": "order-admin",
}
PATTERNS = [(key, function, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", key)))
            for key, function in ROUTES.items() if key != "$default"]
TEXT = re.compile(r"^(text/|application/(json|javascript|xml|problem\+json))")


def find_route(method, path):
    """(route key, function, path parameters)"""
    for key, function, pattern in PATTERNS:
        if match := pattern.fullmatch(f"{method} {path}"):
            return key, function, {name: unquote(value) for name, value in match.groupdict().items()}
    return "$default", ROUTES["$default"], {}


class Request:
    """One HTTP request as both payload versions need it."""

    def __init__(self, handler):
        self.method = handler.command
        self.path, _, self.query = handler.path.partition("?")
        self.headers = [(name.lower(), value) for name, value in handler.headers.items()]
        self.body, self.is_base64 = encode_body(handler.read_body(), handler.headers.get("Content-Type", ""))
        self.id, self.at = str(uuid.uuid4()), time.time()
        self.source_ip = handler.client_address[0]

    def pairs(self):
        return parse_qsl(self.query, keep_blank_values=True)


def encode_body(body, content_type):
    if not body:
        return None, False
    with contextlib.suppress(UnicodeDecodeError):
        if TEXT.match(content_type):
            return body.decode(), False
    return base64.b64encode(body).decode(), True


def grouped(pairs):
    groups = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def joined(pairs):
    return {name: ",".join(values) for name, values in grouped(pairs).items()}


def event_v2(request, route_key, parameters, stage="$default"):
    prefix = "" if stage == "$default" else f"/{stage}"
    path = prefix + unquote(request.path)
    headers = joined(request.headers)
    event = {
        "version": "2.0", "routeKey": route_key, "rawPath": path, "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000", "apiId": "testapi", "domainName": "testapi.example.com",
            "domainPrefix": "testapi", "requestId": request.id, "routeKey": route_key, "stage": stage,
            "http": {"method": request.method, "path": path, "protocol": "HTTP/1.1",
                     "sourceIp": request.source_ip, "userAgent": headers.get("user-agent", "")},
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(request.at)),
            "timeEpoch": int(request.at * 1000)},
        "isBase64Encoded": request.is_base64,
    }
    # What is empty is left out.
    optional = {"queryStringParameters": joined(request.pairs()), "pathParameters": parameters,
                "body": request.body}
    return {**event, **{name: value for name, value in optional.items() if value}}


def event_v1(request, route_key, parameters, stage="prod"):
    """A REST API leaves the path encoded, and says null for what is empty."""
    resource = route_key.partition(" ")[2]
    return {
        "resource": resource, "path": request.path, "httpMethod": request.method,
        "headers": dict(request.headers), "multiValueHeaders": grouped(request.headers),
        "queryStringParameters": dict(request.pairs()) or None,
        "multiValueQueryStringParameters": grouped(request.pairs()) or None,
        "pathParameters": parameters or None, "stageVariables": None,
        "requestContext": {
            "accountId": "000000000000", "apiId": "testapi", "httpMethod": request.method,
            "path": f"/{stage}{request.path}", "resourcePath": resource, "stage": stage,
            "protocol": "HTTP/1.1", "requestId": request.id, "requestTimeEpoch": int(request.at * 1000),
            "identity": {"sourceIp": request.source_ip, "userAgent": dict(request.headers).get("user-agent")}},
        "body": request.body, "isBase64Encoded": request.is_base64,
    }


class Gateway(Handler):
    service = payload = None

    def answer(self):
        request = Request(self)
        key, function, parameters = find_route(request.method, request.path)
        event = (event_v2 if self.payload == "2.0" else event_v1)(request, key, parameters)
        try:
            self.reply(*http_answer(self.service.invoke(function, event)))
        except FunctionError:
            self.reply(500, {"message": "Internal Server Error"})

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = answer


def http_answer(answer):
    """(status, body, headers) of a function's answer; only the shape that a proxy integration takes."""
    body = answer.get("body") or ""
    data = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    single = {**answer.get("headers", {})}
    several = [(name, value) for name, values in answer.get("multiValueHeaders", {}).items() for value in values]
    # API Gateway counts the length itself.
    headers = [(n, str(v)) for n, v in [*single.items(), *several] if n.lower() != "content-length"]
    return answer["statusCode"], data, headers


@contextlib.contextmanager
def api_gateway(service, payload="2.0"):
    """Gives the port."""
    with serving(Gateway, service=service, payload=payload) as port:
        yield port
