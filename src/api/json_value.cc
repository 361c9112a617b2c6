#include "api/json_value.h"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>

#include "base/json_writer.h"
#include "base/limits.h"
#include "base/names.h"

namespace orderflow {

std::string_view describe(JsonKind kind) {
  constexpr std::string_view kKinds[] = {"null",     "a boolean", "a number",
                                         "a string", "an array",  "an object"};
  return name_of(kind, kKinds);
}

namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr const char* kExponentTooLarge = "the exponent of a number is too large";

/// Why a number that follows JSON's grammar is rejected, nullptr where it is not. Versions of Boost
/// differ in which exponents they read; all of them read those that pass here.
const char* problem_of_number(std::string_view number) {
  if (number.size() > kJsonNumberBytesMax) return "a number is too long";
  const std::size_t e = number.find_first_of("eE");
  if (e == std::string_view::npos) return nullptr;
  const std::size_t first = number.find_first_of("123456789", e);
  const std::size_t digits = first == std::string_view::npos ? 0 : number.size() - first;
  return digits > kJsonExponentDigitsMax ? kExponentTooLarge : nullptr;
}

}  // namespace

/// Builds the document from the events of Boost's parser, which checks grammar, UTF-8, surrogates
/// and depth; the names of its member functions are Boost's.
class JsonHandler {
 public:
  using error_code = boost::system::error_code;
  using Text = boost::json::string_view;

  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  JsonHandler(JsonDocument& document, std::string_view text)
      : values_(document.values_), unescaped_(document.unescaped_), text_(text) {
    values_.reserve(32);
  }

  /// Why this handler has refused the text; nullptr where it has not.
  [[nodiscard]] const char* problem() const { return problem_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return open(JsonKind::Object); }
  bool on_object_end(std::size_t, error_code&) { return close(); }
  bool on_array_begin(error_code&) { return open(JsonKind::Array); }
  bool on_array_end(std::size_t, error_code&) { return close(); }
  bool on_bool(bool b, error_code&) { return add(JsonKind::Bool, b ? "true" : "false"); }
  bool on_null(error_code&) { return add(JsonKind::Null, "null"); }
  bool on_comment_part(Text, error_code&) { return true; }
  bool on_comment(Text, error_code&) { return true; }

  // The whole text is one buffer, so the last part of a number is all of it.
  bool on_number_part(Text, error_code&) { return true; }
  bool on_int64(std::int64_t, Text text, error_code& ec) { return add_number(text, ec); }
  bool on_uint64(std::uint64_t, Text text, error_code& ec) { return add_number(text, ec); }
  bool on_double(double, Text text, error_code& ec) { return add_number(text, ec); }

  bool on_string_part(Text part, std::size_t, error_code&) { return collect(part); }
  bool on_string(Text last, std::size_t size, error_code&) {
    return add(JsonKind::String, whole(last, size));
  }
  bool on_key_part(Text part, std::size_t, error_code&) { return collect(part); }
  bool on_key(Text last, std::size_t size, error_code& ec) {
    next_name_ = whole(last, size);
    const JsonValue& object = values_[open_[depth_ - 1]];
    if (object.child_count_ == kJsonMembersMax) return refuse("an object has too many members", ec);
    // The object is not closed yet, so all values after it are its members.
    const JsonValue* const end = values_.data() + values_.size();
    for (const JsonValue* member = &object + 1; member != end; member += member->size_) {
      if (member->name_ == next_name_) return refuse("a member is given twice", ec);
    }
    return true;
  }

 private:
  bool open(JsonKind kind) {
    add(kind, {});
    open_[depth_++] = static_cast<std::uint32_t>(values_.size() - 1);
    return true;
  }

  bool close() {
    const std::uint32_t at = open_[--depth_];
    values_[at].size_ = static_cast<std::uint32_t>(values_.size()) - at;
    return true;
  }

  bool add(JsonKind kind, std::string_view text) {
    JsonValue& value = values_.emplace_back();
    value.kind_ = kind;
    value.text_ = text;
    value.name_ = next_name_;
    next_name_ = {};
    if (depth_ > 0) ++values_[open_[depth_ - 1]].child_count_;
    return true;
  }

  bool add_number(Text text, error_code& ec) {
    if (const char* const problem = problem_of_number({text.data(), text.size()})) {
      return refuse(problem, ec);
    }
    return add(JsonKind::Number, {text.data(), text.size()});
  }

  bool collect(Text part) {
    // Unescaping never makes a text longer. With room for all of it the vector does not grow, so
    // the views into it stay valid.
    if (unescaped_.capacity() == 0) unescaped_.reserve(text_.size());
    unescaped_.insert(unescaped_.end(), part.begin(), part.end());
    return true;
  }

  /// The string of `size` bytes that ends with the part `last`: a view into the text where that
  /// part is the whole string, otherwise of the unescaped copy.
  std::string_view whole(Text last, std::size_t size) {
    const std::less_equal<const char*> le;
    const bool in_text =
        le(text_.data(), last.data()) && le(last.data() + last.size(), text_.data() + text_.size());
    if (last.size() == size && in_text) return {last.data(), size};
    collect(last);
    return {unescaped_.data() + unescaped_.size() - size, size};
  }

  bool refuse(const char* problem, error_code& ec) {
    problem_ = problem;
    ec = boost::json::error::syntax;
    return false;
  }

  std::vector<JsonValue>& values_;
  std::vector<char>& unescaped_;
  std::string_view text_;
  std::string_view next_name_;
  std::array<std::uint32_t, kJsonDepthMax> open_{};  ///< the arrays and objects not yet closed
  std::size_t depth_ = 0;
  const char* problem_ = nullptr;
};

