#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>

#include "adapters/sqlite/orders/order_rows.h"
#include "adapters/sqlite/products/product_rows.h"
#include "adapters/sqlite/engine/worker.h"

namespace orderflow::sqlite {

/// Holds `<folder>/orderflow.lock` for as long as it lives: one process at a time may write a shop.
class FolderLock {
 public:
  /// Throws Failure where another process holds it.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

/// The open database of a shop: a thread that writes, a thread that reads, and their statements,
/// which only functions that run on that thread may touch. Orders and products share it.
class Database {
 public:
  using OnGroup = std::function<void(std::size_t size, std::chrono::nanoseconds commit)>;

  /// Unavailable where the folder is in use or can not be written, Corrupt where the file is
  /// damaged or of a newer version. `on_group` is called on the writer's thread.
  static Result<std::unique_ptr<Database>> open(boost::asio::any_io_executor executor,
                                                const std::filesystem::path& folder,
                                                OnGroup on_group = {});

  /// Works off what was submitted, then copies the log into the database file.
  ~Database();

  struct Writer {
    explicit Writer(Connection& db) : orders(db), stored(db), products(db) {}
    OrderWriter orders;
    OrderReader stored;  ///< sees the transaction that is under way
    ProductRows products;
  };
  struct Reader {
    explicit Reader(Connection& db) : orders(db), products(db) {}
    OrderReader orders;
    ProductRows products;
  };

  /// Runs f(Writer&) -> Result<T> in the next group: see Worker::run.
  template <typename F>
  auto write(F f) {
    return write_worker_->run([this, f = std::move(f)](Connection&) mutable { return f(writer_); });
  }
  template <typename F, typename Done>
  void write(F f, Done done) {
    write_worker_->run([this, f = std::move(f)](Connection&) mutable { return f(writer_); },
                       std::move(done));
  }
  template <typename F>
  auto read(F f) {
    return read_worker_->run([this, f = std::move(f)](Connection&) mutable { return f(reader_); });
  }

  /// The order id with the greatest time when the database was opened, for SystemIds.
  [[nodiscard]] std::optional<OrderId> newest_at_open() const { return newest_at_open_; }

 private:
  Database(boost::asio::any_io_executor executor, const std::filesystem::path& folder,
           OnGroup on_group);

  /// Copies the log into the database file, where reads find a page without looking through the log
  /// first. By itself SQLite does so only when the log has grown long.
  void copy_log();

  FolderLock lock_;
  Connection write_connection_;
  Connection read_connection_;
  Writer writer_;
  Reader reader_;
  std::optional<OrderId> newest_at_open_;
  std::unique_ptr<Worker> write_worker_;
  std::unique_ptr<Worker> read_worker_;
};

}  // namespace orderflow::sqlite
