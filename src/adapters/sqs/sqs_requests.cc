#include "adapters/sqs/sqs_requests.h"

#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <utility>

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

std::unexpected<Error> refused(const AwsAnswer& answer) {
  return failure(
      ErrorCode::Unavailable,
      "SQS answers " + (answer.error.empty() ? std::to_string(answer.status) : answer.error));
}

std::unexpected<Error> unreadable() {
  return failure(ErrorCode::Unavailable, "an answer of SQS cannot be read");
}

/// The answer as an object, or why there is none.
Result<json::object> members_of(const AwsAnswer& answer) {
  if (!answer.ok()) return refused(answer);
  boost::system::error_code error;
  json::value parsed = json::parse(answer.body, error);
  if (error || !parsed.is_object()) return unreadable();
  return std::move(parsed.get_object());
}

/// The objects in a member that is an array; none where there is no such member.
std::vector<const json::object*> objects_in(const json::object& members, std::string_view name) {
  std::vector<const json::object*> objects;
  const json::value* list = members.if_contains(name);
  if (list == nullptr || !list->is_array()) return objects;
  for (const json::value& value : list->get_array()) {
    if (const json::object* object = value.if_object()) objects.push_back(object);
  }
  return objects;
}

std::string_view text_in(const json::object& members, std::string_view name) {
  const json::value* value = members.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return value->get_string();
}

/// Numbers come as text: {"ApproximateNumberOfMessages":"3"}.
std::optional<std::int64_t> number_in(const json::object& members, std::string_view name) {
  const std::string_view text = text_in(members, name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The place of the entry that an item of the answer is about.
std::optional<std::size_t> place_of(const json::object& item, std::size_t entries) {
  const auto id = number_in(item, "Id");
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
  out.value("ApproximateNumberOfMessagesDelayed").end_array().end_object();
  return request;
}

Result<std::vector<EntryResult>> read_batch(const AwsAnswer& answer, std::size_t entries) {
  const auto members = members_of(answer);
  if (!members) return std::unexpected(members.error());
  std::vector<EntryResult> results(entries, EntryResult{.code = "no answer for the entry"});
  for (const json::object* item : objects_in(*members, "Successful")) {
    if (const auto place = place_of(*item, entries)) results[*place] = {.done = true};
  }
  for (const json::object* item : objects_in(*members, "Failed")) {
    const auto place = place_of(*item, entries);
    if (!place) continue;
    const json::value* fault = item->if_contains("SenderFault");
    const std::string code(text_in(*item, "Code"));
    // SQS reports a throttled KMS key as the sender's fault too, but a later try succeeds.
    results[*place] = {.hopeless = fault != nullptr && fault->is_bool() && fault->get_bool() &&
                                   code.find("Throttl") == std::string::npos,
                       .code = code};
  }
  return results;
}

Result<std::vector<Incoming>> read_messages(const AwsAnswer& answer) {
  const auto members = members_of(answer);
  if (!members) return std::unexpected(members.error());
  std::vector<Incoming> messages;
  for (const json::object* item : objects_in(*members, "Messages")) {
    Incoming message{.body = std::string(text_in(*item, "Body")),
                     .receipt = std::string(text_in(*item, "ReceiptHandle"))};
    if (message.receipt.empty()) return unreadable();
    const json::value* attributes = item->if_contains("Attributes");
    if (attributes != nullptr && attributes->is_object()) {
      const auto count = number_in(attributes->get_object(), "ApproximateReceiveCount");
      if (count && *count > 0 && *count < 1'000'000)
        message.receive_count = static_cast<int>(*count);
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

Result<QueueDepth> read_depth(const AwsAnswer& answer, Stage stage) {
  const auto members = members_of(answer);
  if (!members) return std::unexpected(members.error());
  const json::value* attributes = members->if_contains("Attributes");
  if (attributes == nullptr || !attributes->is_object()) return unreadable();
  const json::object& counts = attributes->get_object();
  const auto ready = number_in(counts, "ApproximateNumberOfMessages");
  const auto in_flight = number_in(counts, "ApproximateNumberOfMessagesNotVisible");
  const auto delayed = number_in(counts, "ApproximateNumberOfMessagesDelayed");
  if (!ready || !in_flight || !delayed) return unreadable();
  return QueueDepth{.stage = stage, .ready = *ready, .in_flight = *in_flight, .delayed = *delayed};
}

}  // namespace orderflow::sqs
