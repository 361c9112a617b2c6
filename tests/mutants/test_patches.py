"""Every mutant is a patch of the code as it is: one that does not apply any more tests nothing."""

import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.parametrize("patch", sorted(HERE.glob("*.patch")), ids=lambda patch: patch.stem)
def test_the_patch_applies(patch):
    result = subprocess.run(["patch", "--dry-run", "--forward", "--strip=1", "--fuzz=0", "--input", patch], cwd=ROOT,
                            capture_output=True, text=True)
    assert result.returncode == 0, f"{patch.name}: put the same bug into the new code.\n{result.stdout}"
