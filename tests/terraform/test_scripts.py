"""deploy.sh against stand-ins for terraform and aws that record their calls; test-api.sh against the real
service."""

import os
import re
import shutil
import stat
import subprocess

import pytest

from harness import ROOT, running

TERRAFORM = r"""#!/bin/sh
if [ "$1" = version ]; then echo "Terraform v${TERRAFORM_VERSION:-1.11.4}"; exit; fi
echo "terraform $* [$TF_DATA_DIR]" >>"$CALLS"
case "$*" in
  *"output -raw api_gateway_invoke_url"*) printf https://api.example.com ;;
  *"output -raw admin_token_secret"*) printf ssm:/orderflow/admin-token ;;
  *"output -raw dashboard_url"*) printf https://console.example.com ;;
esac
"""

AWS = r"""#!/bin/sh
echo "aws $*" >>"$CALLS"
case "$*" in
  *get-caller-identity*) [ -n "$NO_CREDENTIALS" ] && { echo "Unable to locate credentials" >&2; exit 255; }
    echo 123456789012 ;;
  *get-parameter*) [ -n "$SECRETS_THERE" ] || exit 254 ;;
  *put-parameter*) cat >>"$PUT"; echo >>"$PUT" ;;
esac
"""

# For the real Terraform: as much of terraform/ as needs no provider.
CONFIGURATION = """
terraform {
  backend "s3" {}
}
variable "name" {}
variable "aws_region" {}
variable "architecture" {}
variable "lambda_zip" { default = "" }
output "api_gateway_invoke_url" { value = "http://127.0.0.1:1/${var.name}/${var.aws_region}" }
output "dashboard_url" { value = "" }
"""

PACKAGE = """#!/bin/sh
mkdir -p build/lambda && echo zip >"$1"
"""


class Checkout:
    """A copy of what deploy.sh needs, with stand-ins first on the PATH."""

    def __init__(self, folder):
        self.folder = folder
        self.calls_file = folder / "calls"
        self.put_file = folder / "put"
        for script in ["deploy.sh", "test-api.sh"]:
            shutil.copy(ROOT / script, folder)
        for name, text in [("bin/terraform", TERRAFORM), ("bin/aws", AWS),
                           ("scripts/package-lambda.sh", PACKAGE)]:
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        (folder / "terraform").mkdir()

    def deploy(self, *arguments, **environment):
        return self.run("deploy.sh", *arguments, **environment)

    def run(self, script, *arguments, **environment):
        self.calls_file.write_text("")
        return subprocess.run(
            [self.folder / script, *arguments], stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=60,
            env={"PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "CALLS": str(self.calls_file),
                 "PUT": str(self.put_file), **environment})

    def use_real_terraform(self):
        (self.folder / "bin/terraform").unlink()
        (self.folder / "bin/terraform").symlink_to(shutil.which("terraform"))
        (self.folder / "terraform/main.tf").write_text(CONFIGURATION)

    def terraform_calls(self):
        """The Terraform commands, in order."""
        return re.findall(r"^terraform -chdir=terraform (\w+)", self.calls_file.read_text(), re.M)


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_deploys_and_prints_the_url_alone_on_stdout(checkout):
    result = checkout.deploy("--yes")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "https://api.example.com\n"
    assert checkout.terraform_calls()[:3] == ["init", "plan", "apply"]
    assert "./test-api.sh https://api.example.com" in result.stderr


def test_secrets_are_made_once_and_never_passed_as_an_argument(checkout):
    checkout.deploy("--yes")
    values = re.findall(r'"Value":"([0-9a-f]{64})"', checkout.put_file.read_text())
    assert len(values) == 2 and values[0] != values[1]
    assert not any(value in checkout.calls_file.read_text() for value in values)
    checkout.put_file.unlink()
    assert checkout.deploy("--yes", SECRETS_THERE="1").returncode == 0
    assert not checkout.put_file.exists()


def test_secrets_that_the_user_names_are_left_alone(checkout):
    (checkout.folder / "terraform/terraform.tfvars").write_text(
        'admin_token_secret = "ssm:/mine/token"\nid_key_secret = "ssm:/mine/key"\n')
    assert checkout.deploy("--yes").returncode == 0
    assert not checkout.put_file.exists()


@pytest.mark.parametrize("arguments, environment, message, calls", [
    (["--yes"], {"NO_CREDENTIALS": "1"}, "aws configure", []), (["--yes"], {"TERRAFORM_VERSION": "1.4.6"}, "1.5", []),
    ([], {}, "--yes", ["init", "plan"]), (["--yes", "--region", "../us-east-1"], {}, "--region", []),
    (["--destroy"], {}, "--yes", ["init"]), (["--destroy", "--yes"], {}, "--delete-data", [])],
    ids=["no credentials", "an old Terraform", "no person", "no region", "destroy, no person", "destroy, data"])
