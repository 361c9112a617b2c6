#include "adapters/dynamodb/order_item.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "adapters/dynamodb/order_index.h"
#include "base/limits.h"
#include "order/model/stored_size.h"
#include "order/rules/transitions.h"
#include "support/orders.h"

namespace orderflow::dynamodb {
namespace {

boost::json::object stored(const Order& order, const std::optional<Idempotency>& key = {}) {
  std::string text;
  JsonWriter out(text);
  write_item(out, order_item(order, key, "token"));
  return boost::json::parse(text).as_object();
}

/// As DynamoDB counts it: names and values, of numbers about half of their digits.
std::size_t item_size(const Attributes& item) {
  std::size_t size = 0;
  for (const auto& [name, value] : item) {
    size += name.size();
    if (const auto* text = std::get_if<std::string>(&value)) size += text->size();
    if (const auto* bytes = std::get_if<Binary>(&value)) size += bytes->bytes.size();
    if (std::holds_alternative<std::int64_t>(value)) size += 8;
  }
  return size;
}

TEST(OrderItem, HasTheAttributesOfItsIndexes) {
  const OrderPtr order = received(1);
  Idempotency key;
  key.key.fill(6);
  key.fingerprint.fill(7);
  const DynamoItem item(stored(*order, key));
  EXPECT_EQ(item.text("id"), order->id().to_string());
  EXPECT_EQ(item.number("version"), 1);
  EXPECT_EQ(item.text("status"), "PENDING");
  EXPECT_EQ(item.number("due"), 1'790'000'001'000);
  // base64url of the first 16 bytes of SHA-256("test@example.com")
  EXPECT_EQ(item.text("customer"), "lz3-Rj7IV4X1-Vr1ujkG7g");
  EXPECT_EQ(item.text("shard"), "1");
  EXPECT_EQ(item.text("open"), "1");
  EXPECT_EQ(item.text("look"), "1790000001000#" + order->id().to_string());
  EXPECT_EQ(item.text("sort"), "1790000001000#" + order->id().to_string());
  EXPECT_EQ(item.text("listed"), std::nullopt);
  EXPECT_EQ(item.binary("key"), std::string(16, '\6'));
  EXPECT_EQ(item.binary("fingerprint"), std::string(16, '\7'));
  EXPECT_EQ(*(*read_order(item))->body, *order->body);
}

TEST(OrderItem, OfTheLargestOrderWithTheMostEventsFits) {
  constexpr std::size_t kItemBytesMax = 400 * 1024;  // DynamoDB's
  OrderBody largest = body(1);
  largest.lines.clear();
  std::vector<StockLine> stock;
  while (stored_bytes_max(largest) < kOrderStoredBytesMax) {
    const std::string sku = std::to_string(stock.size()) + std::string(252, '\x01');
    largest.lines.push_back({sku, sku, 1, 1, 1});
    stock.push_back({sku, 1});
  }
  const std::string reason(kReasonCharactersMax, '\x01');
  Order order = *received(largest);
  order = *legal(authorized(order, 1, kStart)).next;
  order = *legal(stock_reserved(order, stock, kStart)).next;
  while (order.version() < kOrderEventsMax - 3) {
    const std::string problem(2 * kProblemBytesMax, 'x');
    const auto failed = parked(order, Actor::FulfillmentProcessor, 1, problem, kStart);
    order = *legal(failed).next;
    const auto again = retried(order, kStart);
    if (!again) break;
    order = *again->next;
  }
  const Order parked_one = order;
  EXPECT_GT(parked_one.version(), kOrderEventsMax * 9 / 10);
  ASSERT_TRUE(parked_one.state.attention);
  order = *legal(cancelled(parked_one, reason, kStart)).next;
  order = *legal(voided(order, 1, kStart)).next;
  Attributes item = order_item(order, Idempotency{}, "token");
  item.emplace_back("listed", std::string("ended#CANCELLED"));
  EXPECT_LT(item_size(item), kItemBytesMax);
}

TEST(OrderItem, OfOneLineIsOneWriteUnitToTheEnd) {
  Order order = *received(1);
  for (const auto step :
       {+[](const Order& o) { return authorized(o, 1, kStart); },
        +[](const Order& o) { return stock_reserved(o, {{"Widget", 2}}, kStart); },
        +[](const Order& o) { return claimed(o, kStart); },
        +[](const Order& o) { return captured(o, 1, kStart); },
        +[](const Order& o) {
          return shipped(o, 1, "SIM1234567890123456789", "simulated", kStart);
        }}) {
    order = *legal(step(order)).next;
  }
  const Attributes item = order_item(order, Idempotency{}, "12345678901");
  EXPECT_LT(item_size(item), 1024u);
}

/// What a commit does to an attribute: the text that it sets, "removed", or "" for nothing.
std::string effect_on(const std::string& attribute, std::uint32_t expected_version,
                      const Decision& decision) {
  const Update update = order_update("orders", expected_version, legal(decision), "token");
  const auto request = boost::json::parse(update.request()).as_object();
  const std::string expression(request.at("UpdateExpression").as_string());
  const std::size_t removes = std::min(expression.find("REMOVE"), expression.size());
  if (expression.substr(removes).contains("#" + attribute)) return "removed";
  const std::size_t at = expression.find("#" + attribute + "=");
  if (at == std::string::npos) return "";
  const std::string assigned = expression.substr(at);
  const std::size_t alias = assigned.find(':');
  const auto& value = request.at("ExpressionAttributeValues")
                          .at(assigned.substr(alias, assigned.find_first_of(",) ", alias) - alias));
  return std::string(value.at("S").as_string());
}

TEST(OrderItem, IsListedWhereItIsParkedOrEndsUnshipped) {
  const Order order = *received(9);
  const Actor actor = Actor::PaymentProcessor;
  const auto listed = [](std::uint32_t version, const Decision& decision) {
    return effect_on("listed", version, decision);
  };
  EXPECT_EQ(listed(1, authorized(order, 1, kStart)), "removed");
  EXPECT_EQ(listed(1, deferred(order, actor, 1, "no answer", 0, kStart)), "removed");
  EXPECT_EQ(listed(1, authorization_declined(order, 1, "", kStart)), "ended#PAYMENT_DECLINED#1");

  const Decision stuck = parked(order, actor, 1, "no answer", kStart);
  EXPECT_EQ(listed(1, stuck), "parked#1");
  EXPECT_EQ(listed(2, retried(*stuck->next, kStart)), "removed");
  EXPECT_EQ(listed(2, cancelled(*stuck->next, "", kStart)), "ended#CANCELLED#1");

  const Decision gone = cancelled(order, "", kStart);
  EXPECT_EQ(listed(1, gone), "ended#CANCELLED#1") << "though it is to be voided";
  EXPECT_EQ(listed(2, voided(*gone->next, 1, kStart)), "ended#CANCELLED#1");
}

// Each change of an entry costs two writes, so it does not follow every step.
TEST(OrderItem, IsOpenUntilItsEndAndLookedAtWhenItsStepIsDue) {
  using namespace std::chrono_literals;
  const Order order = *received(9);
  const auto look = [](Timestamp at) { return sort_at(at) + "#" + received(9)->id().to_string(); };
  const auto fresh = order_item(order, {}, "token");
  const auto has = [&](std::string_view name, const std::string& text) {
    return std::ranges::any_of(fresh, [&](const auto& attribute) {
      return attribute.first == name && std::get<std::string>(attribute.second) == text;
    });
  };
  EXPECT_TRUE(has("shard", "1"));
  EXPECT_TRUE(has("open", "1"));
  EXPECT_TRUE(has("look", look(order.body->created_at)));

  const Decision paid = authorized(order, 1, kStart + 20s);
  EXPECT_EQ(effect_on("look", 1, paid), "") << "that costs nothing";
  const Decision later = deferred(order, Actor::PaymentProcessor, 1, "?", 0.5, kStart + 20s);
  EXPECT_EQ(effect_on("look", 1, later), look(*later->next->state.due_at));
  const Decision paid_at_last = authorized(*later->next, 1, kStart + 21s);
  EXPECT_EQ(effect_on("look", 2, paid_at_last), look(kStart + 21s)) << "earlier than before";
  EXPECT_EQ(effect_on("look", 3, stock_reserved(*paid_at_last->next, {}, kStart + 22s)), "");

  const Decision stuck = parked(order, Actor::PaymentProcessor, 1, "?", kStart + 20s);
  EXPECT_EQ(effect_on("open", 1, stuck), "removed");
  EXPECT_EQ(effect_on("look", 1, stuck), "removed");
  const Decision again = retried(*stuck->next, kStart + 1h);
  EXPECT_EQ(effect_on("open", 2, again), "1");
  EXPECT_EQ(effect_on("look", 2, again), look(kStart + 1h));
  EXPECT_EQ(effect_on("open", 1, authorization_declined(order, 1, "", kStart)), "removed");
  EXPECT_EQ(effect_on("open", 1, cancelled(order, "", kStart)), "") << "to be voided";
}

TEST(OrderItem, IsInNoListOnceShipped) {
  Order order = *received(9);
  order.state.status = Status::Fulfilling;
  const Decision capture = captured(order, 1, kStart);
  const Decision done = followed_by(*capture, *shipped(*capture->next, 1, "T", "C", kStart));
  EXPECT_EQ(effect_on("open", 1, capture), "");
  EXPECT_EQ(effect_on("open", 1, done), "removed");
  EXPECT_EQ(effect_on("listed", 1, done), "removed");
}

TEST(OrderItem, IsCorruptWhereItIsNotAsWritten) {
  for (const std::string name : {"id", "v", "version", "body", "state"}) {
    auto attributes = stored(*received(1));
    attributes.erase(name);
    EXPECT_EQ(read_order(DynamoItem(attributes)).error().code, ErrorCode::Corrupt) << name;
  }
  auto attributes = stored(*received(1));
  attributes["version"] = {{"N", "2"}};
  EXPECT_EQ(read_order(DynamoItem(attributes)).error().code, ErrorCode::Corrupt);
}

TEST(DerivedId, IsAVersion8UuidOfTheTwoKeys) {
  std::array<std::uint8_t, 16> key{};
  const OrderId id = derived_id("secret", key);
  EXPECT_EQ(id, derived_id("secret", key));
  EXPECT_NE(id, derived_id("other", key));
  EXPECT_EQ(id.version(), 8);
  EXPECT_EQ(id.bytes()[8] >> 6, 2);
  key[15] = 1;
  EXPECT_NE(id, derived_id("secret", key));
}

TEST(Sort, IsReadAsItIsWritten) {
  const OrderBody order = body(3);
  const std::string sort = sort_of(order);
  EXPECT_EQ(created_at(sort), order.created_at);
  EXPECT_EQ(created_at('-' + sort.substr(1)), std::nullopt);
  EXPECT_EQ(created_at("-000000000000" + sort.substr(sort.find('#'))), std::nullopt);
  EXPECT_EQ(id_in(sort), order.id);
  for (const std::string& wrong :
       {std::string(), sort.substr(0, 13), sort + "0", std::string("x").append(sort, 1),
        sort.substr(0, 14) + std::string(36, 'x')}) {
    EXPECT_EQ(id_in(wrong), std::nullopt) << wrong;
  }
}

TEST(Sort, RangesHoldTheOrdersOfTheirTimes) {
  const std::string sort = sort_of(body(3));
  const Timestamp at = body(3).created_at;
  const auto within = [&](const OrderQuery& query) {
    const SortRange range = sort_range(query);
    return range.low <= sort && sort <= range.high;
  };
  EXPECT_TRUE(within({}));
  EXPECT_TRUE(within({.from = at}));
  EXPECT_FALSE(within({.from = at + Duration(1)}));
  EXPECT_TRUE(within({.to = at + Duration(1)}));
  EXPECT_FALSE(within({.to = at}));
  EXPECT_LT(just_below(sort), sort);
  EXPECT_GT(just_below(sort), sort_of(body(2)));
}

}  // namespace
}  // namespace orderflow::dynamodb
