#include "adapters/sqs/sqs_requests.h"

#include <optional>
#include <utility>

#include "adapters/aws/aws_json.h"
#include "base/json_writer.h"

namespace orderflow::sqs {
namespace json = boost::json;
namespace {

/// {"QueueUrl":...,"Entries":[{"Id":"0", what `write` adds}, ...]}
template <typename Entries, typename Write>
std::string batch_body(std::string_view queue_url, const Entries& entries, Write write) {
  std::string body;
  JsonWriter out(body);
  out.begin_object().member("QueueUrl", queue_url).key("Entries").begin_array();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out.begin_object().member("Id", std::to_string(i));
    write(out, entries[i]);
    out.end_object();
  }
  out.end_array().end_object();
  return body;
}

std::unexpected<Error> unreadable() {
  return failure(ErrorCode::Unavailable, "an answer of SQS cannot be read");
}

/// The answer as an object, or why there is none.
Result<json::value> members_of(const Result<AwsAnswer>& answer) {
  if (!answer) return std::unexpected(answer.error());
  if (!answer->ok()) {
    return failure(
        ErrorCode::Unavailable,
        "SQS answers " + (answer->error.empty() ? std::to_string(answer->status) : answer->error));
  }
  json::value parsed = parse_json(answer->body);
  if (!parsed.is_object()) return unreadable();
  return parsed;
}

/// The place of the entry that an item of the answer is about.
std::optional<std::size_t> place_of(const json::value& item, std::size_t entries) {
  const auto id = number_member(item, "Id");
  if (!id || std::cmp_less(*id, 0) || std::cmp_greater_equal(*id, entries)) return std::nullopt;
  return static_cast<std::size_t>(*id);
}

}  // namespace

SqsRequest send_message_batch(std::string_view queue_url,
                              const std::vector<const Outgoing*>& entries) {
  return {.target = "AmazonSQS.SendMessageBatch",
          .body = batch_body(queue_url, entries, [](JsonWriter& out, const Outgoing* entry) {
            out.member("MessageBody", entry->message);
            if (entry->delay.count() > 0) out.member("DelaySeconds", entry->delay.count());
          })};
}

SqsRequest delete_message_batch(std::string_view queue_url,
                                const std::vector<std::string_view>& receipts) {
  return {.target = "AmazonSQS.DeleteMessageBatch",
          .body = batch_body(queue_url, receipts, [](JsonWriter& out, std::string_view receipt) {
            out.member("ReceiptHandle", receipt);
          })};
}

SqsRequest change_message_visibility_batch(std::string_view queue_url,
                                           const std::vector<Hidden>& entries) {
  return {.target = "AmazonSQS.ChangeMessageVisibilityBatch",
          .body = batch_body(queue_url, entries, [](JsonWriter& out, const Hidden& entry) {
            out.member("ReceiptHandle", entry.receipt)
                .member("VisibilityTimeout", entry.timeout.count());
          })};
}

SqsRequest receive_message(std::string_view queue_url, std::chrono::seconds wait) {
  SqsRequest request{.target = "AmazonSQS.ReceiveMessage"};
  JsonWriter out(request.body);
  out.begin_object().member("QueueUrl", queue_url);
  out.member("MaxNumberOfMessages", kBatchEntriesMax).member("WaitTimeSeconds", wait.count());
  out.key("MessageSystemAttributeNames").begin_array().value("ApproximateReceiveCount");
  out.end_array().end_object();
  return request;
}

SqsRequest get_queue_depth(std::string_view queue_url) {
  SqsRequest request{.target = "AmazonSQS.GetQueueAttributes"};
  JsonWriter out(request.body);
  out.begin_object().member("QueueUrl", queue_url).key("AttributeNames").begin_array();
  out.value("ApproximateNumberOfMessages").value("ApproximateNumberOfMessagesNotVisible");
  out.value("ApproximateNumberOfMessagesDelayed").value("RedrivePolicy").end_array().end_object();
  return request;
}

Result<std::vector<EntryResult>> read_batch(const Result<AwsAnswer>& answer, std::size_t entries) {
  const auto members = members_of(answer);
  if (!members) return std::unexpected(members.error());
  std::vector<EntryResult> results(entries, EntryResult{.code = "no answer for the entry"});
  for (const json::value& item : array_member(*members, "Successful")) {
    if (const auto place = place_of(item, entries)) results[*place] = {.done = true};
  }
  for (const json::value& item : array_member(*members, "Failed")) {
    const auto place = place_of(item, entries);
    if (!place) continue;
    const std::string code(text_member(item, "Code").value_or(""));
    // SQS reports a throttled KMS key as the sender's fault too, but a later try succeeds.
    results[*place] = {.hopeless = member(item, "SenderFault") == true && !code.contains("Throttl"),
                       .code = code};
  }
  return results;
}

Result<std::vector<Incoming>> read_messages(const Result<AwsAnswer>& answer) {
  const auto members = members_of(answer);
  if (!members) return std::unexpected(members.error());
  std::vector<Incoming> messages;
  for (const json::value& item : array_member(*members, "Messages")) {
    Incoming message{.body = std::string(text_member(item, "Body").value_or("")),
                     .receipt = std::string(text_member(item, "ReceiptHandle").value_or(""))};
    if (message.receipt.empty()) return unreadable();
    const auto count = number_member(member(item, "Attributes"), "ApproximateReceiveCount");
    if (count && *count > 0 && *count < 1'000'000) message.receive_count = static_cast<int>(*count);
    messages.push_back(std::move(message));
  }
  return messages;
}

Result<QueueDepth> read_depth(const Result<AwsAnswer>& answer, Stage stage) {
  const auto members = members_of(answer);
  if (!members) return std::unexpected(members.error());
  const json::value& counts = member(*members, "Attributes");
  const auto ready = number_member(counts, "ApproximateNumberOfMessages");
  const auto in_flight = number_member(counts, "ApproximateNumberOfMessagesNotVisible");
  const auto delayed = number_member(counts, "ApproximateNumberOfMessagesDelayed");
  if (!ready || !in_flight || !delayed) return unreadable();
  return QueueDepth{.stage = stage,
                    .ready = *ready,
                    .in_flight = *in_flight,
                    .delayed = *delayed,
                    .oldest_age = std::nullopt};
}

std::optional<std::string> dead_letter_url(const AwsAnswer& answer, std::string_view queue_url) {
  const json::value attributes = parse_json(answer.body);
  const auto policy = text_member(member(attributes, "Attributes"), "RedrivePolicy");
  if (!policy) return std::nullopt;
  const json::value parsed = parse_json(*policy);
  const auto arn =
      text_member(parsed, "deadLetterTargetArn");  // arn:aws:sqs:<region>:<account>:<name>
  if (!arn) return std::nullopt;
  return std::string(queue_url.substr(0, queue_url.rfind('/') + 1))
      .append(arn->substr(arn->rfind(':') + 1));
}

}  // namespace orderflow::sqs
