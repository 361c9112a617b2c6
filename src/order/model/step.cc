#include "order/model/step.h"

#include <algorithm>
#include <iterator>

#include "base/names.h"

namespace orderflow {
namespace {

constexpr std::string_view kStages[] = {"payment", "inventory", "fulfillment"};
static_assert(std::size(kStages) == kStageCount);

constexpr std::string_view kOperations[] = {"authorize", "reserve", "claim",
                                            "capture",   "ship",    "void"};

}  // namespace

std::string_view to_string(Stage stage) { return name_of(stage, kStages); }
std::optional<Stage> stage_from_string(std::string_view name) {
  const auto at = std::ranges::find(kStages, name);
  if (at == std::end(kStages)) return std::nullopt;
  return static_cast<Stage>(at - std::begin(kStages));
}
std::string_view to_string(Operation operation) { return name_of(operation, kOperations); }

}  // namespace orderflow
