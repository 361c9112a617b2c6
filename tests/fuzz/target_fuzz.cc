#include "api/target.h"

#include "base/check.h"
#include "base/ids.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

// The target of a request, and the ids that stand in one.
namespace orderflow {
namespace {

void check_decoded(std::string_view text) {
  CHECK(is_utf8(text) && text.find('\0') == std::string_view::npos);
}

/// The same target with every character escaped that may be.
std::string escaped(const Target& target) {
  std::string text;
  for (std::size_t i = 0; i < target.segment_count(); ++i) {
    text += '/';
    append_percent_encoded(text, target.segment(i));
  }
  char separator = '?';
  for (const auto& [name, value] : target.query()) {
    text += separator;
    append_percent_encoded(text, name);
    text += '=';
    append_percent_encoded(text, value);
    separator = '&';
  }
  return text;
}

}  // namespace

FUZZ(target) {
  if (const auto id = OrderId::parse(input)) CHECK(OrderId::parse(id->to_string()) == id);
  Target target;
  if (!target.parse(input)) return;
  CHECK(target.segment_count() >= 1 && input.front() == '/');
  if (target.segment_count() > Target::kSegmentsMax) return;
  for (std::size_t i = 0; i < target.segment_count(); ++i) check_decoded(target.segment(i));
  for (const auto& [name, value] : target.query()) {
    check_decoded(name);
    check_decoded(value);
    CHECK(target.parameter(name));
  }
  const std::string text = escaped(target);
  Target again;
  CHECK(again.parse(text));
  CHECK(again.segment_count() == target.segment_count() && again.query() == target.query());
  for (std::size_t i = 0; i < target.segment_count(); ++i) {
    CHECK(again.segment(i) == target.segment(i));
  }
}

}  // namespace orderflow
