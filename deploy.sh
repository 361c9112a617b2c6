#!/usr/bin/env bash
# Builds orderflow for AWS Lambda and deploys it, with everything that it needs.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'HELP'
Usage: ./deploy.sh [OPTION]...

Builds the functions, shows what Terraform would change, asks for confirmation, makes the changes and
prints the API's URL. Run it again after any change of the code or the settings.

  --name NAME            the first part of all names (default: orderflow)
  --region REGION        AWS region (default: AWS_REGION, else AWS_DEFAULT_REGION, else us-east-1).
                         Another name or another region makes a second deployment beside the first
  --architecture ARCH    arm64 (the default, a fifth cheaper) or x86_64; each is built on either
  --state-bucket BUCKET  keep Terraform's state in this S3 bucket of the same region, with a lock. It is
                         recorded, so later runs find it, from any clone. Without it the state is a file
                         in terraform/: fine to try, easy to lose
  --migrate-state        move the state from its last place to the one given now
  --new                  make a new deployment although there is one of this name whose state is lost:
                         only if nothing but its secrets is left, which are used again
  --yes                  do not ask for confirmation
  --plan                 show what would change, and stop
  --destroy              delete everything, the orders too; asks for the name. With --yes it needs
                         --delete-data as well
  --help                 show this text

terraform/variables.tf describes all other settings (limits, the address for alarms, JWT, log
retention ...). Put those that you change into terraform/terraform.tfvars:

  alarm_email        = "oncall@example.com"
  log_retention_days = 90

Needs Terraform (1.5 or later) and AWS credentials that may create all this. The AWS CLI and what the
build needs are installed where they are missing (Debian packages, with sudo where needed); on other
systems the build runs in a container. On first use it makes two secrets, as SecureString parameters of
SSM: /NAME/admin-token for the admin routes, and /NAME/id-key, from which order ids are derived. Terraform
gets their names only. A secret that terraform.tfvars names (admin_token_secret, id_key_secret) is not
made. The parameter /NAME/state says where the state is.

Afterwards ./test-api.sh checks the deployed API.
HELP
}

name=orderflow
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}
architecture=arm64
state_bucket='' migrate='' new='' yes='' action=apply delete_data=''

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "deploy.sh: $*"
  exit 1
}

read_options() {
  while (($#)); do
    case $1 in
      --name | --region | --architecture | --state-bucket)
        (($# > 1)) || fail "$1 needs a value"
        local variable=${1#--}
        printf -v "${variable//-/_}" '%s' "$2"
        shift
        ;;
      --migrate-state) migrate=yes ;;
      --new) new=yes ;;
      --yes) yes=yes ;;
      --plan) action=plan ;;
      --destroy) action=destroy ;;
      --delete-data) delete_data=yes ;;
      --help | -h) usage && exit 0 ;;
      *) fail "unknown option $1; ./deploy.sh --help lists them" ;;
    esac
    shift
  done
  [[ $name =~ ^[a-z][a-z0-9-]{1,24}[a-z0-9]$ ]] ||
    fail "--name must be 3 to 26 lower-case letters, digits and hyphens, a letter first"
  [[ $region =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]] || fail "--region must look like us-east-1, not $region"
  [[ $architecture == x86_64 || $architecture == arm64 ]] ||
    fail "--architecture must be x86_64 or arm64"
  [[ $state_bucket =~ ^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$ ]] ||
    fail "--state-bucket must be the name of an S3 bucket, not $state_bucket"
  if [[ $action == destroy && -n $yes && -z $delete_data ]]; then
    fail "--destroy --yes would delete every order without asking: add --delete-data to confirm"
  fi
}

check_tools() {
  command -v terraform >/dev/null ||
    fail "Terraform is not installed (1.5 or later is needed): see developer.hashicorp.com/terraform/install"
  if command -v apt-get >/dev/null; then scripts/install-packages.sh --deploy; fi
  command -v aws >/dev/null || fail "the AWS CLI is not installed: see aws.amazon.com/cli"
  command -v python3 >/dev/null || fail "python3 is not installed"
  terraform_version=$(terraform version | sed -n '1s/^Terraform v//p')
  version_is_at_least 1.5.0 || fail "Terraform $terraform_version is too old: 1.5 or later is needed"
}

version_is_at_least() { [[ $(printf '%s\n%s\n' "$1" "$terraform_version" | sort -V | head -1) == "$1" ]]; }

check_credentials() {
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region
  account=$(aws sts get-caller-identity --query Account --output text 2>&1) ||
    fail "AWS does not accept the credentials, or there are none: run \`aws configure\` or" \
      "\`aws sso login\`, or set AWS_PROFILE. The AWS CLI said: $account"
  say "Account $account, region $region, deployment $name."
}

