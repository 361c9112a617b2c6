#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "adapters/sandbox/books.h"
#include "adapters/sqlite/sandbox/book_rows.h"
#include "adapters/sqlite/engine/worker.h"

namespace orderflow {

/// The books of the simulated provider and carrier in one SQLite file, which is what `audit` holds
/// our books against. It has a thread of its own, of which a life takes about 5 us.
///
/// An answer survives the process, however it ends, but not a power cut: synchronous=NORMAL. The
/// provider may then have forgotten its last moments, which no real one does, and `audit` says so.
/// To be sure of the disk, three more waits for it in every life (measured: 17 us a life instead of
/// 8 with 64 calls at once, 50 instead of 12 with 16), is more than a simulation is worth.
class SqliteSandboxBooks final : public sandbox::Books {
 public:
  /// Opens the file, or makes it, with mode 0600. `executor` is the I/O thread's.
  [[nodiscard]] static Result<std::unique_ptr<SqliteSandboxBooks>> open(
      boost::asio::any_io_executor executor, const std::filesystem::path& file);

  Task<Result<PaymentAnswer>> pay(sandbox::PaymentOperation operation, int attempt,
                                  PaymentRequest request) override;
  Task<Result<PaymentRecord>> payment(OrderId order) override;
  Task<Result<int>> ship(OrderId order, int attempt) override;
  Task<Result<std::optional<int>>> shipment(OrderId order) override;

 private:
  SqliteSandboxBooks(boost::asio::any_io_executor executor, sqlite::Connection connection,
                  sqlite::Connection copying);
  void note_commit();
  void copy_log(const std::stop_token& stop);

  sqlite::Connection connection_;
  sandbox::BookRows rows_;

  // Copies the log into the file while the worker goes on: a provider that stood still for it,
  // while orders keep coming in, would be a backlog.
  sqlite::Connection copying_;
  std::mutex mutex_;  ///< of `grown_`
  std::condition_variable_any grows_;
  bool grown_ = false;  ///< the log, since it was copied last

  sqlite::Worker worker_;
  std::jthread copier_;
};

}  // namespace orderflow
