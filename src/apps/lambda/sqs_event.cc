#include "apps/lambda/sqs_event.h"

#include "adapters/aws/aws_json.h"
#include "base/json_writer.h"

namespace orderflow::lambda {
namespace {

std::unexpected<InvocationError> refuse(std::string why) {
  return std::unexpected(InvocationError{"InvalidEvent", std::move(why)});
}

}  // namespace

std::expected<std::vector<SqsRecord>, InvocationError> read_sqs_event(std::string_view event) {
  const boost::json::value parsed = parse_json(event);
  const boost::json::value& list = member(parsed, "Records");
  if (!list.is_array()) return refuse("the event is not a batch of SQS messages");
  std::vector<SqsRecord> records;
  records.reserve(list.get_array().size());
  for (const boost::json::value& record : list.get_array()) {
    if (text_member(record, "eventSource") != "aws:sqs") {
      return refuse("a record of the event is not from SQS");
    }
    const auto message_id = text_member(record, "messageId");
    if (!message_id || message_id->empty()) return refuse("a record has no messageId");
    SqsRecord& read = records.emplace_back(std::string(*message_id),
                                           std::string(text_member(record, "body").value_or("")));
    const auto count = number_member(member(record, "attributes"), "ApproximateReceiveCount");
    if (count && *count > 0 && *count < 1'000'000) read.receive_count = static_cast<int>(*count);
  }
  return records;
}

std::string batch_response(std::span<const std::string> failed_message_ids) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("batchItemFailures").begin_array();
  for (const std::string& id : failed_message_ids) {
    json.begin_object().member("itemIdentifier", id).end_object();
  }
  json.end_array().end_object();
  return text;
}

}  // namespace orderflow::lambda
