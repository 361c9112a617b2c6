#include "adapters/dynamodb/archive/import_marker.h"

#include <utility>

#include "adapters/dynamodb/reads.h"

namespace orderflow::dynamodb {

Task<Result<ImportMarker>> read_import_marker(DynamoClient& client, std::string orders_table,
                                              Deadline deadline) {
  Attributes key = {{"id", std::string(kImportMarkerId)}};
  auto stored = co_await get_item(client, std::move(orders_table), std::move(key), deadline);
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  if (!*stored) co_return ImportMarker();
  co_return ImportMarker{.committed = (*stored)->number("committed").value_or(0),
                         .running = (*stored)->number("running")};
}

}  // namespace orderflow::dynamodb
