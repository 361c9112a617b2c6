#include <boost/json.hpp>

#include "adapters/sqs/nudge_message.h"
#include "apps/lambda/sqs_event.h"
#include "base/check.h"
#include "fuzz/fuzz.h"

// The event of a batch of SQS messages, and the body of one message.
namespace orderflow {
namespace {

void check_message(std::string_view body) {
  const auto message = sqs::read_message(body);
  if (!message) {
    CHECK(message.error().code == ErrorCode::InvalidInput);
    return;
  }
  const auto again = sqs::read_message(sqs::write_message(*message));
  CHECK(again && *again == *message);
}

}  // namespace

FUZZ(sqs) {
  check_message(input);
  const auto records = lambda::read_sqs_event(input);
  if (!records) {
    CHECK(!records.error().type.empty());
    return;
  }
  std::vector<std::string> failed;
  for (const auto& record : *records) {
    CHECK(!record.message_id.empty());
    check_message(record.body);
    failed.push_back(record.message_id);
  }
  const auto answer = boost::json::parse(lambda::batch_response(failed)).as_object();
  const auto& failures = answer.at("batchItemFailures").as_array();
  CHECK(failures.size() == failed.size());
  for (std::size_t i = 0; i < failed.size(); ++i) {
    CHECK(failures[i].as_object().at("itemIdentifier").as_string() == failed[i]);
  }
}

}  // namespace orderflow
