#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "adapters/simulated/payment_account.h"
#include "adapters/sqlite/worker.h"

namespace orderflow {

/// What the simulated payment provider and the simulated carrier have on their own books: one
/// SQLite file, which knows nothing of our orders but their ids and is what `audit` holds our books
/// against.
///
///   payments (order_id, currency, payment_method, entries)    entries: "authorize:1 5998 ok\n..."
///   shipments (order_id, attempt)                             the tracking number follows from the
///   id
///
/// A life is one insert and one update there, and one insert, all at the end of their tree for ids
/// that are in order of time: about 100 bytes.
class SimulatedLedger {
 public:
  /// Opens the file, or makes it, with mode 0600. `executor` is the I/O thread's.
  [[nodiscard]] static Result<std::unique_ptr<SimulatedLedger>> open(
      boost::asio::any_io_executor executor, const std::filesystem::path& file);
  ~SimulatedLedger();

  /// Answers by the rules of payment_account.h. An error means that nobody knows.
  Task<Result<PaymentAnswer>> pay(simulated::PaymentOperation operation, int attempt,
                                  PaymentRequest request);
  Task<Result<PaymentRecord>> payment(OrderId order);

  /// Enters the shipment, unless there is one; returns the attempt under which it was made.
  Task<Result<int>> ship(OrderId order, int attempt);
  /// nullopt where nothing was shipped.
  Task<Result<std::optional<int>>> shipment(OrderId order);

 private:
  struct Statements;
  SimulatedLedger(boost::asio::any_io_executor executor, sqlite::Connection connection);

  sqlite::Connection connection_;
  std::unique_ptr<Statements> statements_;
  sqlite::Worker worker_;
};

/// "SIM" and the first eight bytes of the id as a number: its own for every id that orderflow
/// makes.
[[nodiscard]] std::string tracking_number(const OrderId& order);

struct LedgerPayment {
  OrderId order;
  std::string currency;
  PaymentRecord record;
  /// Every answer that was given, the declined ones too: see PaymentEntry::answer.
  std::vector<simulated::PaymentEntry> entries;
};
struct LedgerShipment {
  OrderId order;
  int attempt = 0;
  std::string tracking_number;
};

/// The ledger as it was when it was opened, also while another process serves. An effect is entered
/// before our store hears of it: a reader that was opened after a snapshot of the store was taken
/// has every effect that the store knows, and perhaps more.
class SimulatedLedgerReader {
 public:
  /// NotFound where there is no such file: nothing was simulated.
  [[nodiscard]] static Result<SimulatedLedgerReader> open(const std::filesystem::path& file);

  /// One after the other, in order of order id; nullopt at the end.
  [[nodiscard]] Result<std::optional<LedgerPayment>> next_payment();
  [[nodiscard]] Result<std::optional<LedgerShipment>> next_shipment();

 private:
  explicit SimulatedLedgerReader(sqlite::Connection connection);

  sqlite::Connection connection_;
  sqlite::Statement payments_;
  sqlite::Statement shipments_;
};

}  // namespace orderflow
