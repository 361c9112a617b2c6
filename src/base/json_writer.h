#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace orderflow {

/// Appends `text` as a JSON string, with its quotes. `text` must be UTF-8: bytes from 0x80 on are
/// copied unchecked.
void append_json_string(std::string& out, std::string_view text);
/// How many bytes append_json_string() would append.
[[nodiscard]] std::size_t json_string_bytes(std::string_view text);
void append_integer(std::string& out, std::int64_t value);

/// Writes JSON straight into a string, without a tree. Inserts commas; the caller balances begin
/// and end.
///
///     JsonWriter json(out);
///     json.begin_object().member("sku", sku).member("quantity", 2).end_object();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// The name of the next value. Names are our own constants and need no escaping.
  JsonWriter& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    after_key_ = true;
    return *this;
  }

  JsonWriter& value(std::string_view text) {
    separate();
    append_json_string(out_, text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(std::same_as<bool> auto flag) { return raw(flag ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& value(T number) {
    separate();
    append_integer(out_, static_cast<std::int64_t>(number));
    return *this;
  }
  JsonWriter& null() { return raw("null"); }
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }
  template <typename T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  /// The text under construction, for values that write themselves; call key() or element() first.
  std::string& out() { return out_; }
  JsonWriter& element() {
    separate();
    return *this;
  }

 private:
  JsonWriter& open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    first_ = false;
    after_key_ = false;
    return *this;
  }
  void separate() {
    if (!first_ && !after_key_) out_ += ',';
    first_ = false;
    after_key_ = false;
  }

  std::string& out_;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace orderflow
