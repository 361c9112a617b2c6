#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "adapters/sqlite/engine/database_thread.h"
#include "adapters/sqlite/engine/folder_lock.h"
#include "adapters/sqlite/orders/order_reader.h"
#include "adapters/sqlite/orders/order_writer.h"
#include "adapters/sqlite/products/product_rows.h"

namespace orderflow::sqlite {

/// What the thread that writes has prepared.
struct ShopWriter {
  explicit ShopWriter(SqliteConnection& db) : orders(db), stored(db), products(db) {}
  void begin_group() { orders.begin_group(); }
  void end_group() { orders.end_group(); }

  OrderWriter orders;
  OrderReader stored;  ///< sees what the open transaction has written
  ProductRows products;
};

/// What the thread that reads has prepared.
struct ShopReader {
  explicit ShopReader(SqliteConnection& db) : orders(db), products(db) {}
  OrderReader orders;
  ProductRows products;
};

/// The open database of a shop: a thread that writes and a thread that reads, which the stores of
/// orders and of products share. One process at a time may write a shop.
///
/// SQLite appends each commit to a log, `orderflow.db-wal`, and the commit is durable once the log
/// is synced. The rows get from the log into the database file, which is called a checkpoint, by
/// the writer's thread: by a commit after which the log has 16 MB, or when the thread is idle. The
/// next commits then write over the log from its beginning.
class ShopDatabase {
 public:
  /// Unavailable where the folder is in use or cannot be written; Corrupt where the file is damaged,
  /// of a newer version, or lost (open_shop_file()). `settings` are those of the writer's thread.
  static Result<std::unique_ptr<ShopDatabase>> open(boost::asio::any_io_executor executor,
                                                    const std::filesystem::path& folder,
                                                    ThreadSettings settings = {});

  [[nodiscard]] DatabaseThread<ShopWriter>& writer() { return writer_; }
  [[nodiscard]] DatabaseThread<ShopReader>& reader() { return reader_; }

  /// Whether there were orders when the database was opened.
  [[nodiscard]] bool had_orders_at_open() const { return had_orders_at_open_; }

 private:
  ShopDatabase(boost::asio::any_io_executor executor, const std::filesystem::path& folder,
               ThreadSettings settings);

  FolderLock lock_;
  // The reader goes first: the connection that is closed last makes the last checkpoint.
  DatabaseThread<ShopWriter> writer_;
  DatabaseThread<ShopReader> reader_;
  bool had_orders_at_open_;
};

}  // namespace orderflow::sqlite
