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
/// A reader ignores members that it does not know, so later versions of the program may add some; a
/// change of meaning needs a new version of the message.
struct NudgeMessage {
  Stage stage{};
  OrderId order;

  friend bool operator==(const NudgeMessage&, const NudgeMessage&) = default;
};

[[nodiscard]] std::string write_message(const NudgeMessage& message);

/// InvalidInput where the body is not a JSON object, or its version, stage or id is not one of ours.
/// The caller must not delete such a message: a newer program may have sent it. SQS moves it to the
/// dead-letter queue in the end. The detail says what is wrong and never quotes the message.
[[nodiscard]] Result<NudgeMessage> read_message(std::string_view body);

}  // namespace orderflow::sqs
