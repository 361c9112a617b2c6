#pragma once

#include <filesystem>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "adapters/sqlite/orders/order_writer.h"
#include "adapters/sqlite/sandbox/book_rows.h"
#include "adapters/system/system_clock.h"
#include "adapters/system/system_ids.h"

namespace orderflow::bench {

/// What the service stores for one order like those of bench_load, from POST to SHIPPED.
struct Life {
  OrderPtr received;
  std::optional<Idempotency> idempotency;
  std::vector<OrderPtr> changes;       ///< the order after each commit, oldest first
  sandbox::PaymentAccount authorized;  ///< the payment provider's books after each effect
  sandbox::PaymentAccount captured;
};

/// Makes lives of customers and items drawn at random. Every second one has an Idempotency-Key.
class Lives {
 public:
  [[nodiscard]] std::vector<Life> make(std::size_t count);

 private:
  [[nodiscard]] OrderBody make_body();
  [[nodiscard]] Life make_life();

  SystemClock clock_;
  SystemIds ids_;
  std::mt19937_64 random_{std::random_device{}()};
};

/// The data folder of a shop, written to without a service: the orders and the sandbox's books.
/// Throws sqlite::SqliteError.
class BareShop {
 public:
  BareShop(const std::filesystem::path& data, sqlite::Durability durability);

  /// Whole lives, statement by statement as the service runs them: one transaction for the orders
  /// and one for the books.
  void write(std::span<const Life> lives);

 private:
  void write_orders(std::span<const Life> lives);
  void write_books(std::span<const Life> lives);

  sqlite::SqliteConnection orders_;
  sqlite::OrderWriter writer_;
  sqlite::SqliteConnection books_;
  sandbox::BookRows rows_;  ///< of the books
};

}  // namespace orderflow::bench
