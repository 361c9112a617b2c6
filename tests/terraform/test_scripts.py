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
echo "terraform $* [$TF_DATA_DIR] $(grep -o 'backend "[a-z0-9]*"' terraform/backend_override.tf)" >>"$CALLS"
case "$*" in
  *"state list"*) [ -n "$STATE" ] && { echo "$STATE"; exit; }
    echo "No state file was found!" >&2; exit 1 ;;
  *"output -raw api_gateway_invoke_url"*) printf https://api.example.com ;;
  *"output -raw admin_token_secret"*) printf ssm:/orderflow/admin-token ;;
  *"output -raw dashboard_url"*) printf https://console.example.com ;;
esac
"""

# SSM is a folder with a file for each parameter; $DENIED fails all calls to it.
AWS = r"""#!/usr/bin/python3
import json, os, pathlib, sys

def option(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else None

def file_of(name):
    return ssm / name.strip("/").replace("/", "+")

with open(os.environ["CALLS"], "a") as calls:
    print("aws", *sys.argv[1:], file=calls)
ssm = pathlib.Path(os.environ["SSM"])
service, command = sys.argv[1:3]
if service == "ssm" and os.environ.get("DENIED"):
    sys.exit("An error occurred (AccessDeniedException)")
if command == "get-caller-identity":
    if os.environ.get("NO_CREDENTIALS"):
        sys.exit("Unable to locate credentials")
    print(123456789012)
elif command == "get-parameters":
    print(option("--names") if file_of(option("--names")).exists() else "")
elif command == "get-parameter":
    print(file_of(option("--name")).read_text())
elif command == "put-parameter":
    given = json.load(sys.stdin) if option("--cli-input-json") else {"Name": option("--name"), "Value": option("--value")}
    file_of(given["Name"]).write_text(given["Value"])
elif command == "delete-parameter":
    file_of(option("--name")).unlink()
elif command == "get-apis":
    print(os.environ.get("APIS_" + option("--region").replace("-", "_"), "None"))
"""

# A zip as package-lambda.sh makes it, for the architecture that it is asked for, or for $BUILT_FOR.
PACKAGE = r"""#!/usr/bin/python3
import os, pathlib, sys, zipfile

architecture = os.environ.get("BUILT_FOR") or sys.argv[sys.argv.index("--architecture") + 1]
machine = {"x86_64": 62, "arm64": 183}[architecture]
pathlib.Path(sys.argv[-1]).parent.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(sys.argv[-1], "w") as archive:
    archive.writestr("bootstrap", b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little") + bytes(44))
"""

INSTALL = """#!/bin/sh
echo "install $*" >>"$CALLS"
"""

DEPLOYED = {"STATE": "aws_sqs_queue.main"}


class Checkout:
    """A copy of what deploy.sh needs, with stand-ins first on the PATH."""

    def __init__(self, folder):
        self.folder = folder
        self.calls_file = folder / "calls"
        self.ssm = folder / "ssm"
        self.ssm.mkdir()
        for script in ["deploy.sh", "test-api.sh"]:
            shutil.copy(ROOT / script, folder)
        for name, text in [("bin/terraform", TERRAFORM), ("bin/aws", AWS),
                           ("scripts/package-lambda.sh", PACKAGE), ("scripts/install-packages.sh", INSTALL)]:
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
                 "SSM": str(self.ssm), **environment})

    def parameters(self):
        return {file.name.replace("+", "/"): file.read_text() for file in self.ssm.iterdir()}

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
    assert checkout.terraform_calls()[:4] == ["init", "state", "plan", "apply"]
    assert "./test-api.sh https://api.example.com" in result.stderr
    assert "install --deploy\n" in checkout.calls_file.read_text()


def test_secrets_are_made_once_and_never_passed_as_an_argument(checkout):
    checkout.deploy("--yes")
    secrets = [checkout.parameters()[f"orderflow/{name}"] for name in ("admin-token", "id-key")]
    assert all(re.fullmatch("[0-9a-f]{64}", secret) for secret in secrets) and len(set(secrets)) == 2
    assert not any(secret in checkout.calls_file.read_text() for secret in secrets)
    made = checkout.parameters()
    assert checkout.deploy("--yes", **DEPLOYED).returncode == 0 and checkout.parameters() == made


def test_secrets_that_the_user_names_are_left_alone(checkout):
    (checkout.folder / "terraform/terraform.tfvars").write_text(
        'admin_token_secret = "ssm:/mine/token"\nid_key_secret = "ssm:/mine/key"\n')
    assert checkout.deploy("--yes").returncode == 0
    assert set(checkout.parameters()) == {"orderflow/state"}


@pytest.mark.parametrize("arguments, environment, message, calls", [
    (["--yes"], {"NO_CREDENTIALS": "1"}, "aws configure", []), (["--yes"], {"TERRAFORM_VERSION": "1.4.6"}, "1.5", []),
    ([], {}, "--yes", ["init", "state", "plan"]), (["--yes", "--region", "../us-east-1"], {}, "--region", []),
    (["--destroy"], {}, "--yes", ["init", "state"]), (["--destroy", "--yes"], {}, "--delete-data", []),
    (["--yes"], {"DENIED": "1"}, "AccessDenied", [])],
    ids=["no credentials", "an old Terraform", "no person", "no region", "destroy, no person", "destroy, data",
         "SSM does not answer"])
def test_a_refusal_says_why_and_changes_nothing(checkout, arguments, environment, message, calls):
    result = checkout.deploy(*arguments, **environment)
    assert result.returncode == 1 and message in result.stderr
    assert checkout.terraform_calls() == calls and (checkout.folder / "build").exists() == ("plan" in calls)
    assert not checkout.parameters()


def test_plan_stops_before_apply_and_makes_no_parameter(checkout):
    assert checkout.deploy("--plan").returncode == 0
    assert checkout.terraform_calls() == ["init", "state", "plan"] and not checkout.parameters()


def test_destroy_lifts_the_protection_first(checkout):
    assert checkout.deploy("--yes").returncode == 0
    assert checkout.deploy("--destroy", "--yes", "--delete-data", **DEPLOYED).returncode == 0
    assert checkout.terraform_calls() == ["init", "state", "apply", "destroy"]
    assert "deletion_protection=false" in checkout.calls_file.read_text()
    assert set(checkout.parameters()) == {"orderflow/admin-token", "orderflow/id-key"}


# Where the state is.

def test_a_plain_terraform_init_needs_no_backend(checkout):
    assert "--state-bucket" in checkout.deploy("--plan").stderr
    assert 'backend "local"' in checkout.calls_file.read_text()
    assert not (checkout.folder / "terraform/backend_override.tf").exists()
    assert "backend" not in (ROOT / "terraform/versions.tf").read_text()


def test_the_bucket_of_the_state_is_found_again(checkout):
    assert checkout.deploy("--yes", "--state-bucket", "my-state").returncode == 0
    assert "-backend-config=bucket=my-state" in checkout.calls_file.read_text()
    # From a fresh clone, too: only SSM knows.
    shutil.rmtree(checkout.folder / "terraform/.terraform")
    result = checkout.deploy("--yes", **DEPLOYED)
    assert result.returncode == 0, result.stderr
    assert "-backend-config=bucket=my-state" in checkout.calls_file.read_text()
    other = checkout.deploy("--yes", "--state-bucket", "other", **DEPLOYED)
    assert other.returncode == 1 and "my-state" in other.stderr and checkout.terraform_calls() == []


def test_the_state_moves_where_it_is_told_to(checkout):
    assert checkout.deploy("--yes").returncode == 0
    assert checkout.parameters()["orderflow/state"].startswith(f"file {checkout.folder}/terraform/orderflow-us-east-1.")
    # It has moved even where the plan is not carried out.
    moved = checkout.deploy("--plan", "--migrate-state", "--state-bucket", "my-state", **DEPLOYED)
    assert moved.returncode == 0, moved.stderr
    assert "-migrate-state" in checkout.calls_file.read_text()
    assert checkout.parameters()["orderflow/state"] == "bucket my-state"


@pytest.mark.parametrize("arguments", [(), ("--plan",), ("--state-bucket", "my-state"), ("--destroy", "--delete-data")])
@pytest.mark.parametrize("left", ["state", "admin-token", "id-key"])
def test_no_second_shop_is_planned_over_the_first(checkout, arguments, left):
    (checkout.ssm / f"orderflow+{left}").write_text("file /elsewhere/orderflow-us-east-1.tfstate on build-7")
    result = checkout.deploy("--yes", *arguments)
    assert result.returncode == 1 and "--state-bucket" in result.stderr and "--new" in result.stderr
    assert ("on build-7" in result.stderr) == (left == "state")
    assert checkout.terraform_calls() == ["init", "state"] and len(checkout.parameters()) == 1


def test_what_is_left_of_a_deleted_shop_can_be_used_again(checkout):
    (checkout.ssm / "orderflow+id-key").write_text("the key")
    assert checkout.deploy("--yes", "--new").returncode == 0
    assert checkout.parameters()["orderflow/id-key"] == "the key"


@pytest.mark.parametrize("bucket", [(), ("--state-bucket", "my-state")], ids=["file", "bucket"])
def test_each_region_has_its_own_state(checkout, bucket):
    states, folders = set(), set()
    for arguments, environment in [((), {}), ((), {"AWS_REGION": "eu-west-1"}),
                                   (("--region", "ap-south-1"), {"AWS_REGION": "eu-west-1"})]:
        # The stand-in's SSM is that of no region.
        assert checkout.deploy("--yes", *bucket, *arguments, **DEPLOYED, **environment).returncode == 0
        calls = checkout.calls_file.read_text()
        states.update(re.findall(r"-backend-config=((?:path|key)=\S+)", calls))
        folders.update(re.findall(r"\[.*/terraform/(.*)\]", calls))
    regions = ["us-east-1", "eu-west-1", "ap-south-1"]
    place = "key=orderflow/orderflow" if bucket else "path=orderflow"
    assert states == {f"{place}-{region}.tfstate" for region in regions}
    assert folders == {f".terraform/orderflow-{region}" for region in regions}


# The zip.

@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_each_architecture_has_its_own_zip(checkout, architecture):
    assert checkout.deploy("--plan", "--architecture", architecture).returncode == 0
    assert [path.name for path in (checkout.folder / "build/lambda").iterdir()] == [
        f"orderflow-lambda-{architecture}.zip"]
    assert f"architecture={architecture}" in checkout.calls_file.read_text()
    default = re.search(r'"\$\{path.module\}/\.\./(build/.*)"', (ROOT / "terraform/functions.tf").read_text())[1]
    assert (checkout.folder / default.replace("${var.architecture}", architecture)).exists()


@pytest.mark.parametrize("asked, built", [("arm64", "x86_64"), ("x86_64", "arm64")])
def test_a_program_for_another_architecture_is_not_deployed(checkout, asked, built):
    result = checkout.deploy("--yes", "--architecture", asked, BUILT_FOR=built)
    assert result.returncode == 1 and f"has a program for {built}, not for {asked}" in result.stderr
    assert checkout.terraform_calls() == ["init", "state"]


ENGINE = r"""#!/bin/sh
echo "$0 $*" >>"$CALLS"
folder=$(echo "$*" | sed 's/.*dest=\([^ ]*\).*/\1/')
mkdir -p "$folder" && echo zip >"$folder/orderflow-lambda.zip"
"""


def package_without_apt(folder, *engines):
    """scripts/package-lambda.sh on a system that has no apt-get, but these programs for containers."""
    programs = folder / "programs"
    for name in ("bash", "sh", "dirname", "uname", "mkdir", "mv", "wc", "cat", "echo", "sed", "env"):
        programs.mkdir(exist_ok=True)
        (programs / name).symlink_to(shutil.which(name))
    for engine in engines:
        (programs / engine).write_text(ENGINE)
        (programs / engine).chmod(0o755)
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/package-lambda.sh", folder / "scripts")
    return subprocess.run([folder / "scripts/package-lambda.sh", "--architecture", "arm64"], text=True, capture_output=True,
                          timeout=60, env={"PATH": str(programs), "CALLS": str(folder / "calls")})


@pytest.mark.parametrize("engine", ["docker", "podman", "buildah"])
def test_elsewhere_than_on_debian_the_zip_is_built_in_a_container(tmp_path, engine):
    result = package_without_apt(tmp_path, engine)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "build/lambda/orderflow-lambda-arm64.zip").read_text() == "zip\n"
    call = (tmp_path / "calls").read_text()
    assert f"{engine} build --file Containerfile --build-arg ARCHITECTURE=arm64" in call


def test_what_a_container_needs_is_said(tmp_path):
    result = package_without_apt(tmp_path)
    assert result.returncode == 2 and "docker" in result.stderr and "podman" in result.stderr


# test-api.sh

def test_the_api_test_finds_each_deployment_by_its_name(checkout):
    apis = {"APIS_us_east_1": "http://127.0.0.1:1/us", "APIS_eu_west_1": "http://127.0.0.1:1/eu",
            "APIS_ap_south_1": "http://127.0.0.1:1/a\thttp://127.0.0.1:1/b"}
    for arguments, environment, where in [
            ((), {}, "us"), ((), {"AWS_REGION": "eu-west-1"}, "eu"),
            (("--region", "eu-west-1"), {"AWS_REGION": "us-east-1"}, "eu"),
            (("--name", "shop"), {"AWS_DEFAULT_REGION": "us-east-1"}, "us")]:
        # Nothing listens there; its first line is the URL that it asked.
        asked = checkout.run("test-api.sh", *arguments, **environment, **apis).stdout.splitlines()[0]
        assert asked == f"http://127.0.0.1:1/{where}"
        name = arguments[1] if "--name" in arguments else "orderflow"
        assert f"Items[?Name=='{name}']" in checkout.calls_file.read_text()
    for region, message in [("ap-south-1", "several APIs orderflow"), ("sa-east-1", "no deployment orderflow in sa-east-1")]:
        missing = checkout.run("test-api.sh", "--region", region, **apis)
        assert missing.returncode == 2 and message in missing.stderr


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
