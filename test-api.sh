#!/usr/bin/env bash
# Checks a running orderflow from outside: orders of each kind until their end, and bad input.
set -uo pipefail

usage() {
  cat <<'HELP'
Usage: ./test-api.sh [OPTION]... [URL]

Sends orders that succeed, are declined, run out of stock, repeat a key or are malformed, follows each
to its end, and prints a line for every check. Exit status 0: all passed; 1: some failed; 2: could not run.

  URL                      where the API answers; default: the deployment of ./deploy.sh, which the AWS CLI
                           finds by its name
  --admin-token-file FILE  the file with the admin token; default: ORDERFLOW_ADMIN_TOKEN. Without a
                           token the checks of stock are skipped
  --deadline SECONDS       how long an order may take until its end (default 60)
  --name NAME              the deployment's name, if ./deploy.sh was given a --name
  --region REGION          its region; default, as for ./deploy.sh: AWS_REGION, else
                           AWS_DEFAULT_REGION, else us-east-1

  ./run.sh                                                     in one terminal
  ./test-api.sh http://127.0.0.1:8080 --admin-token-file data/admin-token     in another

Its orders, of test-api@example.com, and one product, test-api-..., stay in the shop.
Needs curl, and jq or python3.
HELP
}

stop() {
  printf 'test-api.sh: %s\n' "$*" >&2
  exit 2
}

url='' name=orderflow region=${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}
deadline_seconds=60 token=${ORDERFLOW_ADMIN_TOKEN:-}

read_options() {
  while (($#)); do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --admin-token-file)
        token=$(cat -- "${2:?--admin-token-file needs a file}") || stop "cannot read $2"
        shift
        ;;
      --deadline) deadline_seconds=${2:?--deadline needs seconds} && shift ;;
      --name) name=${2:?--name needs a name} && shift ;;
      --region) region=${2:?--region needs a region} && shift ;;
      -*) stop "unknown option $1; --help lists them" ;;
      *) url=$1 ;;
    esac
    shift
  done
  [[ $deadline_seconds =~ ^[0-9]+$ ]] || stop "--deadline takes whole seconds"
}

# The API has the name of its deployment. So this needs no state of Terraform, and works from any clone.
find_url() {
  local answer found
  [[ -z $url ]] || return 0
  command -v aws >/dev/null || stop "give a URL: the AWS CLI, which finds the deployment, is not installed"
  answer=$(aws apigatewayv2 get-apis --region "$region" --output text \
    --query "Items[?Name=='$name'].ApiEndpoint" 2>&1) ||
    stop "give a URL: the AWS CLI could not ask for the deployment: $answer"
  read -r -a found <<<"${answer/#None/}"
  case ${#found[@]} in
    0) stop "give a URL: there is no deployment $name in $region" ;;
    1) url=${found[0]} ;;
    *) stop "give a URL: there are several APIs $name in $region: ${found[*]}" ;;
  esac
}

check_tools() {
  command -v curl >/dev/null || stop "curl is not installed"
  if command -v jq >/dev/null; then
    member() { jq -r --arg name "$1" '.[$name] // "" | tostring' "$body_file" 2>/dev/null; }
  elif command -v python3 >/dev/null; then
    member() { python3 "$work/member.py" "$1" "$body_file" 2>/dev/null; }
  else
    stop "neither jq nor python3 is installed: one of them is needed to read JSON"
  fi
}

# ---- Requests. Each sets status and writes the files body_file and head_file.

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
body_file=$work/body head_file=$work/head status=000
cat >"$work/member.py" <<'PYTHON'
import json, sys
value = json.load(open(sys.argv[2])).get(sys.argv[1])
print("" if value is None else value if isinstance(value, str) else json.dumps(value))
PYTHON

# request METHOD PATH [CURL OPTION]...
request() {
  local method=$1 path=$2
  shift 2
  : >"$body_file"
  status=$(curl --silent --show-error --max-time 30 --request "$method" --output "$body_file" \
    --dump-header "$head_file" --write-out '%{http_code}' "$@" "$url$path" 2>"$work/curl") || true
}

# The token is passed in a file: an argument would show in the list of processes.
as_admin() {
  local method=$1 path=$2
  shift 2
  printf 'Authorization: Bearer %s\n' "$token" >"$work/authorization"
  request "$method" "$path" --header "@$work/authorization" "$@"
}

json='Content-Type: application/json'

# submit BODY [CURL OPTION]...
submit() {
  local body=$1
  shift
  request POST /orders --header "$json" --data "$body" "$@"
}

# order [MEMBERS [ITEM]]: the body of an order for one Widget at 10.00, with more members, or another item.
order() {
  printf '{"customerEmail": "test-api@example.com", "items": [%s]%s}' \
    "${2:-{\"name\": \"Widget\", \"price\": 10.00, \"quantity\": 1\}}" "${1:+, $1}"
}

# ---- Checks

passed=0 failed=0 skipped=0

pass() {
  passed=$((passed + 1))
  printf 'pass  %s\n' "$1"
}

fail() {
  failed=$((failed + 1))
  printf 'FAIL  %s: %s\n' "$1" "$2"
}

skip() {
  skipped=$((skipped + 1))
  printf 'skip  %s: %s\n' "$1" "$2"
}

answer_text() {
  if [[ $status == 000 ]]; then
    head -c 300 "$work/curl"
  else
    printf '%s %s' "$status" "$(head -c 300 "$body_file" | tr '\n' ' ')"
  fi
}

