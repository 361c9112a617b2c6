#pragma once

#include <string>
#include <string_view>

#include "http/client/http_answer.h"

namespace orderflow {

/// What an answer means for the request that it answers.
enum class AwsVerdict {
  Final,      ///< a success, or an error that the same request would meet again
  Broken,     ///< the same request may succeed later, and may have had its effect
  Throttled,  ///< the service asks for fewer requests
};

/// The name of the error in an answer, without namespace, prefix up to '#' and suffix:
/// "ConditionalCheckFailedException". Read from the first of these that has one: member `__type` of
/// the body, header x-amzn-errortype, header x-amzn-query-error (SQS), member `code` or `Code`, an
/// XML body's <Code>. Empty where none has, and for a success.
[[nodiscard]] std::string aws_error_name(const HttpAnswer& answer);

/// `error` as aws_error_name() gave it. One list for all services: no two of them give a name
/// different meanings.
[[nodiscard]] AwsVerdict classify_aws_error(int status, std::string_view error);

}  // namespace orderflow
