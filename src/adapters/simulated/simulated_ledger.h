#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "adapters/simulated/ledger_rows.h"
#include "adapters/simulated/payment_account.h"
#include "adapters/sqlite/worker.h"

namespace orderflow {

/// What the simulated payment provider and the simulated carrier have on their own books: one
/// SQLite file, which knows nothing of our orders but their ids and is what `audit` holds our books
/// against. It has a thread of its own, of which a life takes about 5 us.
///
/// An answer survives the process, however it ends, but not a power cut: synchronous=NORMAL. The
/// provider may then have forgotten its last moments, which no real one does, and `audit` says so.
/// To be sure of the disk, three more waits for it in every life (measured: 17 us a life instead of
/// 8 with 64 calls at once, 50 instead of 12 with 16), is more than a simulation is worth.
class SimulatedLedger {
 public:
  /// Opens the file, or makes it, with mode 0600. `executor` is the I/O thread's.
  [[nodiscard]] static Result<std::unique_ptr<SimulatedLedger>> open(
      boost::asio::any_io_executor executor, const std::filesystem::path& file);

  /// Answers by the rules of payment_account.h. An error means that nobody knows.
  Task<Result<PaymentAnswer>> pay(simulated::PaymentOperation operation, int attempt,
                                  PaymentRequest request);
  Task<Result<PaymentRecord>> payment(OrderId order);

  /// Enters the shipment, unless there is one; returns the attempt under which it was made.
  Task<Result<int>> ship(OrderId order, int attempt);
  /// nullopt where nothing was shipped.
  Task<Result<std::optional<int>>> shipment(OrderId order);

 private:
  SimulatedLedger(boost::asio::any_io_executor executor, sqlite::Connection connection);

  sqlite::Connection connection_;
  simulated::LedgerRows rows_;
  sqlite::Worker worker_;
};

/// "SIM" and the first eight bytes of the id as a number: its own for every id that orderflow
/// makes.
[[nodiscard]] std::string tracking_number(const OrderId& order);

}  // namespace orderflow
