#include "base/check.h"
#include "fuzz/fuzz.h"
#include "tools/export_line.h"

// A line of an export. What is read is written again, and then no longer changes.
namespace orderflow {

FUZZ(export_line) {
  const auto line = parse_line(input);
  if (!line) {
    CHECK(!line.error().empty());
    return;
  }
  std::string text;
  append_line(text, *line);
  CHECK(text.find('\n') == text.size() - 1);
  const auto again = parse_line(text);
  CHECK(again);
  std::string text_again;
  append_line(text_again, *again);
  CHECK(text_again == text);
}

}  // namespace orderflow
