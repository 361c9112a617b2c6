#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "adapters/sqlite/engine/sqlite_connection.h"
#include "ports/shop_archive.h"

namespace orderflow::sqlite {

/// The shop in a data folder, and the books of its sandbox, in one read transaction on each file.
/// The service may run; as long as this lives, its write-ahead logs cannot be given back.
class SqliteShopArchive final : public ShopArchive {
 public:
  /// NotFound where the folder holds no shop, Corrupt where it is of another version, Unavailable
  /// where it changes too fast to find one moment of both files.
  [[nodiscard]] static Result<std::unique_ptr<ShopArchive>> open(const std::filesystem::path& data);

  Result<void> each_order(Along along, const Visit<ArchivedOrder>& visit) override;
  Result<void> each_product(const Visit<Product>& visit) override;
  Result<void> each_stock_entry(const Visit<StockEntry>& visit) override;
  Result<void> each_payment(const Visit<ArchivedPayment>& visit) override;
  Result<void> each_shipment(const Visit<ArchivedShipment>& visit) override;
  Result<std::optional<std::int64_t>> count_effects() override;
  Result<OrderCounts> order_counts() override;
  Result<std::int64_t> check_keys(const Report& report) override;
  Result<void> check_remains(const Report& report) override;

 private:
  explicit SqliteShopArchive(const std::filesystem::path& data);
  [[nodiscard]] bool begin_at_one_moment(SqliteConnection& watch);

  SqliteConnection shop_;
  std::optional<SqliteConnection> books_;  ///< none where nothing was ever ordered of the sandbox
};

}  // namespace orderflow::sqlite