namespace {

using JsonParser = boost::json::basic_parser<JsonHandler>;

JsonError error_at(std::string_view text, std::size_t offset, std::string problem) {
  JsonError error{std::move(problem), offset, 1, 1};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++error.line;
      error.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {  // not inside a character
      ++error.column;
    }
  }
  return error;
}

/// What JsonHandler says of a number whose exponent the parser stopped in, before it called
/// JsonHandler: the same problem, at the number's end.
JsonError bad_number(std::string_view text, std::size_t in_exponent) {
  const std::size_t end = std::min(text.find_first_not_of(kDigits, in_exponent), text.size());
  const std::size_t before = text.find_last_not_of("+-.0123456789eE", in_exponent);
  const char* const problem = problem_of_number(text.substr(0, end).substr(before + 1));
  return error_at(text, end, problem ? problem : kExponentTooLarge);
}

std::string describe(const boost::system::error_code& ec) {
  if (ec == boost::json::error::incomplete) return "unexpected end";
  if (ec == boost::json::error::too_deep) {
    return "nested deeper than " + std::to_string(kJsonDepthMax) + " levels";
  }
  return ec.message();
}

}  // namespace

std::expected<JsonDocument, JsonError> JsonDocument::parse(std::string_view text) {
  if (text.empty()) return std::unexpected(error_at(text, 0, "no content"));
  if (text.starts_with("\xEF\xBB\xBF")) {
    return std::unexpected(error_at(text, 0, "starts with a byte order mark"));
  }
  JsonDocument document;
  boost::json::parse_options options;
  options.max_depth = kJsonDepthMax;
  JsonParser parser(options, document, text);
  boost::system::error_code ec;
  const std::size_t end = parser.write_some(false, text.data(), text.size(), ec);
  if (ec) {
    const char* const problem = parser.handler().problem();
    if (ec == boost::json::error::exponent_overflow) return std::unexpected(bad_number(text, end));
    return std::unexpected(error_at(text, end, problem ? problem : describe(ec)));
  }
  if (end != text.size())
    return std::unexpected(error_at(text, end, "trailing data after the JSON value"));
  if (document.root().kind() != JsonKind::Object) {
    return std::unexpected(
        error_at(text, text.find_first_not_of(" \t\r\n"),
                 "it is " + std::string(orderflow::describe(document.root().kind()))));
  }
  return document;
}

JsonDecimal to_decimal(std::string_view number) {
  JsonDecimal decimal;
  decimal.negative = number.starts_with('-');
  if (decimal.negative) number.remove_prefix(1);

  if (const std::size_t e = number.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view digits = number.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    // JsonDocument has rejected exponents of more than kJsonExponentDigitsMax digits.
    std::from_chars(digits.data(), digits.data() + digits.size(), decimal.exponent);
    number = number.substr(0, e);
  }
  if (const std::size_t point = number.find('.'); point != std::string_view::npos) {
    decimal.digits = number.substr(0, point);
    decimal.digits += number.substr(point + 1);
    decimal.exponent -= static_cast<std::int64_t>(number.size() - point - 1);
  } else {
    decimal.digits = number;
  }
  decimal.digits.erase(0, decimal.digits.find_first_not_of('0'));
  if (decimal.digits.empty()) return {};  // zero, "-0" included
  const std::size_t zeros = decimal.digits.size() - 1 - decimal.digits.find_last_not_of('0');
  decimal.digits.resize(decimal.digits.size() - zeros);
  decimal.exponent += static_cast<std::int64_t>(zeros);
  return decimal;
}

std::optional<std::int64_t> to_integer(std::string_view number) {
  std::int64_t value = 0;
  const char* const end = number.data() + number.size();
  if (const auto plain = std::from_chars(number.data(), end, value); plain.ptr == end) {
    return plain.ec == std::errc() ? std::optional(value) : std::nullopt;
  }
  JsonDecimal decimal = to_decimal(number);
  constexpr std::int64_t kDigitsMax = 18;  // any 18 digits fit into 64 bits
  const auto digits = static_cast<std::int64_t>(decimal.digits.size());
  if (decimal.exponent < 0 || digits + decimal.exponent > kDigitsMax) return std::nullopt;
  decimal.digits.append(static_cast<std::size_t>(decimal.exponent), '0');
  value = 0;
  for (const char digit : decimal.digits) value = value * 10 + (digit - '0');
  return decimal.negative ? -value : value;
}

namespace {

void append_canonical_object(std::string& out, const JsonValue& object) {
  std::vector<const JsonValue*> members;
  members.reserve(object.child_count());
  for (const JsonValue& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, &JsonValue::name);
  out += '{';
  for (const JsonValue* member : members) {
    if (out.back() != '{') out += ',';
    append_json_string(out, member->name());
    out += ':';
    append_canonical(out, *member);
  }
  out += '}';
}

void append_canonical_array(std::string& out, const JsonValue& array) {
  out += '[';
  for (const JsonValue& item : array) {
    if (out.back() != '[') out += ',';
    append_canonical(out, item);
  }
  out += ']';
}

}  // namespace

void append_canonical(std::string& out, const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::Null:
    case JsonKind::Bool:
      out += value.text();
      return;
    case JsonKind::String:
      append_json_string(out, value.text());
      return;
    case JsonKind::Array:
      append_canonical_array(out, value);
      return;
    case JsonKind::Object:
      append_canonical_object(out, value);
      return;
    case JsonKind::Number: {
      const JsonDecimal decimal = to_decimal(value.text());
      if (decimal.negative) out += '-';
      out += decimal.digits.empty() ? "0" : decimal.digits;
      out += 'e';
      append_integer(out, decimal.exponent);
      return;
    }
  }
}

}  // namespace orderflow
