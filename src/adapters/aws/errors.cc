#include "adapters/aws/errors.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "adapters/aws/aws_json.h"

namespace orderflow {
namespace {

// The lists of the AWS SDKs, without the names that only other services use.
constexpr std::string_view kThrottling[] = {
    "KmsThrottled",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
};
// With any status, mostly 400 or 500.
constexpr std::string_view kBroken[] = {
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "ReplicatedWriteConflictException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "TransactionConflictException",
    "TransactionInProgressException",
};

/// "com.amazonaws.sqs#QueueDoesNotExist", "ValidationException:http://..." and
/// "AWS.SimpleQueueService.NonExistentQueue;Sender" without what is around the name.
std::string_view bare(std::string_view text) {
  const std::size_t hash = text.find('#');
  if (hash != std::string_view::npos) text.remove_prefix(hash + 1);
  text = text.substr(0, text.find_first_of(":;"));
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string_view xml_code(std::string_view body) {
  constexpr std::string_view kOpen = "<Code>";
  const std::size_t begin = body.find(kOpen);
  if (begin == std::string_view::npos) return {};
  body.remove_prefix(begin + kOpen.size());
  return body.substr(0, body.find('<'));
}

}  // namespace

std::string aws_error_name(const HttpAnswer& answer) {
  if (answer.status < 300) return {};
  const boost::json::value body = parse_json(answer.body);
  for (const std::optional<std::string_view> candidate :
       {text_member(body, "__type"), std::optional(answer.header("x-amzn-errortype")),
        std::optional(answer.header("x-amzn-query-error")), text_member(body, "code"),
        text_member(body, "Code"), std::optional(xml_code(answer.body))}) {
    const std::string_view name = bare(candidate.value_or(""));
    if (!name.empty()) return std::string(name);
  }
  return {};
}

AwsVerdict classify_aws_error(int status, std::string_view error) {
  if (status == 429 || std::ranges::find(kThrottling, error) != std::end(kThrottling))
    return AwsVerdict::Throttled;
  // The query protocol of SQS has names with the service in front.
  if (error.starts_with("KMS.Throttling")) return AwsVerdict::Throttled;
  if (status == 408 || status >= 500 || std::ranges::find(kBroken, error) != std::end(kBroken))
    return AwsVerdict::Broken;
  return AwsVerdict::Final;
}

}  // namespace orderflow
