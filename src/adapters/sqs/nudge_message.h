#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "order/model/step.h"

namespace orderflow::sqs {

/// A queue message: "look at this order". As a body, version 1:
///
///     {"v":1,"stage":"payment","orderId":"019ac0de-0000-7000-8000-000000000001"}
///
/// A reader ignores members that it does not know, so a later program may add some; a change of
/// meaning takes a new version.
struct NudgeMessage {
  Stage stage{};
  OrderId order;

  friend bool operator==(const NudgeMessage&, const NudgeMessage&) = default;
};

[[nodiscard]] std::string write_message(const NudgeMessage& message);

/// InvalidInput where it is not JSON or not an object, or of a version, a stage or an id that is
/// none of ours. Such a message is kept, never dropped: it may be of a program newer than this, so
/// it ends in the dead-letter queue. The detail says what is wrong and never quotes the message.
[[nodiscard]] Result<NudgeMessage> read_message(std::string_view body);

}  // namespace orderflow::sqs
