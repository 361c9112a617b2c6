#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_value.h"
#include "base/money.h"
#include "functions/order_submission.h"
#include "order/model/texts.h"

namespace orderflow {

/// The place of a value in the body: a chain of frames on the stack. It is turned into text only
/// for an error.
struct BodyPath {
  const BodyPath* parent = nullptr;
  std::string_view name;               ///< of a member
  std::optional<std::size_t> index{};  ///< of an item of an array

  /// A JSON pointer (RFC 6901): "/items/0/price".
  [[nodiscard]] std::string pointer() const;
};

/// The errors in a body, in the order in which they are found.
class FieldErrors {
 public:
  void add(const BodyPath& at, std::string detail);
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] std::vector<FieldError> take() { return std::move(list_); }

 private:
  /// Further errors are left out.
  static constexpr std::size_t kFieldErrorsMax = 100;
  std::vector<FieldError> list_;
};

enum class Presence { Required, Optional };

/// Reads the members of one object. A member that is missing, of the wrong kind or out of bounds
/// adds an error and reads as nullopt. `null` is of the wrong kind everywhere.
class ObjectReader {
 public:
  ObjectReader(const JsonValue& object, const BodyPath& at, FieldErrors& errors)
      : object_(object), at_(at), errors_(errors) {}

  /// Adds an error for every member that is not in the list.
  void allow_only(std::initializer_list<std::string_view> names);

  [[nodiscard]] const JsonValue* find(std::string_view name) const;
  /// The member, of this kind.
  const JsonValue* member(std::string_view name, JsonKind kind, Presence presence);
  /// A string of at most so many characters without U+0000.
  std::optional<std::string_view> string(std::string_view name, std::size_t characters_max,
                                         Presence presence, Blank blank = Blank::Refused);
  /// A number whose value is an integer (2, 2.0 and 2e0 are) in [min, max].
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max,
                                      Presence presence);
  /// A code of ISO 4217; USD where the member is missing.
  std::optional<Currency> currency(std::string_view name);
  /// An amount of this currency. Where the currency is unknown (which has added an error), the
  /// number is not checked and nullopt is returned.
  std::optional<Minor> amount(std::string_view name, std::optional<Currency> currency,
                              Presence presence);

  void reject(std::string_view name, std::string detail);

 private:
  const JsonValue& object_;
  const BodyPath& at_;
  FieldErrors& errors_;
};

/// Checks the string by text_problem(); false where that has added an error.
[[nodiscard]] bool check_string(std::string_view text, std::size_t characters_max, Blank blank,
                                const BodyPath& at, FieldErrors& errors);

}  // namespace orderflow
