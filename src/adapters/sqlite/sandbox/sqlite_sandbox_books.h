#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "adapters/sandbox/books.h"
#include "adapters/sqlite/engine/database_thread.h"
#include "adapters/sqlite/sandbox/book_rows.h"

namespace orderflow {

/// The books of the sandbox's payment provider and carrier in one SQLite file. `audit` compares the
/// shop with them. They have a thread of their own: on the I/O thread they would cost 40 to 70 %
/// more CPU an order.
///
/// An answer survives the end of the process, but not a power cut: the connection is
/// Durability::Normal (decision 7). After a power cut the books may lack the last effects, and
/// `audit` says so. Waiting for the disk at each of the three effects of an order would cost 17 us
/// an order instead of 8 with 64 calls at once, and 50 instead of 12 with 16.
class SqliteSandboxBooks final : public sandbox::Books {
 public:
  /// Opens the file or makes it, with mode 0600. `executor` is the I/O thread's. While it grows, the
  /// log is copied into the file every `copy_interval`.
  [[nodiscard]] static Result<std::unique_ptr<SqliteSandboxBooks>> open(
      boost::asio::any_io_executor executor, const std::filesystem::path& file,
      std::chrono::milliseconds copy_interval = std::chrono::milliseconds(50));

  Task<Result<PaymentAnswer>> pay(sandbox::PaymentOperation operation, int attempt,
                                  PaymentRequest request) override;
  Task<Result<PaymentRecord>> payment(OrderId order) override;
  Task<Result<int>> ship(OrderId order, int attempt) override;
  Task<Result<std::optional<int>>> shipment(OrderId order) override;

 private:
  SqliteSandboxBooks(boost::asio::any_io_executor executor, sqlite::SqliteConnection connection,
                     sqlite::SqliteConnection copying, std::chrono::milliseconds copy_interval);
  void note_commit();
  void copy_log(const std::stop_token& stop);

  // A second thread copies the log into the file. A provider that stood still meanwhile would leave
  // 5 orders a connection waiting instead of 3, and ship a fifth fewer orders a second (measured
  // with 64 connections).
  sqlite::SqliteConnection copying_;
  const std::chrono::milliseconds copy_interval_;
  std::mutex mutex_;  ///< of log_has_grown_
  std::condition_variable_any grows_;
  bool log_has_grown_ = false;  ///< since it was copied last

  sqlite::DatabaseThread<sandbox::BookRows> thread_;
  std::jthread copier_;
};

}  // namespace orderflow
