"""The documents name what exists: docs/walk.md files and functions, all of them links and files."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


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
    pattern = r"\b" + re.escape(name) + r"\b"
    assert re.search(pattern, source.read_text()), f"docs/walk.md: {path} has no {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text()):
        if not re.match(r"https?:", target):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_files_that_are_named_exist(document):
    for path in re.findall(r"`((?:src|tests|docs|bench|scripts)/[\w/.-]*\w)`", document.read_text()):
        assert (ROOT / path).exists(), f"{document.name} names {path}"
