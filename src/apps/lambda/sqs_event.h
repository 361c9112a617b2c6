#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sqs/sqs_batch.h"
#include "apps/lambda/invocation.h"

namespace orderflow::lambda {

/// Reads the event of a batch (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html). An
/// error where it is not one, and where a record has no messageId: such a record could not be
/// reported as failed, so the whole batch must come again.
[[nodiscard]] std::expected<std::vector<SqsRecord>, InvocationError> read_sqs_event(
    std::string_view event);

/// The answer of a function whose event source mapping has ReportBatchItemFailures: these messages
/// come again after their visibility timeout, the others are deleted.
[[nodiscard]] std::string batch_response(std::span<const std::string> failed_message_ids);

}  // namespace orderflow::lambda
