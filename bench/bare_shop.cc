#include "bare_shop.h"

#include <fmt/format.h>

#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/sandbox/book_rows.h"
#include "base/check.h"
#include "order/rules/transitions.h"

namespace orderflow::bench {
namespace {

constexpr std::string_view kPaymentMethod = "pm_card_visa";
constexpr std::uint64_t kCustomers = 200'000;
constexpr std::uint64_t kItems = 1'000;
constexpr Minor kPrice = 2'999;
constexpr int kBooksCacheKib = 4 * 1024;  // as SqliteSandboxBooks has it

sqlite::SqliteConnection open_books(const std::filesystem::path& file,
                                    sqlite::Durability durability) {
  sqlite::SqliteConnection db(file, {.durability = durability, .cache_kib = kBooksCacheKib});
  sandbox::migrate_books(db);
  return db;
}

sandbox::PaymentEntry entry(sandbox::PaymentOperation operation, Minor amount) {
  return {
      .operation = operation, .attempt = 1, .amount = amount, .answer = std::string(sandbox::kOk)};
}

}  // namespace

std::vector<Life> Lives::make(std::size_t count) {
  std::vector<Life> lives;
  lives.reserve(count);
  while (lives.size() < count) lives.push_back(make_life());
  return lives;
}

OrderBody Lives::make_body() {
  const Timestamp now = clock_.now();
  Line line{.name = fmt::format("Widget {:04}", random_() % kItems),
            .unit_price = kPrice,
            .quantity = static_cast<std::int64_t>(1 + random_() % 9)};
  line.sku = line.name;
  line.total = line.unit_price * line.quantity;
  return {.id = ids_.next_order_id(now),
          .created_at = now,
          .customer_email = fmt::format("customer{:07}@example.com", random_() % kCustomers),
          .lines = {line},
          .total = line.total,
          .payment_method = std::string(kPaymentMethod)};
}

Life Lives::make_life() {
  auto received = std::make_shared<const Order>(receive(make_body()));
  const OrderBody& body = *received->body;
  Life life{.received = received,
            .authorized = {.currency = std::string(body.currency.code()),
                           .payment_method = body.payment_method,
                           .entries = {entry(sandbox::PaymentOperation::Authorize, body.total)}}};
  life.captured = life.authorized;
  life.captured.entries.push_back(entry(sandbox::PaymentOperation::Capture, body.total));
  if (random_() % 2 == 0) {
    auto& idempotency = life.idempotency.emplace();
    for (auto& byte : idempotency.key) byte = static_cast<std::uint8_t>(random_());
    for (auto& byte : idempotency.fingerprint) byte = static_cast<std::uint8_t>(random_());
  }

  Duration elapsed{};
  OrderPtr order = received;
  const auto step = [&](auto decide) {
    Decision decision = decide(body.created_at + ++elapsed);
    CHECK(decision);
    order = decision->next;
    life.changes.push_back(order);
  };
  step([&](Timestamp at) { return authorized(*order, 1, at); });
  step([&](Timestamp at) { return stock_reserved(*order, {}, at); });
  step([&](Timestamp at) { return claimed(*order, at); });
  step([&](Timestamp at) { return captured(*order, 1, at); });
  step([&](Timestamp at) { return shipped(*order, 1, tracking_number(body.id), "simulated", at); });
  return life;
}

BareShop::BareShop(const std::filesystem::path& data, sqlite::Durability durability)
    : orders_(data / "orderflow.db", {.durability = durability}),
      writer_((sqlite::migrate_shop(orders_), orders_)),
      books_(open_books(data / "simulated.db", durability)),
      rows_(books_) {}

void BareShop::write(std::span<const Life> lives) {
  write_orders(lives);
  write_books(lives);
}

void BareShop::write_orders(std::span<const Life> lives) {
  orders_.execute("BEGIN IMMEDIATE");
  writer_.begin_group();
  for (const Life& life : lives) {
    const auto insertion = writer_.insert(*life.received, life.idempotency);
    CHECK(insertion.outcome == sqlite::OrderWriter::Inserted::Yes);
    std::uint32_t version = life.received->version();
    for (const OrderPtr& next : life.changes) {
      CHECK(writer_.change(*next, version, StockMove::None) == CommitOutcome::Committed);
      version = next->version();
    }
  }
  writer_.end_group();
  orders_.execute("COMMIT");
}

void BareShop::write_books(std::span<const Life> lives) {
  books_.execute("BEGIN IMMEDIATE");
  for (const Life& life : lives) {
    const OrderId& id = life.received->id();
    CHECK(rows_.add_payment(id, life.authorized));
    rows_.replace_payment(id, life.captured);
    CHECK(rows_.add_shipment(id, 1));
  }
  books_.execute("COMMIT");
}

}  // namespace orderflow::bench
