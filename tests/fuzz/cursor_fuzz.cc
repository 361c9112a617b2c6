#include "adapters/stored/cursor.h"

#include <algorithm>

#include "base/check.h"
#include "fuzz/fuzz.h"

// A query, a line end, and a cursor or a position.
namespace orderflow {

FUZZ(cursor) {
  const std::string query(input.substr(0, input.find('\n')));
  input.remove_prefix(std::min(query.size() + 1, input.size()));
  if (const auto position = read_cursor(input, query)) {
    CHECK(make_cursor(*position, query) == input);
    CHECK(!read_cursor(input, query + "x"));
  }
  std::string made = make_cursor(input, query);
  if (input.empty()) return;  // no list goes on at nothing
  CHECK(read_cursor(made, query) == input);
  const std::size_t at = query.size() % made.size();
  made[at] = made[at] == '0' ? '1' : '0';
  CHECK(!read_cursor(made, query));
}

}  // namespace orderflow
