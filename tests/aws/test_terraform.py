"""Terraform and these tests speak of the same tables, functions and routes. What else
Terraform makes is tested in terraform/tests."""

import json
import re

import pytest

from api_gateway import ROUTES
from deployment import ORDERS, PRODUCTS, SIMULATED
from harness import ROOT
from lambda_double import TIMEOUTS

TERRAFORM = ROOT / "terraform"


def read(name):
    return (TERRAFORM / name).read_text()


def test_routes_go_to_the_same_functions():
    found = dict(re.findall(r'"(\w+ /\S*|\$default)"\s*=\s*\{ function = "([\w-]+)"', read("api.tf")))
    assert found == ROUTES


@pytest.mark.parametrize("name, shape", [("orders", ORDERS), ("products", PRODUCTS), ("simulated", SIMULATED)])
def test_tables_have_the_same_keys(name, shape):
    block = re.search(rf'resource "aws_dynamodb_table" "{name}" \{{.*?\n\}}', read("tables.tf"), re.S)[0]
    keys = {key["KeyType"]: key["AttributeName"] for key in shape["KeySchema"]}
    assert re.search(r"^  hash_key\s*= \"(\w+)\"", block, re.M)[1] == keys["HASH"]
    range_key = re.search(r"^  range_key\s*= \"(\w+)\"", block, re.M)
    assert (range_key and range_key[1]) == keys.get("RANGE")
    for index in shape.get("GlobalSecondaryIndexes", []):
        hash_key, range_key = (re.escape(key["AttributeName"]) for key in index["KeySchema"])
        own = (rf'name += "{index["IndexName"]}"\n +hash_key += "{hash_key}"\n +range_key += "{range_key}"', block)
        of_the_list = (rf'^    {index["IndexName"]} += \["{hash_key}", "{range_key}"\]$', read("tables.tf"))
        assert re.search(*own) or ("local.order_indexes" in block and re.search(*of_the_list, re.M))
        assert "KEYS_ONLY" in block


def test_every_function_is_there():
    functions = read("functions.tf")
    assert all(name in functions for name in TIMEOUTS)
