#include "api/body_reader.h"

#include <algorithm>

#include "base/json_writer.h"

namespace orderflow {
namespace {

std::string describe(MoneyError error, Currency currency) {
  switch (error) {
    case MoneyError::NotANumber:
      return "must be a number";
    case MoneyError::Negative:
      return "must not be negative";
    case MoneyError::TooManyDecimals:
      return "has more decimals than " + std::string(currency.code()) + " has (" +
             std::to_string(currency.exponent()) + ")";
    case MoneyError::TooLarge:
      return "is too large";
  }
  return "is not an amount";
}

}  // namespace

std::string BodyPath::pointer() const {
  std::string out = parent ? parent->pointer() : std::string();
  if (index) {
    out += '/';
    append_integer(out, static_cast<std::int64_t>(*index));
  } else if (parent) {
    out += '/';
    for (const char c : name) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
  }
  return out;
}

void FieldErrors::add(const BodyPath& at, std::string detail) {
  if (list_.size() < kFieldErrorsMax) {
    list_.push_back({at.pointer(), std::move(detail), "invalid_value"});
  }
}

bool check_string(std::string_view text, std::size_t characters_max, Blank blank,
                  const BodyPath& at, FieldErrors& errors) {
  std::string problem = text_problem(text, characters_max, blank);
  if (problem.empty()) return true;
  errors.add(at, std::move(problem));
  return false;
}

void ObjectReader::allow_only(std::initializer_list<std::string_view> names) {
  for (const JsonValue& member : object_) {
    if (std::ranges::find(names, member.name()) == names.end()) {
      reject(member.name(), "is not a known member");
    }
  }
}

const JsonValue* ObjectReader::find(std::string_view name) const {
  for (const JsonValue& member : object_) {
    if (member.name() == name) return &member;
  }
  return nullptr;
}

const JsonValue* ObjectReader::member(std::string_view name, JsonKind kind, Presence presence) {
  const JsonValue* value = find(name);
  if (!value) {
    if (presence == Presence::Required) reject(name, "is required");
    return nullptr;
  }
  if (value->kind() != kind) {
    reject(name, "must be " + std::string(describe(kind)) + ", not " +
                     std::string(describe(value->kind())));
    return nullptr;
  }
  return value;
}

std::optional<std::string_view> ObjectReader::string(std::string_view name,
                                                     std::size_t characters_max, Presence presence,
                                                     Blank blank) {
  const JsonValue* value = member(name, JsonKind::String, presence);
  if (!value) return std::nullopt;
  const BodyPath at{&at_, name};
  if (!check_string(value->text(), characters_max, blank, at, errors_)) return std::nullopt;
  return value->text();
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view name, std::int64_t min,
                                                  std::int64_t max, Presence presence) {
  const JsonValue* value = member(name, JsonKind::Number, presence);
  if (!value) return std::nullopt;
  const auto number = to_integer(value->text());
  if (number && *number >= min && *number <= max) return number;
  reject(name, "must be an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<Currency> ObjectReader::currency(std::string_view name) {
  if (!find(name)) return Currency::usd();
  const JsonValue* value = member(name, JsonKind::String, Presence::Optional);
  if (!value) return std::nullopt;
  const auto currency = Currency::from_code(value->text());
  if (!currency) reject(name, "must be a currency code of ISO 4217, such as USD");
  return currency;
}

std::optional<Minor> ObjectReader::amount(std::string_view name, std::optional<Currency> currency,
                                          Presence presence) {
  const JsonValue* value = member(name, JsonKind::Number, presence);
  if (!value || !currency) return std::nullopt;
  const auto minor = parse_minor(value->text(), *currency);
  if (minor) return *minor;
  reject(name, describe(minor.error(), *currency));
  return std::nullopt;
}

void ObjectReader::reject(std::string_view name, std::string detail) {
  errors_.add({&at_, name}, std::move(detail));
}

}  // namespace orderflow
