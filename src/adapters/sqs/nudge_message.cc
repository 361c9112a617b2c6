#include "adapters/sqs/nudge_message.h"

#include <boost/json/parse.hpp>
#include <optional>

#include "adapters/aws/aws_json.h"
#include "base/json_writer.h"

namespace orderflow::sqs {
namespace {

constexpr std::int64_t kVersion = 1;

std::unexpected<Error> not_ours(const char* why) {
  return failure(ErrorCode::InvalidInput, std::string("a queue message ") + why);
}

}  // namespace

std::string write_message(const NudgeMessage& message) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("v", kVersion).member("stage", to_string(message.stage));
  json.member("orderId", message.order.to_string()).end_object();
  return body;
}

Result<NudgeMessage> read_message(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(body, error);
  if (error) return not_ours("is not JSON");
  if (!parsed.is_object()) return not_ours("is not an object");
  const boost::json::value& version = member(parsed, "v");
  if (version.is_null()) return not_ours("has no version");
  if (!version.is_int64() || version.get_int64() != kVersion) {
    return not_ours("is of a version that this program does not know");
  }
  const auto stage_name = text_member(parsed, "stage");
  if (!stage_name) return not_ours("has no stage");
  const auto stage = stage_from_string(*stage_name);
  if (!stage) return not_ours("is for a stage that this program does not know");
  const auto id = text_member(parsed, "orderId");
  if (!id) return not_ours("has no orderId");
  const auto order = OrderId::parse(*id);
  if (!order) return not_ours("has an orderId that is no UUID");
  return NudgeMessage{.stage = *stage, .order = *order};
}

}  // namespace orderflow::sqs
