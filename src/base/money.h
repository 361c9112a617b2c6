#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace orderflow {

/// An ISO 4217 currency with its exponent: the number of decimals of its minor unit
/// (USD 2, JPY 0, KWD 3).
class Currency {
 public:
  /// nullopt for a code that ISO 4217 does not list. Upper case only: codes are not translated.
  [[nodiscard]] static std::optional<Currency> from_code(std::string_view code);
  [[nodiscard]] static Currency usd();

  [[nodiscard]] std::string_view code() const { return {code_.data(), code_.size()}; }
  [[nodiscard]] int exponent() const { return exponent_; }

  friend bool operator==(const Currency&, const Currency&) = default;

 private:
  Currency(std::array<char, 3> code, std::uint8_t exponent) : code_(code), exponent_(exponent) {}
  std::array<char, 3> code_;
  std::uint8_t exponent_;
};

/// An amount in minor units: 29.99 USD is 2999. The currency is stored beside it.
using Minor = std::int64_t;

enum class MoneyError {
  NotANumber,       ///< Not the text of a JSON number.
  Negative,         ///< Below zero.
  TooManyDecimals,  ///< More decimals than the currency has, other than zeros.
  TooLarge,         ///< Does not fit into int64 minor units.
};

/// The exact minor units of the decimal text of a JSON number (RFC 8259, section 6), exponents such
/// as 3e1 included; never by way of a double. 29.90 and 29.900 USD are both 2990.
[[nodiscard]] std::expected<Minor, MoneyError> parse_minor(std::string_view number,
                                                           Currency currency);

/// Appends `amount` as a JSON number with exactly the decimals of the currency: 29.90, 5, 0.125.
void append_decimal(std::string& out, Minor amount, Currency currency);
[[nodiscard]] std::string to_decimal(Minor amount, Currency currency);

/// Arithmetic that reports overflow instead of wrapping.
[[nodiscard]] inline std::optional<Minor> checked_add(Minor a, Minor b) {
  Minor sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}
[[nodiscard]] inline std::optional<Minor> checked_multiply(Minor a, std::int64_t b) {
  Minor product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

}  // namespace orderflow
