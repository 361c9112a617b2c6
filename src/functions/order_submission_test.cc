#include "base/limits.h"
#include "support/functions_test.h"

namespace orderflow {
namespace {

TEST_F(Functions, OnlyTheLatestCatalogueRefusesAnOrder) {
  stock("widget", 2);
  products.lags = true;
  services.unknown_sku = UnknownSku::Reject;
  EXPECT_EQ(submit(draft())->body->total, 5998);
  services.unknown_sku = UnknownSku::MakeToOrder;
  auto without_price = draft();
  without_price.lines[0].price.reset();
  EXPECT_EQ(submit(without_price)->body->total, 5998);
}

std::vector<FieldError> errors(const Result<SubmissionResult>& result) {
  return std::get<std::vector<FieldError>>(*result);
}

TEST_F(Functions, ASkuInTheCatalogueHasItsPrice) {
  stock("widget", 5);
  auto what = draft();
  what.lines[0].price.reset();
  EXPECT_EQ(submit(what)->body->total, 5998);

  what.lines[0].price = 3000;
  auto found = errors(run(submit_order(services, what, std::nullopt)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].pointer, "/items/0/price");
  EXPECT_EQ(found[0].code, "price_mismatch");

  what.lines[0] = {"other", "Other", std::nullopt, 1};
  EXPECT_EQ(errors(run(submit_order(services, what, std::nullopt)))[0].pointer, "/items/0/price");
}

TEST_F(Functions, UnknownSkusAreRefusedWhereThisIsConfigured) {
  services.unknown_sku = UnknownSku::Reject;
  const auto found = errors(run(submit_order(services, draft(), std::nullopt)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "unknown_sku");
}

TEST_F(Functions, AmountsBeyondTheLimitAreRefused) {
  auto what = draft();
  what.lines[0].price = kOrderTotalMinorMax + 1;
  what.lines[0].quantity = 1;
  EXPECT_EQ(errors(run(submit_order(services, what, std::nullopt)))[0].pointer, "/items/0/price");
  what.lines[0].price = 900'000'000'000;
  what.lines.push_back(what.lines[0]);
  EXPECT_EQ(errors(run(submit_order(services, what, std::nullopt)))[0].pointer, "/items");
}

TEST_F(Functions, ARepeatedKeyAnswersTheSameOrder) {
  const Idempotency key{.key = {1}, .fingerprint = {2}};
  const auto first = std::get<Submission>(*run(submit_order(services, draft(), key)));
  deliver_all();
  const auto again = std::get<Submission>(*run(submit_order(services, draft(), key)));
  EXPECT_FALSE(first.replayed);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.order->id(), first.order->id());
  EXPECT_EQ(again.order->state, first.order->state) << "the first answer again";
  EXPECT_TRUE(queue.nudges.empty());

  stock("widget", 1);
  ASSERT_TRUE(run(products.put("widget", {"Widget", 3000, Currency::usd()}, 1)));
  const auto later = std::get<Submission>(*run(submit_order(services, draft(), key)));
  EXPECT_EQ(later.order->id(), first.order->id()) << "whatever the catalogue says by now";

  const Idempotency other{.key = {1}, .fingerprint = {3}};
  EXPECT_TRUE(std::holds_alternative<KeyReused>(*run(submit_order(services, draft(), other))));
}

}  // namespace
}  // namespace orderflow