def test_a_refusal_says_why_and_changes_nothing(checkout, arguments, environment, message, calls):
    result = checkout.deploy(*arguments, **environment)
    assert result.returncode == 1 and message in result.stderr
    assert checkout.terraform_calls() == calls and (checkout.folder / "build").exists() == ("plan" in calls)


def test_plan_stops_before_apply_and_makes_no_secret(checkout):
    assert checkout.deploy("--plan").returncode == 0
    assert checkout.terraform_calls() == ["init", "plan"] and not checkout.put_file.exists()


def test_destroy_lifts_the_protection_first(checkout):
    assert checkout.deploy("--destroy", "--yes", "--delete-data").returncode == 0
    assert checkout.terraform_calls() == ["init", "apply", "destroy"]
    assert "deletion_protection=false" in checkout.calls_file.read_text()


def test_the_state_is_in_the_bucket_or_in_a_file_with_a_warning(checkout):
    override = checkout.folder / "terraform/backend_override.tf"
    assert "--state-bucket" in checkout.deploy("--plan").stderr
    assert 'backend "local"' in override.read_text()
    checkout.deploy("--plan", "--state-bucket", "my-state")
    assert not override.exists()
    assert "-backend-config=bucket=my-state" in checkout.calls_file.read_text()


@pytest.mark.parametrize("bucket", [(), ("--state-bucket", "my-state")], ids=["file", "bucket"])
def test_each_region_has_its_own_state(checkout, bucket):
    states, folders = set(), set()
    for arguments, environment in [((), {}), ((), {"AWS_REGION": "eu-west-1"}),
                                   (("--region", "ap-south-1"), {"AWS_REGION": "eu-west-1"})]:
        assert checkout.deploy("--yes", *bucket, *arguments, **environment).returncode == 0
        calls = checkout.calls_file.read_text()
        states.update(re.findall(r"-backend-config=((?:path|key)=\S+)", calls))
        folders.update(re.findall(r"\[.*/terraform/(.*)\]$", calls, re.M))
    regions = ["us-east-1", "eu-west-1", "ap-south-1"]
    place = "key=orderflow/orderflow" if bucket else "path=orderflow"
    assert states == {f"{place}-{region}.tfstate" for region in regions}
    assert folders == {f".terraform/orderflow-{region}" for region in regions}


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_the_api_test_finds_each_deployment_whichever_came_last(checkout):
    checkout.use_real_terraform()
    for arguments in [(), ("--region", "eu-west-1"), ("--name", "shop")]:
        result = checkout.deploy("--yes", *arguments)
        assert result.returncode == 0, result.stderr
    for arguments, environment, where in [
            ((), {}, "orderflow/us-east-1"),
            ((), {"AWS_REGION": "eu-west-1"}, "orderflow/eu-west-1"),
            (("--region", "eu-west-1"), {"AWS_REGION": "us-east-1"}, "orderflow/eu-west-1"),
            (("--name", "shop"), {"AWS_DEFAULT_REGION": "us-east-1"}, "shop/us-east-1")]:
        # Nothing listens there; its first line is the URL that it asked.
        asked = checkout.run("test-api.sh", *arguments, **environment).stdout.splitlines()[0]
        assert asked == f"http://127.0.0.1:1/{where}"
    missing = checkout.run("test-api.sh", "--region", "ap-south-1")
    assert missing.returncode == 2 and "no deployment orderflow in ap-south-1" in missing.stderr


def test_the_api_test_passes_against_the_service(tmp_path):
    with running(tmp_path) as service:
        run = [ROOT / "test-api.sh", f"http://127.0.0.1:{service.port}"]
        token = ["--admin-token-file", service.data / "admin-token"]
        result = subprocess.run([*run, *token], text=True, capture_output=True, timeout=120)
        assert result.returncode == 0, result.stdout
        assert result.stdout.endswith(" passed, 0 failed, 0 skipped\n")
        environment = {**os.environ, "ORDERFLOW_ADMIN_TOKEN": "wrong"}
        result = subprocess.run(run, text=True, capture_output=True, timeout=120, env=environment)
        assert result.returncode == 1 and "FAIL  a product is put" in result.stdout


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_scripts_are_clean():
    patterns = ["*.sh", "scripts/*.sh", "bench/**/*.sh", "tests/*.sh", "tests/*/*.sh", ".ci/run"]
    scripts = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    result = subprocess.run(["shellcheck", "--severity=warning", *scripts], cwd=ROOT, text=True, capture_output=True)
    assert result.returncode == 0, result.stdout
