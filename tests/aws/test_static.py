"""The bootstrap that is deployed: static, and built apart (`cmake --preset lambda`). All other tests run the
one of the release preset."""

import pytest

from audit import Audit
from deployment import Deployment
from harness import ROOT, order_body, unique
from shops import lambda_shop

STATIC_BOOTSTRAP = ROOT / "build/lambda/bootstrap"
LONG = 30.0


@pytest.mark.skipif(not STATIC_BOOTSTRAP.exists(), reason="build/lambda/bootstrap is not built")
def test_orders_live_on_the_static_bootstrap(servers, tmp_path):
    deployment = Deployment(servers).create()
    with lambda_shop(deployment, tmp_path, bootstrap=STATIC_BOOTSTRAP) as shop:
        sku = unique("mug")
        shop.put_product(sku, 1)
        made, stocked, declined = [shop.create(order_body(**what))["orderId"] for what in (
            {}, {"sku": sku, "quantity": 1}, {"paymentMethod": "pm_card_chargeDeclined"})]
        ends = [shop.await_end(order, LONG)["status"] for order in (made, stocked, declined)]
    assert ends == ["SHIPPED", "SHIPPED", "PAYMENT_DECLINED"]
    Audit(deployment).assert_clean()