build_zip() {
  local zip=build/lambda/orderflow-lambda-$architecture.zip found
  say "Building $zip ..."
  scripts/package-lambda.sh --architecture "$architecture" "$zip" >&2 || fail "the build failed"
  found=$(zip_architecture "$zip") || fail "$zip is not a zip with the program bootstrap"
  [[ $found == "$architecture" ]] || fail "$zip has a program for $found, not for $architecture: remove it, and" \
    "build again"
}

# What the machine field of the ELF header says.
zip_architecture() {
  python3 - "$1" <<'PYTHON' 2>/dev/null
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]).open("bootstrap") as program:
    header = program.read(20)
assert header[:4] == b"\x7fELF"
machine = int.from_bytes(header[18:20], "little")
print({62: "x86_64", 183: "arm64"}.get(machine, f"machine {machine}"))
PYTHON
}

# ---- What SSM says of this deployment

# parameter_exists NAME. An answer that could not be had is not taken for "no".
parameter_exists() {
  local found
  found=$(aws ssm get-parameters --names "$1" --query 'Parameters[].Name' --output text 2>&1) ||
    fail "could not ask SSM for the parameter $1. The AWS CLI said: $found"
  [[ -n $found && $found != None ]]
}

# Where the state is by what an earlier run recorded: a bucket, or a file on a machine. Empty: nothing was recorded.
read_recorded_state() {
  recorded_state=''
  if parameter_exists "/$name/state"; then
    recorded_state=$(aws ssm get-parameter --name "/$name/state" --query Parameter.Value --output text) ||
      fail "could not read the parameter /$name/state"
  fi
  case $recorded_state in
    bucket\ *)
      local bucket=${recorded_state#bucket }
      if [[ -z $state_bucket && -z $migrate ]]; then
        say "The state of $name is in the bucket $bucket."
        state_bucket=$bucket
      elif [[ $state_bucket != "$bucket" && -z $migrate && -z $new ]]; then
        fail "the state of $name in $region is in the bucket $bucket, not in $state_bucket: leave out --state-bucket," \
          "or move the state with --migrate-state"
      fi
      ;;
  esac
}

record_state() {
  local place
  place="file $PWD/terraform/$name-$region.tfstate on $(uname -n)"
  if [[ -n $state_bucket ]]; then place="bucket $state_bucket"; fi
  [[ $place != "$recorded_state" ]] || return 0
  aws ssm put-parameter --name "/$name/state" --type String --overwrite --value "$place" \
    --description "orderflow: where Terraform's state of this deployment is" >/dev/null ||
    fail "could not write the parameter /$name/state"
}

# With an empty state Terraform would make a second shop, with the secrets of the first, or delete nothing.
refuse_a_second_deployment() {
  local resources secret place='on this machine'
  if [[ -n $state_bucket ]]; then place="in the bucket $state_bucket"; fi
  resources=$(in_terraform state list 2>&1) || {
    [[ $resources == *"No state file was found"* ]] || fail "terraform state list failed: $resources"
    resources=''
  }
  [[ -z $resources && -z $new ]] || return 0
  for secret in "/$name/state" "/$name/admin-token" "/$name/id-key"; do
    parameter_exists "$secret" || continue
    fail "there is a deployment $name in $region already (SSM has $secret), but its state is not $place." \
      "Nothing was changed." \
      "Pass the --state-bucket that it was deployed with, or run this where its state is" \
      "(${recorded_state:-not recorded; without a bucket it is terraform/$name-$region.tfstate})," \
      "or use another --name. Only if nothing of it but its secrets is left, use --new"
  done
}