# expect WHAT STATUS [MEMBER VALUE]...: checks the last answer
expect() {
  local what=$1 wanted=$2
  shift 2
  if [[ $status != "$wanted" ]]; then
    fail "$what" "wanted $wanted, got $(answer_text)"
    return 1
  fi
  while (($#)); do
    if [[ $(member "$1") != "$2" ]]; then
      fail "$what" "wanted $1 $2, got $(answer_text)"
      return 1
    fi
    shift 2
  done
  pass "$what"
}

# The orders on their way: id, what is checked, and how each should end. They are followed together.
on_their_way=()

# follow WHAT STATUS PAYMENT FULFILLMENT: the order of the last answer should end like this
follow() {
  local id
  id=$(member orderId)
  if [[ $status == 201 && -n $id ]]; then
    on_their_way+=("$id|$1|$2|$3|$4")
  else
    fail "$1" "wanted 201 and an orderId, got $(answer_text)"
  fi
}

await_ends() {
  local until=$((SECONDS + deadline_seconds)) entry id what ending payment fulfillment
  for entry in "${on_their_way[@]}"; do
    IFS='|' read -r id what ending payment fulfillment <<<"$entry"
    while :; do
      request GET "/orders/$id"
      [[ $(member status)/$(member paymentStatus) != "$ending/$payment" ]] || break
      ((SECONDS < until)) || break
      sleep 0.3
    done
    expect "$what" 200 status "$ending" paymentStatus "$payment" fulfillmentStatus "$fulfillment"
  done
  on_their_way=()
}

# ---- What is checked

check_endings() {
  submit "$(order '' '{"name": "Widget", "price": 29.99, "quantity": 2}')"
  expect "an order is accepted" 201 status PENDING total 59.98 currency USD
  follow "an order is paid and shipped" SHIPPED captured shipped
  submit "$(order '"paymentMethod": "pm_card_chargeDeclined"')"
  follow "a declined card ends the order" PAYMENT_DECLINED declined unfulfilled
  submit "$(order '"paymentMethod": "pm_sim_unknown_after"')"
  follow "a payment whose answer is lost is made once, and the order is shipped" SHIPPED captured shipped
  await_ends
}

check_stock() {
  local sku=test-api-$run item
  item='{"name": "Rare", "sku": "'$sku'", "price": 5.00, "quantity": %d}'
  if [[ -z $token ]]; then
    skip "an order that runs out of stock" "set ORDERFLOW_ADMIN_TOKEN or --admin-token-file"
    return
  fi
  as_admin PUT "/products/$sku" --header "$json" \
    --data '{"name": "Rare", "price": 5.00, "available": 1}'
  expect "a product is put into the catalogue" 201 || return
  # shellcheck disable=SC2059 # the format is the item
  submit "$(order '' "$(printf "$item" 2)")"
  follow "an order for more than is available ends, and nothing is held" OUT_OF_STOCK voided unfulfilled
  await_ends
  # shellcheck disable=SC2059
  submit "$(order '' "$(printf "$item" 1)")"
  follow "an order for the last one is shipped" SHIPPED captured shipped
  await_ends
  # Reads of products may be a moment old.
  for _ in 1 2 3 4 5; do
    request GET "/products/$sku"
    [[ $(member stock) != "$(stock_of 0 0 1 1)" ]] || break
    sleep 0.5
  done
  expect "the stock adds up" 200 stock "$(stock_of 0 0 1 1)"
  request GET /orders
  expect "the list of orders needs the admin token" 401
  as_admin GET '/orders?customerEmail=test-api@example.com&limit=1'
  expect "the list of orders is answered with the admin token" 200
}

# The stock as jq or python3 prints that object.
stock_of() {
  local format='{"available": %d, "reserved": %d, "shipped": %d, "received": %d}'
  if command -v jq >/dev/null; then format=${format//: /:} format=${format//, /,}; fi
  # shellcheck disable=SC2059
  printf "$format" "$@"
}

check_repeats() {
  local key="Idempotency-Key: test-api-$run" first
  submit "$(order)" --header "$key"
  first=$(member orderId)
  expect "an order with an Idempotency-Key is accepted" 201 || return
  submit "$(order)" --header "$key"
  expect "the same request again is answered with the same order" 201 orderId "$first"
  if grep -qi '^idempotent-replayed: true' "$head_file"; then
    pass "the repeat is marked as a replay"
  else
    fail "the repeat is marked as a replay" "no Idempotent-Replayed: true"
  fi
  submit "$(order '"metadata": {"other": "body"}')" --header "$key"
  expect "the same key with another body is refused" 422 code idempotency_key_reused
}

check_bad_input() {
  submit '{"customerEmail": "test-api@example.com", "items": ['
  expect "broken JSON is refused" 400
  submit "$(order '' '{"name": "Widget", "price": 10.00, "quantity": 0}')"
  expect "a quantity of 0 is refused" 422 code invalid_value
  submit "$(order '"quantty": 1')"
  expect "an unknown member is refused" 422 code invalid_value
  submit '{"customerEmail": "test-api@example.com", "items": []}'
  expect "an order without items is refused" 422 code invalid_value
  request POST /orders --header 'Content-Type: text/plain' --data "$(order)"
  expect "another media type is refused" 415
  request GET /orders/00000000-0000-7000-8000-000000000000
  expect "an order that does not exist is not found" 404
}

read_options "$@"
check_tools
find_url
url=${url%/}
run=$(date +%s)-$RANDOM

printf '%s\n\n' "$url"
request GET /healthz
expect "the API answers" 200 status ok || stop "no answer from $url/healthz"
check_endings
check_stock
check_repeats
check_bad_input

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
