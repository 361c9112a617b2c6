"""docs/openapi.yaml as the tools see it that people use: two linters, readers of its patterns in Python and in
ECMAScript, and the rules of those that make clients from it."""

import json
import os
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

from harness import running

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CONTRACT = ROOT / "docs/openapi.yaml"
DOCUMENT = yaml.safe_load(CONTRACT.read_text())
COMPONENTS = DOCUMENT["components"]


@pytest.fixture(scope="session")
def tools():
    """The folder with the packages of package-lock.json."""
    folder = ROOT / "build/openapi-tests"
    subprocess.run([HERE.parent / "npm-ci.sh", HERE, folder, "the linters of the contract"], check=True)
    return folder


def run_tool(tools, name, *arguments):
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
    return subprocess.run([tools / "node_modules/.bin" / name, *arguments], capture_output=True, text=True,
                          timeout=120, env={**os.environ, **quiet})


def test_redocly_finds_nothing(tools):
    result = run_tool(tools, "redocly", "lint", CONTRACT, "--config", HERE / "redocly.yaml", "--format=json")
    findings = json.loads(result.stdout[result.stdout.index("{"):])
    assert result.returncode == 0 and findings["problems"] == [], result.stdout


def test_spectral_finds_nothing(tools):
    result = run_tool(tools, "spectral", "lint", "-r", HERE / ".spectral.yaml", "--fail-severity=hint", CONTRACT)
    assert result.returncode == 0, result.stdout + result.stderr


def nodes(node, path=""):
    """Every object of the document, with where it is; examples left out."""
    if isinstance(node, dict):
        yield path, node
        for name, value in node.items():
            if name not in ("example", "examples", "x-refused-examples"):
                yield from nodes(value, f"{path}/{name}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from nodes(value, f"{path}/{i}")


PATTERNS = {path: node for path, node in nodes(DOCUMENT) if isinstance(node.get("pattern"), str)}
SPACES = "\t\n\v\f\r\x1c\x1f \x7f\x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
WORDS = ["", "a", "DE", "EUR", "a@b", "pm_card_visa", "Bearer x", "8e03978e", "\u00e9", "\u65e5", "\0"]
TEXTS = sorted({*WORDS, *SPACES, *(f"{a}{b}" for a in WORDS for b in SPACES), *(f"{b}{a}" for a in WORDS for b in SPACES),
                *(f"a{b}@b" for b in SPACES), *(f"a{b}b" for b in SPACES), ".", "..", "a\nb", "a\n\n"})


def takes(schema, value):
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).is_valid(value)


def test_a_pattern_means_the_same_in_python_and_in_ecmascript(tools):
    cases = [{"schema": schema, "values": TEXTS} for schema in PATTERNS.values()]
    node = subprocess.run(["node", HERE / "accepts.mjs", tools], input=json.dumps(cases), capture_output=True,
                          text=True, timeout=60)
    assert node.returncode == 0, node.stderr
    assert len(PATTERNS) >= 8
    for path, case, answers in zip(PATTERNS, cases, json.loads(node.stdout)):
        for text, ecmascript in zip(TEXTS, answers):
            assert takes(case["schema"], text) == ecmascript, (path, text)


def test_a_line_break_is_no_part_of_what_must_be_one_line():
    for path, schema in PATTERNS.items():
        if path.endswith("/not") or "/headers/" in path:  # the latter cannot hold one
            continue
        if r"[^\x00]*$" in schema["pattern"]:
            assert takes(schema, "a\n"), path  # free text
        else:
            assert not [text for text in TEXTS if text.endswith("\n") and takes(schema, text)], path


def test_no_pattern_where_a_format_says_it():
    """Generators make a date or a UUID of such a string, which has no pattern."""
    assert not [path for path, node in nodes(DOCUMENT) if "pattern" in node and "format" in node]


def test_a_name_is_used_once_across_all_components():
    """Generators put all of them into one scope, in a spelling of their own."""
    names = [re.sub(r"\W|_", "", name).lower() for kind, parts in COMPONENTS.items() for name in parts
             if kind not in ("securitySchemes", "links")]
    assert sorted(names) == sorted(set(names))


def test_no_schema_is_named_like_what_generators_add():
    operations = [node["operationId"].lower() for _, node in nodes(DOCUMENT["paths"]) if "operationId" in node]
    for name in COMPONENTS["schemas"]:
        assert not name.startswith("New"), f"{name}: the constructor of {name[3:]} in Go"
        assert not re.search(r"(Request|Response|Params|Body|Client|Error)$", name), name
        assert name.lower() not in operations, name


def test_each_enum_has_a_name_a_type_and_values_of_its_own():
    used = []
    for path, node in nodes(DOCUMENT):
        if "enum" not in node or path.endswith("/not"):
            continue
        assert re.fullmatch(r"/components/schemas/\w+", path), f"{path} is an enum without a name"
        assert node["type"] == "string", path
        assert len(node["x-enum-varnames"]) == len(node["enum"]), path
        used += [name.upper() for name in node["x-enum-varnames"]]
    assert len(used) > 20 and sorted(used) == sorted(set(used))


def test_every_operation_says_whether_it_needs_a_token():
    for path, node in nodes(DOCUMENT["paths"]):
        if "operationId" in node:
            assert "security" in node, path


def test_every_media_type_is_one_that_generators_know():
    for path, node in nodes(DOCUMENT):
        for media_type in node.get("content", {}) if isinstance(node.get("content"), dict) else ():
            assert re.fullmatch(r"application/(\w+\+)?json|text/\w+", media_type), (path, media_type)


def test_no_member_of_a_request_has_a_default():
    """Generators make such a member required, or send it where the caller has left it out."""
    assert not [path for path, node in nodes(COMPONENTS["schemas"]) if "default" in node]


def test_a_client_made_from_it_compiles_and_places_an_order(tools, tmp_path):
    (tmp_path / "node_modules").symlink_to(tools / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "client.ts").write_text((HERE / "client.ts").read_text())
    made = run_tool(tools, "openapi-typescript", CONTRACT, "-o", tmp_path / "contract.ts")
    assert made.returncode == 0, made.stdout + made.stderr
    options = ["--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom",
               "--types", "node", "--typeRoots", tools / "node_modules/@types"]
    compiled = run_tool(tools, "tsc", *options, tmp_path / "client.ts")
    assert compiled.returncode == 0, compiled.stdout
    with running(tmp_path / "shop") as server:
        client = subprocess.run(["node", tmp_path / "client.js", f"http://127.0.0.1:{server.port}"],
                                capture_output=True, text=True, timeout=60)
        assert client.returncode == 0, client.stderr
        order = server.await_end(client.stdout.strip())
        assert order["status"] == "SHIPPED" and order["items"][0]["name"] == "Widget"
