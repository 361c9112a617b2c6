#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orderflow {

/// More than any object of the API has. The limit bounds the search for a member that is given
/// twice.
inline constexpr std::size_t kJsonMembersMax = 64;

enum class JsonKind : std::uint8_t { Null, Bool, Number, String, Array, Object };
[[nodiscard]] std::string_view describe(JsonKind kind);  ///< "a string"

/// One value of a JsonDocument, which it must not outlive. begin() and end() go through the items
/// of an array or the members of an object, as they were sent.
class JsonValue {
 public:
  class Iterator {
   public:
    explicit Iterator(const JsonValue* at) : at_(at) {}
    const JsonValue& operator*() const { return *at_; }
    const JsonValue* operator->() const { return at_; }
    Iterator& operator++() {
      at_ += at_->size_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const JsonValue* at_;
  };

  [[nodiscard]] JsonKind kind() const { return kind_; }
  /// Of a string: its content, unescaped, valid UTF-8. Of a number: its text as it was sent, so
  /// that money never goes through a double. Of a bool: "true" or "false".
  [[nodiscard]] std::string_view text() const { return text_; }
  /// The name, where this is a member of an object.
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] Iterator begin() const { return Iterator(this + 1); }
  [[nodiscard]] Iterator end() const { return Iterator(this + size_); }
  [[nodiscard]] std::size_t child_count() const { return child_count_; }

 private:
  friend class JsonHandler;

  std::string_view name_;
  std::string_view text_;
  std::uint32_t size_ = 1;  ///< how many values stand here in a row: this one and all below it
  std::uint32_t child_count_ = 0;
  JsonKind kind_ = JsonKind::Null;
};

/// Where and why a text is refused.
struct JsonError {
  std::string problem;     ///< "a member is given twice"; never a piece of the text
  std::size_t offset = 0;  ///< in bytes, from 0
  std::size_t line = 1;
  std::size_t column = 1;  ///< in characters, from 1
};

/// A JSON text (RFC 8259) whose top is an object, read strictly: no member twice, also when one is
/// escaped; no byte order mark, comment or trailing data; valid UTF-8, no lone surrogate; at most
/// kJsonDepthMax deep; numbers of at most kJsonNumberBytesMax bytes, with an exponent of at most
/// kJsonExponentDigitsMax digits.
class JsonDocument {
 public:
  /// The text must outlive the document: names and strings without escapes are views into it.
  [[nodiscard]] static std::expected<JsonDocument, JsonError> parse(std::string_view text);

  JsonDocument(JsonDocument&&) = default;
  JsonDocument& operator=(JsonDocument&&) = default;

  [[nodiscard]] const JsonValue& root() const { return values_.front(); }

 private:
  friend class JsonHandler;
  JsonDocument() = default;

  std::vector<JsonValue> values_;  ///< every value, each before those below it
  std::vector<char> unescaped_;    ///< the strings that held escapes, one after the other
};

/// The text of a JSON number as sign, digits without zeros at either end, and a power of ten:
/// -29.90 is {true, "299", -1}, zero is {false, "", 0}. Two numbers are equal where these are.
struct JsonDecimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;
};
[[nodiscard]] JsonDecimal to_decimal(std::string_view number);

/// The number, where its value is an integer that fits: 2, 2.0 and 20e-1 are all 2. Whole numbers
/// are what JSON Schema means by "integer", too.
[[nodiscard]] std::optional<std::int64_t> to_integer(std::string_view number);

/// Appends the value in the one form that all texts of the same meaning share: members sorted by
/// name, no white space, numbers by value (29.9 is 29.90), strings by content.
void append_canonical(std::string& out, const JsonValue& value);

}  // namespace orderflow
