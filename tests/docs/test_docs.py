"""The documents name what exists: docs/walk.md files and functions, all of them links and files, and
src/README.md the folders of the code and their dependencies."""

import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), ROOT / "src/README.md", *sorted((ROOT / "docs").rglob("*.md")),
             *sorted((ROOT / "bench").rglob("*.md")), *sorted((ROOT / "tests").glob("*/README.md"))]


def walk_steps():
    """Each (path, name) that the walk names side by side: `src/a.cc` `Class::name()`."""
    text = re.sub(r"\s+", " ", (ROOT / "docs/walk.md").read_text())
    return re.findall(r"`(src/[\w/.]+)` `([\w:]+)(?:\(\))?`", text)


def test_the_walk_is_long_enough_to_be_one():
    assert len(walk_steps()) >= 25


@pytest.mark.parametrize("path, name", walk_steps())
def test_what_the_walk_names_is_there(path, name):
    source = ROOT / path
    assert source.is_file(), f"docs/walk.md names {path}, which does not exist"
    pattern = r"\b" + re.escape(name.split("::")[-1] if is_port(path) else name) + r"\b"
    assert re.search(pattern, source.read_text()), f"docs/walk.md: {path} has no {name}"


def walk_ways():
    """{heading: hops} of the numbered lists. A hop is (path, function, the name it is called by)."""
    ways = {}
    for section in re.split(r"^## ", (ROOT / "docs/walk.md").read_text(), flags=re.M)[1:]:
        heading, text = section.split("\n", 1)
        hops = []
        for item in re.findall(r"^\d+\. (.*?)(?=^\d+\. |^$)", text, re.S | re.M):
            path, functions = re.match(r"`(src/[\w/.]+)` ((?:`[\w:]+\(\)`(?: as `\w+`)?,?\s*)+)", item).groups()
            hops += [(path, name, alias or name.split("::")[-1])
                     for name, alias in re.findall(r"`([\w:]+)\(\)`(?: as `(\w+)`)?", functions)]
        if hops:
            ways[heading] = hops
    return ways


def body_of(path, function):
    """The text of a function's definition, from its name to the brace that closes it."""
    text = re.sub(r"//.*", "", (ROOT / path).read_text())
    name = re.escape(function.split("::")[-1])
    for scope in (re.escape(function), name):
        # A declaration's line begins with the name of a type, a call's with anything else.
        for match in re.finditer(rf"^ *(?:(?!return|co_)[\w:<>,&*\[\] ]+[ &*])?{scope}\(", text, re.M):
            depth, begun = 0, False
            for at in range(match.end(), len(text)):
                if text[at] == ";" and not begun:
                    break
                if text[at] in "{}":
                    begun = True
                    depth += 1 if text[at] == "{" else -1
                    if depth == 0 and text[at + 1:].lstrip(" ")[0] == "\n":
                        return text[match.start():at + 1]
    return None


def is_port(path):
    return path.startswith("src/ports/")


def test_the_walk_has_both_ways_of_both_homes():
    assert len(walk_ways()) == 4


@pytest.mark.parametrize("heading, hops", walk_ways().items(), ids=lambda way: way if isinstance(way, str) else "")
def test_each_function_of_a_way_calls_the_next(heading, hops):
    for (path, function, _), (next_path, _, called) in zip(hops, hops[1:]):
        header = (ROOT / next_path).with_suffix(".h")
        overrides = header.is_file() and re.search(rf"\b{called}\([^;]*\boverride;", header.read_text())
        assert bool(overrides) == is_port(path), f"{next_path}: {called}() is called through a port"
        if overrides:
            port = re.search(r"public (\w+)", header.read_text())[1]
            assert function == f"{port}::{called}"
            continue
        body = body_of(path, function)
        assert body, f"{path} does not define {function}()"
        assert re.search(rf"\b{called}\b *\)?\(", body), f"{path}: {function}() does not call {called}()"
    assert is_port(hops[-1][0]) or body_of(*hops[-1][:2])


@pytest.mark.parametrize("heading, hops", walk_ways().items(), ids=lambda way: way if isinstance(way, str) else "")
def test_the_heading_of_a_way_counts_its_files(heading, hops):
    paths = {path for path, _, _ in hops}
    ports = sum(is_port(path) for path in paths)
    assert f"({len(paths) - ports} files, {ports} port)" in heading


