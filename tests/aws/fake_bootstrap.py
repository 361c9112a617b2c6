"""A Lambda runtime in a few lines, to test the double with: does what the event asks for.

    {"do": "echo"}    answers with the event, its request id, deadline and process id
    {"do": "error"}   reports an invocation error
    {"do": "exit"}    ends at once
    {"do": "hang"}    never answers
    {"Records": ...}  each body is one of those; "fail" fails that record, what else is done
    an API event      answers with the event as its body
"""

import http.client
import json
import os
import signal
import sys

PREFIX = "/2018-06-01/runtime/"


def post(runtime, path, body):
    runtime.request("POST", PREFIX + path, json.dumps(body))
    answer = runtime.getresponse()
    answer.read()
    return answer.status


def act(event, head):
    if "requestContext" in event:
        return {"statusCode": 201, "headers": {"X-Function": os.environ["_HANDLER"]}, "body": json.dumps(event)}
    if "Records" in event:
        failed = [record["messageId"] for record in event["Records"] if act_on_record(record) == "fail"]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
    match event.get("do"):
        case "exit":
            os._exit(7)
        case "hang":
            signal.pause()
        case "error":
            raise ValueError("as asked for")
    return {"event": event, "pid": os.getpid(), "id": head["Lambda-Runtime-Aws-Request-Id"],
            "deadline": int(head["Lambda-Runtime-Deadline-Ms"])}


def act_on_record(record):
    what = json.loads(record["body"])["do"]
    if what in ("exit", "hang"):
        act({"do": what}, None)
    return what


def main():
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    if "FAKE_INIT_ERROR" in os.environ:
        post(runtime, "init/error", {"errorType": "Fake.Init", "errorMessage": "as asked for"})
        sys.exit(1)
    while True:
        runtime.request("GET", PREFIX + "invocation/next")
        answer = runtime.getresponse()
        event, request_id = json.load(answer), answer.headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            post(runtime, f"invocation/{request_id}/response", act(event, answer.headers))
        except ValueError as error:
            post(runtime, f"invocation/{request_id}/error",
                 {"errorType": type(error).__name__, "errorMessage": str(error)})


main()
