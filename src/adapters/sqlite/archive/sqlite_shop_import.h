#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "adapters/sqlite/engine/folder_lock.h"
#include "adapters/sqlite/engine/sqlite_connection.h"
#include "adapters/sqlite/orders/order_reader.h"
#include "adapters/sqlite/orders/order_writer.h"
#include "adapters/sqlite/sandbox/book_rows.h"
#include "ports/shop_archive.h"

namespace orderflow::sqlite {

/// One import: holds the folder's lock and one transaction on each file.
class SqliteShopImport final : public ShopImport {
 public:
  /// Makes the folder and an empty shop where there are none. Unavailable where the shop is served.
  [[nodiscard]] static Result<std::unique_ptr<ShopImport>> open(const std::filesystem::path& data);

  Result<void> add_product(const Product& product) override;
  Result<void> add_stock_entry(const StockEntry& entry) override;
  Result<void> add_order(const Order& order,
                         const std::optional<Idempotency>& idempotency) override;
  Result<void> add_payment(const OrderId& order, const sandbox::PaymentAccount& account) override;
  Result<void> add_shipment(const ArchivedShipment& shipment) override;
  Result<void> commit() override;

 private:
  /// The database of the sandbox's provider and carrier.
  struct SandboxFile {
    explicit SandboxFile(const std::filesystem::path& file);
    SqliteConnection db;
    sandbox::BookRows rows;
  };

  explicit SqliteShopImport(const std::filesystem::path& data);
  [[nodiscard]] Result<void> check_known(const OrderId& order);
  sandbox::BookRows& books();

  std::filesystem::path data_;
  FolderLock lock_;
  SqliteConnection shop_;
  std::optional<SandboxFile> books_;  ///< opened with the first payment or shipment
  OrderWriter writer_;
  OrderReader reader_;
  Statement insert_key_;
  Statement insert_product_;
  Statement insert_stock_;
};

}  // namespace orderflow::sqlite
