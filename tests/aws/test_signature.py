"""The requests of the functions are signed as AWS wants them, and need no more rights than they are given:
on moto_server, which verifies both. Where it is not installed, these tests are skipped."""

import contextlib
import json
import re
import shutil
import subprocess
import time
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

import processes
from deployment import Deployment
from harness import Shop, order_body
from lambda_double import LambdaDouble
from services import AUTHORIZATION, DynamoDb, Sqs
from shops import BOOTSTRAP
from test_bootstrap import v2

pytestmark = pytest.mark.skipif(not shutil.which("moto_server"), reason="moto_server is not installed")
START_SECONDS = 60
READ = ["dynamodb:GetItem"]
WRITE = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "sqs:SendMessage"]


class Moto(Shop):
    def __init__(self, port):
        super().__init__(port)
        self.servers = SimpleNamespace(dynamodb=DynamoDb(port), sqs=Sqs(port))
        self.verifies(False)

    def post(self, path, body, headers):
        answer = self.request("POST", path, body, headers)
        assert answer.status == 200, answer
        return answer.body.decode()

    def verifies(self, really):
        """Counts down the requests that need no right signature."""
        self.post("/moto-api/reset-auth", "0" if really else "inf", {})

    def iam(self, action, **parameters):
        form = urlencode({"Action": action, "Version": "2010-05-08", **parameters})
        return self.post("/", form, {"Content-Type": "application/x-www-form-urlencoded",
                                     "Authorization": AUTHORIZATION.format("iam")})

    def user_who_may(self, actions):
        """(access key, secret) of a new user."""
        name = f"user-{time.monotonic_ns()}"
        policy = {"Version": "2012-10-17",
                  "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        self.iam("CreateUser", UserName=name)
        self.iam("PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        text = self.iam("CreateAccessKey", UserName=name)
        return [re.search(f"<{tag}>(.*?)</{tag}>", text)[1] for tag in ("AccessKeyId", "SecretAccessKey")]


@pytest.fixture(scope="module")
def moto():
    process = processes.start(["moto_server", "-H", "127.0.0.1", "-p", "0"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
    try:
        while not (match := re.search(r"http://127\.0\.0\.1:(\d+)", processes.read_line(process, START_SECONDS))):
            pass
        yield Moto(int(match[1]))
    finally:
        processes.end(process)


@pytest.fixture
def functions(moto, tmp_path):
    """Starts the functions of a new shop, as a user with these rights; `secret` in place of the right one."""
    with contextlib.ExitStack() as stack:
        def start(actions, secret=None):
            moto.verifies(False)
            deployment = Deployment(moto.servers).create()
            key, right_secret = moto.user_who_may(actions)
            environment = {**deployment.environment(), "AWS_ACCESS_KEY_ID": key,
                           "AWS_SECRET_ACCESS_KEY": secret or right_secret}
            del environment["AWS_SESSION_TOKEN"]
            moto.verifies(True)
            return stack.enter_context(LambdaDouble(BOOTSTRAP, environment, tmp_path / key))
        yield start


def submit(service):
    return service.invoke("order-submission", v2("POST", "/orders", json.dumps(order_body())))


def test_signed_requests_are_accepted(functions):
    service = functions(WRITE)
    answer = submit(service)
    assert answer["statusCode"] == 201, service.logs()
    order_id = json.loads(answer["body"])["orderId"]
    assert service.invoke("order-status", v2("GET", f"/orders/{order_id}"))["statusCode"] == 200


def test_a_wrong_secret_is_refused(functions):
    assert submit(functions(WRITE, secret="x" * 40))["statusCode"] >= 500


def test_a_missing_right_is_an_error(functions):
    assert submit(functions(READ))["statusCode"] >= 500
