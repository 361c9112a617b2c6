#include "order/model/step.h"

#include "base/check.h"

namespace orderflow {

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::Payment:
      return "payment";
    case Stage::Inventory:
      return "inventory";
    case Stage::Fulfillment:
      return "fulfillment";
  }
  UNREACHABLE(stage);
}

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::Authorize:
      return "authorize";
    case Operation::Reserve:
      return "reserve";
    case Operation::Claim:
      return "claim";
    case Operation::Capture:
      return "capture";
    case Operation::Ship:
      return "ship";
    case Operation::Void:
      return "void";
  }
  UNREACHABLE(operation);
}

}  // namespace orderflow
