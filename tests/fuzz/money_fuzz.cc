#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/money.h"
#include "fuzz/fuzz.h"

// Money text against an oracle that works on strings alone: it shares nothing with parse_minor().
namespace orderflow {
namespace {

constexpr std::array<std::string_view, 3> kCodes{"JPY", "USD", "KWD"};
constexpr std::string_view kDigits = "0123456789";

std::string take_digits(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of(kDigits), text.size());
  std::string digits(text.substr(0, end));
  text.remove_prefix(end);
  return digits;
}

std::string without_leading_zeros(const std::string& digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

/// A power of ten in text as a number, 1000 for all that is larger.
int small_exponent(const std::string& digits) {
  const std::string significant = without_leading_zeros(digits);
  if (significant.size() > 3) return 1000;
  return significant.empty() ? 0 : std::stoi(significant);
}

/// Moves the point of "whole.fraction" by text: to the right by `places`, to the left below zero.
void move_point(std::string& whole, std::string& fraction, int places) {
  for (; places > 0; --places) {
    whole += fraction.empty() ? '0' : fraction.front();
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  for (; places < 0; ++places) {
    fraction.insert(0, 1, whole.empty() ? '0' : whole.back());
    if (!whole.empty()) whole.pop_back();
  }
}

std::expected<Minor, MoneyError> expected_minor(std::string_view text, int decimals) {
  const auto not_a_number = std::unexpected(MoneyError::NotANumber);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::string whole = take_digits(text);
  std::string fraction;
  int exponent = 0;
  if (whole.empty() || (whole.size() > 1 && whole[0] == '0')) return not_a_number;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
    if (fraction.empty()) return not_a_number;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    const bool minus = text.starts_with('-');
    if (minus || text.starts_with('+')) text.remove_prefix(1);
    const std::string digits = take_digits(text);
    if (digits.empty()) return not_a_number;
    exponent = minus ? -small_exponent(digits) : small_exponent(digits);
  }
  if (!text.empty()) return not_a_number;
  if ((whole + fraction).find_first_not_of('0') == std::string::npos) return 0;
  if (negative) return std::unexpected(MoneyError::Negative);
  move_point(whole, fraction, exponent + decimals);
  if (fraction.find_first_not_of('0') != std::string::npos) {
    return std::unexpected(MoneyError::TooManyDecimals);
  }
  constexpr std::string_view kMax = "9223372036854775807";
  const std::string amount = without_leading_zeros(whole);
  const bool too_large =
      amount.size() > kMax.size() || (amount.size() == kMax.size() && amount > kMax);
  if (too_large) return std::unexpected(MoneyError::TooLarge);
  return std::stoll(amount);
}

}  // namespace

FUZZ(money) {
  if (input.empty() || input.size() > 200) return;  // so that an exponent of 1000 is beyond all
  const std::size_t which = static_cast<unsigned char>(input.front()) % kCodes.size();
  const auto currency = Currency::from_code(kCodes[which]);
  CHECK(currency);
  input.remove_prefix(1);
  const auto amount = parse_minor(input, *currency);
  CHECK(amount == expected_minor(input, currency->exponent()));
  if (!amount) return;
  CHECK(*amount >= 0);
  const std::string text = to_decimal(*amount, *currency);
  CHECK(parse_minor(text, *currency) == *amount);
  CHECK(to_decimal(-*amount, *currency) == (*amount == 0 ? text : "-" + text));
}

}  // namespace orderflow