# The value is passed on standard input: an argument would show in the list of processes.
make_secret() {
  local parameter=/$name/$1 description=$2
  if grep -qsE "^ *${1//-/_}_secret *=" terraform/terraform.tfvars terraform/*.auto.tfvars; then
    return
  fi
  if parameter_exists "$parameter"; then return; fi
  say "Making the secret $parameter (${description})."
  printf '{"Name":"%s","Type":"SecureString","Description":"orderflow: %s","Value":"%s"}' \
    "$parameter" "$description" "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" |
    aws ssm put-parameter --cli-input-json file:///dev/stdin >/dev/null ||
    fail "could not make the parameter $parameter"
}

# ---- Terraform

# A deployment is a name in a region. Each has a state and a Terraform data folder of its own; the data folder
# records where the state is, so that no deployment is planned against another's state.
init_terraform() {
  local deployment=$name-$region kind=local
  export TF_DATA_DIR=$PWD/terraform/.terraform/$deployment TF_IN_AUTOMATION=yes
  # The file is the same for all deployments, so it has no path: that would be the last one's. It is there while
  # this script runs: a plain `terraform init` needs none.
  trap 'rm -f terraform/backend_override.tf' EXIT
  local backend=(-backend-config="path=$deployment.tfstate")
  if [[ -n $state_bucket ]]; then
    kind=s3
    backend=(-backend-config="bucket=$state_bucket" -backend-config="key=orderflow/$deployment.tfstate"
      -backend-config="region=$region" -backend-config="encrypt=true")
    if version_is_at_least 1.10.0; then backend+=(-backend-config="use_lockfile=true"); fi
  else
    say "Terraform's state is kept in terraform/$deployment.tfstate on this machine. Without that file" \
      "Terraform cannot change or delete this deployment. --state-bucket keeps the state in S3."
  fi
  printf 'terraform {\n  backend "%s" {}\n}\n' "$kind" >terraform/backend_override.tf
  if [[ -z $migrate ]]; then
    backend+=(-input=false)
  else
    # Terraform asks whether it may copy the state.
    backend+=(-migrate-state)
    if [[ -n $yes ]]; then backend+=(-force-copy); fi
  fi
  mkdir -p "$TF_DATA_DIR"
  in_terraform init "${backend[@]}" >&2 || fail "terraform init failed. If it says that the backend" \
    "changed, use the --state-bucket of the last run, or --migrate-state to move the state"
}

in_terraform() { terraform -chdir=terraform "$@"; }

confirm() {
  local expected=$1 question=$2 answer
  [[ -z $yes ]] || return 0
  [[ -t 0 ]] || fail "standard input is not a terminal, which could not confirm: use --yes"
  read -r -p "$question " answer
  [[ $answer == "$expected" ]] || fail "nothing was changed"
}

apply() {
  local plan=$TF_DATA_DIR/plan
  in_terraform plan -input=false "${variables[@]}" -out="$plan" >&2 || fail "terraform plan failed"
  [[ $action != plan ]] || return 0
  confirm yes "Make these changes? (yes)"
  record_state
  make_secret admin-token "the token for the admin routes"
  make_secret id-key "order ids are derived from it; never change it"
  in_terraform apply -input=false "$plan" >&2 ||
    fail "terraform apply stopped half-way: fix the cause and run this again; it continues from there"
}

destroy() {
  say "This deletes the deployment $name in $region, with every order and product in it."
  confirm "$name" "Type its name to go on:"
  in_terraform apply -input=false -auto-approve "${variables[@]}" -var deletion_protection=false \
    -target=aws_dynamodb_table.orders -target=aws_dynamodb_table.products \
    -target=aws_dynamodb_table.simulated >&2 || fail "could not lift the deletion protection of the tables"
  in_terraform destroy -input=false -auto-approve "${variables[@]}" >&2 ||
    fail "terraform destroy stopped half-way: fix the cause and run this again"
  if parameter_exists "/$name/state"; then aws ssm delete-parameter --name "/$name/state" >/dev/null; fi
  cat >&2 <<NEXT

Deleted. DynamoDB keeps a backup of each table for 35 days. The two secrets are still there. Delete them, or
deploy with --new, which uses them again:
  aws ssm delete-parameters --region $region --names /$name/admin-token /$name/id-key
NEXT
}

say_what_next() {
  local url secret token_hint=''
  url=$(in_terraform output -raw api_gateway_invoke_url)
  secret=$(in_terraform output -raw admin_token_secret 2>/dev/null || true)
  if [[ $secret == ssm:* ]]; then
    token_hint="ORDERFLOW_ADMIN_TOKEN=\$(aws ssm get-parameter --region $region --with-decryption \\
      --name ${secret#ssm:} --query Parameter.Value --output text) \\
    "
  fi
  cat >&2 <<NEXT

orderflow is deployed. Try:
  curl -X POST $url/orders -H 'Content-Type: application/json' \\
    -d '{"customerEmail": "test@example.com", "items": [{"name": "Widget", "price": 29.99, "quantity": 2}]}'
Check all of it:
  ${token_hint}./test-api.sh $url
The dashboard: $(in_terraform output -raw dashboard_url)
NEXT
  printf '%s\n' "$url"
}

read_options "$@"
check_tools
check_credentials
variables=(-var "name=$name" -var "aws_region=$region" -var "architecture=$architecture")
# The secrets are made once the plan is confirmed.
variables+=(-var check_secrets=false)
read_recorded_state
init_terraform
refuse_a_second_deployment
# The state has moved, whatever becomes of the plan.
if [[ -n $migrate ]]; then record_state; fi
if [[ $action == destroy ]]; then
  # Nothing is uploaded, but Terraform needs a file that exists.
  variables+=(-var lambda_zip=versions.tf)
  destroy
else
  build_zip
  apply
  if [[ $action == apply ]]; then say_what_next; fi
fi
