#include "adapters/sqs/nudge_message.h"

#include <boost/json.hpp>
#include <optional>

#include "base/json_writer.h"

namespace orderflow::sqs {
namespace json = boost::json;
namespace {

constexpr std::int64_t kVersion = 1;

std::optional<std::string_view> text_of(const json::object& members, std::string_view name) {
  const json::value* value = members.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

std::optional<Stage> stage_from_string(std::string_view name) {
  for (int i = 0; i < kStageCount; ++i) {
    if (to_string(static_cast<Stage>(i)) == name) return static_cast<Stage>(i);
  }
  return std::nullopt;
}

std::unexpected<Error> not_ours(const char* why) {
  return failure(ErrorCode::InvalidInput, std::string("a queue message ") + why);
}

}  // namespace

std::string write_message(const NudgeMessage& message) {
  std::string body;
  JsonWriter(body)
      .begin_object()
      .member("v", kVersion)
      .member("stage", to_string(message.stage))
      .member("orderId", message.order.to_string())
      .end_object();
  return body;
}

Result<NudgeMessage> read_message(std::string_view body) {
  boost::system::error_code error;
  const json::value parsed = json::parse(body, error);
  if (error) return not_ours("is not JSON");
  const json::object* members = parsed.if_object();
  if (members == nullptr) return not_ours("is not an object");
  const json::value* version = members->if_contains("v");
  if (version == nullptr) return not_ours("has no version");
  if (!version->is_int64() || version->get_int64() != kVersion) {
    return not_ours("is of a version that this program does not know");
  }
  const auto stage_name = text_of(*members, "stage");
  if (!stage_name) return not_ours("has no stage");
  const auto stage = stage_from_string(*stage_name);
  if (!stage) return not_ours("is for a stage that this program does not know");
  const auto id = text_of(*members, "orderId");
  if (!id) return not_ours("has no orderId");
  const auto order = OrderId::parse(*id);
  if (!order) return not_ours("has an orderId that is no UUID");
  return NudgeMessage{.stage = *stage, .order = *order};
}

}  // namespace orderflow::sqs
