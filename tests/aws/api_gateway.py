"""An HTTP API in front of the functions: turns requests into events of payload 2.0 and answers with what the
functions say.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

As the service does: header names in lower case, several of one name joined by a comma; a body that is
not text comes base64; the path is decoded before it is matched, but the query is left as it was sent."""

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
    "POST /queues/{queue}/retry": "order-admin",
    "GET /products": "order-admin",
    "GET /products/{sku+}": "order-admin",
    "PUT /products/{sku+}": "order-admin",
    "POST /products/{sku+}": "order-admin",
    "GET /queues": "order-admin",
    "$default": "order-admin",
}


def pattern_of(route_key):
    one = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route_key)
    return re.compile(re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", one))


PATTERNS = [(key, pattern_of(key)) for key in ROUTES if key != "$default"]
TEXT = re.compile(r"^(text/|application/(json|javascript|xml|problem\+json))")


def find_route(method, path):
    """(route key, path parameters) of a decoded path"""
    for key, pattern in PATTERNS:
        if match := pattern.fullmatch(f"{method} {path}"):
            return key, match.groupdict()
    return "$default", {}


def encode_body(body, content_type):
    """(text, whether it is base64)"""
    with contextlib.suppress(UnicodeDecodeError):
        if TEXT.match(content_type):
            return body.decode(), False
    return base64.b64encode(body).decode(), bool(body)


def joined(pairs):
    values = {}
    for name, value in pairs:
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


class Gateway(Handler):
    service = None

    def answer(self):
        encoded_path, _, query = self.path.partition("?")
        path = unquote(encoded_path)
        route_key, parameters = find_route(self.command, path)
        try:
            answer = self.service.invoke(ROUTES[route_key], self.event(route_key, path, query, parameters))
        except FunctionError:
            return self.reply(500, {"message": "Internal Server Error"})
        # API Gateway counts the length itself.
        headers = [(n, str(v)) for n, v in answer["headers"].items() if n.lower() != "content-length"]
        self.reply(answer["statusCode"], answer.get("body", "").encode(), headers)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = answer

    def event(self, route_key, path, query, parameters):
        headers = joined((name.lower(), value) for name, value in self.headers.items())
        body, is_base64 = encode_body(self.read_body(), headers.get("content-type", ""))
        event = {
            "version": "2.0", "routeKey": route_key, "rawPath": path, "rawQueryString": query, "headers": headers,
            "requestContext": {
                "accountId": "000000000000", "apiId": "testapi", "domainName": "testapi.example.com",
                "domainPrefix": "testapi", "requestId": str(uuid.uuid4()), "routeKey": route_key, "stage": "$default",
                "http": {"method": self.command, "path": path, "protocol": "HTTP/1.1",
                         "sourceIp": self.client_address[0], "userAgent": headers.get("user-agent", "")},
                "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
                "timeEpoch": int(time.time() * 1000)},
            "isBase64Encoded": is_base64,
        }
        # What is empty is left out.
        optional = {"queryStringParameters": joined(parse_qsl(query, keep_blank_values=True)),
                    "pathParameters": parameters, "body": body}
        return {**event, **{name: value for name, value in optional.items() if value}}


def api_gateway(service):
    """Serves while it is entered; gives the port."""
    return serving(Gateway, service=service)
