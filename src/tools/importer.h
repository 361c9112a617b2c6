#pragma once

#include <filesystem>
#include <istream>
#include <map>
#include <optional>
#include <string>

#include "adapters/sqlite/engine/shop_database.h"
#include "adapters/sqlite/sandbox/book_rows.h"
#include "tools/transfer.h"
#include "tools/transfer_lines.h"

namespace orderflow {

/// One import: holds the folder's lock and a transaction on each database. Failures of SQLite are
/// thrown as sqlite::SqliteError. Unless run() succeeds, nothing of the file is in the shop.
class Importer {
 public:
  explicit Importer(const std::filesystem::path& data);

  [[nodiscard]] Result<TransferSummary> run(std::istream& in);

 private:
  /// Of one SKU: what its product line says, and what the other lines add up to.
  struct StockSums {
    std::optional<Stock> stated;
    std::int64_t received = 0;
    std::int64_t reserved = 0;
    std::int64_t shipped = 0;
  };
  /// The simulated provider's and carrier's database.
  struct Books {
    explicit Books(const std::filesystem::path& file);
    sqlite::SqliteConnection db;
    sandbox::BookRows rows;
  };

  Result<void> store_line(const std::string& text);
  Result<void> store(const HeaderLine& line);
  Result<void> store(const Product& product);
  Result<void> store(const StockEntryLine& line);
  Result<void> store(const OrderLine& line);
  Result<void> store(const PaymentLine& line);
  Result<void> store(const ShipmentLine& line);
  Result<void> store(const EndLine& line);
  Result<void> check_known(const OrderId& order);
  [[nodiscard]] Result<void> check_stock() const;
  Books& books();
  void commit();

  std::filesystem::path data_;
  sqlite::FolderLock lock_;
  sqlite::SqliteConnection shop_;
  std::optional<Books> books_;
  sqlite::OrderWriter writer_;
  sqlite::OrderReader reader_;
  sqlite::Statement insert_key_;
  sqlite::Statement insert_product_;
  sqlite::Statement insert_stock_;
  std::map<std::string, StockSums> stock_;
  std::int64_t lines_ = 0;
  bool ended_ = false;
  TransferSummary summary_;
};

}  // namespace orderflow
