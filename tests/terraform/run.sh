#!/usr/bin/env bash
# Runs init, validate and test on terraform/, without an AWS account and, if necessary, without internet.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source_folder=$(cd "$here/../../terraform" && pwd)
build_folder=$(mkdir -p "$here/../../build/terraform" && cd "$here/../../build/terraform" && pwd)

usage() {
  cat <<'HELP'
Usage: tests/terraform/run.sh [--offline] [TERRAFORM TEST OPTION]...

Checks terraform/ with `terraform fmt`, `init -backend=false`, `validate` and `test`. The tests mock the
AWS provider, so they need its schema only: the real provider's if it can be downloaded, otherwise the
same schema from an npm package, served on loopback (provider.js). The real provider also checks values;
the substitute checks names, types and required attributes.

  --offline               do not try the real provider
  -filter=tests/FILE      only that file (as `terraform test` takes it)
  -verbose                show each plan

Needs terraform 1.7 or later and, for the substitute, Node.js 18 or later with npm.
HELP
}

offline=
case ${1:-} in
  --help | -h) usage && exit 0 ;;
  --offline) offline=yes && shift ;;
esac

fail() {
  echo "terraform tests: $*" >&2
  exit 1
}

check_terraform() {
  if ! command -v terraform >/dev/null; then
    echo "terraform tests: no \`terraform\` on the PATH. Install 1.7 or later from" \
      "developer.hashicorp.com/terraform/install: neither Debian nor an npm package has the binary." >&2
    # Work on the local home does not need Terraform; CI does. ctest takes status 77 for a skipped test.
    [[ ${CI:-} == true ]] && exit 1
    exit 77
  fi
  local version
  version=$(terraform version -json 2>/dev/null | sed -n 's/.*"terraform_version": "\([^"]*\)".*/\1/p')
  [[ $(printf '1.7.0\n%s\n' "$version" | sort -V | head -1) == 1.7.0 ]] ||
    fail "terraform $version is too old: mocked providers came with 1.7"
}

# Tests run on a copy: the checkout gets no .terraform, no lock file and no module list.
copy_configuration() {
  work_folder=$build_folder/work
  rm -rf "$work_folder"
  mkdir -p "$work_folder"
  (cd "$source_folder" && tar cf - --exclude=.terraform --exclude='*.tfstate*' \
    --exclude=backend_override.tf .) | tar xf - -C "$work_folder"
}

use_real_provider() {
  mkdir -p "$build_folder/plugins"
  TF_PLUGIN_CACHE_DIR=$build_folder/plugins \
    timeout 300 terraform -chdir="$work_folder" init -backend=false -input=false -no-color \
    >"$build_folder/init.log" 2>&1
}

# The substitute ends when its input does, which is when this script ends.
use_schema_only() {
  command -v node >/dev/null || fail "the AWS provider can't be downloaded (see" \
    "$build_folder/init.log), and the substitute for its schema needs Node.js 18 or later"
  "$here/../npm-ci.sh" "$here" "$build_folder/packages" "the schema of the AWS provider, 400 MB unpacked,"
  coproc provider {
    exec node "$here/provider.js" "$build_folder/packages/node_modules" \
      "$work_folder" "$work_folder"/modules/*/
  }
  read -r -t 60 TF_REATTACH_PROVIDERS <&"${provider[0]}" || fail "provider.js did not start"
  export TF_REATTACH_PROVIDERS
  terraform -chdir="$work_folder" init -backend=false -input=false -no-color >"$build_folder/init.log" ||
    fail "terraform init failed, see $build_folder/init.log"
}

export CHECKPOINT_DISABLE=1
unset TF_WORKSPACE TF_CLI_ARGS
[[ -e ${TF_CLI_CONFIG_FILE:-/} ]] || unset TF_CLI_CONFIG_FILE

check_terraform
terraform fmt -check -recursive -diff "$source_folder" || fail "run terraform fmt -recursive terraform"
copy_configuration
if [[ -z $offline ]] && use_real_provider; then
  echo "With the real AWS provider."
else
  use_schema_only
  echo "With the AWS provider's schema from npm."
fi
terraform -chdir="$work_folder" validate -no-color
terraform -chdir="$work_folder" test -no-color "$@"
