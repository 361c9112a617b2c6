#include "apps/orderflow/aws_shop.h"

#include "tools/progress.h"

namespace orderflow {

Result<DynamoShopTables> AwsShop::connect() {
  auto adapters = AwsAdapters::open(io_, {});
  if (!adapters) return std::unexpected(std::move(adapters.error()));
  adapters_ = std::move(*adapters);
  const AwsResources& resources = adapters_->resources;
  if (resources.id_key.empty()) {
    return failure(ErrorCode::InvalidInput,
                   "neither ORDERFLOW_ID_KEY nor ORDERFLOW_ID_KEY_SECRET is set");
  }
  return DynamoShopTables{.orders = resources.orders_table,
                          .products = resources.products_table,
                          .books = resources.simulated_table,
                          .id_key = resources.id_key};
}

Result<std::unique_ptr<ShopArchive>> AwsShop::open_archive(const std::string& command) {
  auto tables = connect();
  if (!tables) return std::unexpected(std::move(tables.error()));
  Progress progress(command, "items read");
  return open_dynamo_archive(io_, adapters_->dynamo, std::move(*tables),
                             [&progress] { progress.step(); });
}

}  // namespace orderflow
