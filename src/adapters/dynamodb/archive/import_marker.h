#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/item.h"

// clang-format off
// Imports of a shop are numbered. What an import writes, in all three tables, has its number as `import`.
// One item of the orders table says which numbers count:
//
//   id         S   "import"
//   committed  N   the last import that was committed
//   running    N   the import that has not come to its end; absent where there is none
//   w          S   token of the process that runs it
//
// So an import takes effect with one write, and until then what it has written is known.
// clang-format on
namespace orderflow::dynamodb {

inline constexpr std::string_view kImportMarkerId = "import";

struct ImportMarker {
  std::int64_t committed = 0;
  std::optional<std::int64_t> running;

  friend bool operator==(const ImportMarker&, const ImportMarker&) = default;
};

/// Costs a read unit.
Task<Result<ImportMarker>> read_import_marker(DynamoClient& client, std::string orders_table,
                                              Deadline deadline);

/// False for an item of an import that was not committed.
[[nodiscard]] inline bool takes_effect(const DynamoItem& item, const ImportMarker& marker) {
  return item.number("import").value_or(0) <= marker.committed;
}

}  // namespace orderflow::dynamodb
