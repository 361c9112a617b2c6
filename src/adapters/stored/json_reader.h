#pragma once

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/money.h"

// Reads JSON that a program of ours wrote: a stored order, a line of an export. The first value
// that is not as it was written ends the reading, so a reader is a list of what it wants.
//
// Bodies of HTTP requests have another reader (api/body_reader.h): it finds everything that is
// wrong with a body, in one go, and refuses what only a foreign client sends, such as invalid
// UTF-8.
namespace orderflow {

/// One value, and where it stands. Its functions throw MalformedJson; read_json() catches it.
class JsonReader {
 public:
  explicit JsonReader(const boost::json::value& root) : value_(root) {}

  [[nodiscard]] std::string text(
      std::size_t characters_max = std::numeric_limits<std::size_t>::max()) const;
  /// A number written as an integer: 2.0 is none.
  [[nodiscard]] std::int64_t integer(
      std::int64_t min = std::numeric_limits<std::int64_t>::min(),
      std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
  [[nodiscard]] Currency currency() const;

  /// The items of an array, each of which must not outlive this one.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] JsonReader item(std::size_t index) const;
  template <typename Read>
  void each(Read read) const {
    for (std::size_t i = 0; i < size(); ++i) read(item(i));
  }

  [[noreturn]] void fail(std::string_view what) const;

 private:
  friend class JsonMembers;
  JsonReader(const boost::json::value& value, const JsonReader& parent, std::string_view name)
      : value_(value), parent_(&parent), name_(name) {}
  [[nodiscard]] std::string pointer() const;

  const boost::json::value& value_;
  // The path is a chain of frames on the stack, spelled out only where something is wrong.
  const JsonReader* parent_ = nullptr;
  std::string_view name_;  ///< of a member
  std::size_t index_ = 0;  ///< of an item
};

/// The members of an object. end() fails where one was not asked for: whatever a reader does not
/// know would be lost when the order is written again.
class JsonMembers {
 public:
  explicit JsonMembers(const JsonReader& object);

  [[nodiscard]] std::optional<JsonReader> find(std::string_view name);
  [[nodiscard]] JsonReader get(std::string_view name);
  /// Calls `read(name, value)` for each member, known or not.
  template <typename Read>
  void each(Read read) {
    for (const auto& member : *members_) {
      read(member.key(), JsonReader(member.value(), object_, member.key()));
    }
    known_ = members_->size();
  }
  void end() const;

 private:
  const JsonReader& object_;
  const boost::json::object* members_;
  std::size_t known_ = 0;
};

/// Thrown by the readers: what is wrong, for a person, after the JSON pointer of where.
struct MalformedJson {
  std::string what;
};

/// Parses `text` and calls `read` with its root. The error says what is wrong, for a person. Does
/// not allocate for an ordinary order.
template <typename Read>
auto read_json(std::string_view text, Read read)
    -> std::expected<decltype(read(std::declval<const JsonReader&>())), std::string> {
  std::array<unsigned char, 8192> values;
  std::array<unsigned char, 4096> stack;
  boost::json::monotonic_resource memory(values.data(), values.size());
  // A reason may quote what another service said: whatever bytes were written are read again.
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;
  boost::json::parser parser({}, options, stack.data(), stack.size());
  parser.reset(&memory);
  boost::system::error_code error;
  const std::size_t parsed = parser.write(text.data(), text.size(), error);
  if (error) {
    return std::unexpected("not JSON at byte " + std::to_string(parsed + 1) + ": " +
                           error.message());
  }
  try {
    const boost::json::value root = parser.release();
    return read(JsonReader(root));
  } catch (const MalformedJson& malformed) {
    return std::unexpected(malformed.what);
  }
}

}  // namespace orderflow