def test_a_missing_hop_is_noticed():
    way = next(hops for heading, hops in walk_ways().items() if "POST /orders in the local home" in heading)
    test_each_function_of_a_way_calls_the_next("", way)
    for gap in range(1, len(way) - 1):
        with pytest.raises(AssertionError):
            test_each_function_of_a_way_calls_the_next("", way[:gap] + way[gap + 1:])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text()):
        if not re.match(r"https?:", target):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_files_that_are_named_exist(document):
    for path in re.findall(r"`((?:src|tests|docs|bench|scripts)/[\w/.-]*\w)`", document.read_text()):
        assert (ROOT / path).exists(), f"{document.name} names {path}"


def declared_modules():
    """{folder: folders that it may include}, from the USES of each orderflow_module()."""
    folders, uses = {}, {}
    for file in (ROOT / "src").rglob("CMakeLists.txt"):
        module = re.search(r"orderflow_module\((.*?)\)", file.read_text(), re.S)
        if module:
            name, *words = module[1].split()
            folders[name] = str(file.parent.relative_to(ROOT / "src"))
            uses[name] = words[words.index("USES") + 1:] if "USES" in words else []
            if "TESTS_USE" in uses[name]:
                uses[name] = uses[name][:uses[name].index("TESTS_USE")]
    return {folders[name]: {folders[used] for used in uses[name] if used in folders} for name in folders}


def documented_modules():
    """The same from the table of src/README.md, in its order."""
    rows = re.findall(r"^\| `([\w/]+)` \| [^|]+ \|(.*)\|$", (ROOT / "src/README.md").read_text(), re.M)
    return {folder: set(re.findall(r"`([\w/]+)`", uses)) for folder, uses in rows}


def test_src_readme_names_each_folder_and_what_it_may_include():
    declared, documented = declared_modules(), documented_modules()
    assert sorted(documented) == sorted(declared)
    for folder, uses in declared.items():
        assert documented[folder] == uses, f"src/README.md: what {folder} may include"


def test_src_readme_lists_a_folder_above_those_that_it_may_include():
    order = list(documented_modules())
    for folder, uses in documented_modules().items():
        assert all(order.index(used) > order.index(folder) for used in uses), folder


def test_what_orders_cost_on_aws_is_what_is_computed():
    bill = subprocess.run([sys.executable, ROOT / "bench/aws/cost.py"], capture_output=True, text=True).stdout
    rows = re.findall(r"^\|.*\|$", bill, re.M)
    assert len(rows) > 10
    assert [row for row in rows if row not in (ROOT / "docs/aws.md").read_text()] == []


def test_the_figures_are_those_of_the_last_benchmark():
    results = (ROOT / "bench/results.md").read_text()
    wanted = re.findall(r"([\d,]+) (?:/ [\d,]+ )?a second", results_row(results, "shipped : acknowledged, 64"))
    wanted += re.findall(r"([\d,]+) (?:/ [\d,]+ )?a second", results_row(results, "shipped : acknowledged, 256"))
    wanted += [results_row(results, row).split("|")[3].strip() for row in (
        "shipped : /healthz, 64 connections", "shipped : the same rows without HTTP, 64",
        "shipped : the same rows without HTTP, 256", "GET an order (any) : /healthz",
        "GET an order (recent) : /healthz", "POST with Idempotency-Key : without", "peak memory, MiB",
        "kill -9 to the first answer, ms", "disk an order, bytes")]
    wanted += re.findall(r"took ([\d.]+) s", results)
    figures = (ROOT / "docs/figures.md").read_text()
    assert [number for number in wanted if number not in figures] == []


def results_row(results, name):
    return next(line for line in results.splitlines() if line.startswith(f"| {name} "))


@pytest.mark.parametrize("record", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda r: r.name)
def test_a_decision_says_what_why_its_cost_and_what_would_change_it(record):
    text = record.read_text()
    assert text.startswith(f"# {int(record.name[:4])}. ")
    for part in ("What", "Why", "What it costs", "What would change our mind"):
        assert f"**{part}.**" in text, part


def test_the_readme_names_every_path_of_the_api():
    paths = re.findall(r"^  (/\S*):$", (ROOT / "docs/openapi.yaml").read_text(), re.M)
    assert len(paths) >= 10
    assert [path for path in paths if path not in (ROOT / "README.md").read_text()] == []


def test_only_tests_include_the_headers_of_tests():
    for source in [*(ROOT / "src").rglob("*.cc"), *(ROOT / "src").rglob("*.h")]:
        if not source.name.endswith("_test.cc"):
            assert not re.search(r'#include "(support|contract|fuzz)/', source.read_text()), source


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_documents_use_the_words_of_the_glossary(document):
    if document.name != "results.md":  # written by bench/run.sh
        text = re.sub(r"\s+", " ", document.read_text())
        assert not re.search(r"\bcan not\b|simulated (payment|provider|carrier|books)|straggler", text, re.I)
