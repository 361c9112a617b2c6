#include "shop.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"
#include "base/check.h"
#include "order/rules/transitions.h"

namespace orderflow::bench {
namespace {

constexpr std::string_view kPaymentMethod = "pm_card_visa";
constexpr std::uint64_t kCustomers = 200'000;
constexpr std::uint64_t kItems = 1'000;
constexpr Minor kPrice = 2'999;
constexpr int kLedgerCacheKib = 4 * 1024;  // as SqliteSandboxBooks has it

/// Lets the store make or check the file before it is opened here.
const std::filesystem::path& prepare_books(const std::filesystem::path& file) {
  boost::asio::io_context io;
  if (const auto ledger = SqliteSandboxBooks::open(io.get_executor(), file); !ledger) {
    throw std::runtime_error(ledger.error().detail);
  }
  return file;
}

std::string entry(sandbox::PaymentOperation operation, Minor amount) {
  std::string text;
  sandbox::append_entry(text, {.operation = operation,
                               .attempt = 1,
                               .amount = amount,
                               .answer = std::string(sandbox::kOk)});
  return text;
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
            .authorized_entries = entry(sandbox::PaymentOperation::Authorize, body.total)};
  life.captured_entries =
      life.authorized_entries + entry(sandbox::PaymentOperation::Capture, body.total);
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

Shop::Shop(const std::filesystem::path& data, sqlite::Durability durability)
    : orders_(data / "orderflow.db", {.durability = durability}),
      writer_((sqlite::migrate_shop(orders_), orders_)),
      books_(prepare_books(data / "simulated.db"),
             {.durability = durability, .cache_kib = kLedgerCacheKib}),
      insert_payment_(books_.prepare("INSERT INTO payments VALUES (?1, ?2, ?3, ?4)")),
      update_payment_(books_.prepare("UPDATE payments SET entries = ?2 WHERE order_id = ?1")),
      insert_shipment_(books_.prepare("INSERT INTO shipments VALUES (?1, 1)")) {}

void Shop::write(std::span<const Life> lives) {
  write_orders(lives);
  write_books(lives);
}

void Shop::write_orders(std::span<const Life> lives) {
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

void Shop::write_books(std::span<const Life> lives) {
  books_.execute("BEGIN IMMEDIATE");
  for (const Life& life : lives) {
    const auto& id = life.received->id().bytes();
    insert_payment_.bind_blob(1, id)
        .bind_text(2, Currency::usd().code())
        .bind_text(3, kPaymentMethod)
        .bind_text(4, life.authorized_entries)
        .run();
    update_payment_.bind_blob(1, id).bind_text(2, life.captured_entries).run();
    insert_shipment_.bind_blob(1, id).run();
  }
  books_.execute("COMMIT");
}

}  // namespace orderflow::bench
