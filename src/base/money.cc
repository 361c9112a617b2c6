#include "base/money.h"

#include <algorithm>
#include <ranges>

namespace orderflow {
namespace {

// ISO 4217, list one, active codes, by exponent. Fund codes and metals have no minor unit that a
// shop could charge and are left out.
constexpr std::string_view kExponent0 =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr std::string_view kExponent2 =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";
constexpr std::string_view kExponent3 = "BHD IQD JOD KWD LYD OMR TND";

constexpr std::string_view code_at(std::string_view codes, std::size_t i) {
  return codes.substr(4 * i, 3);
}

constexpr bool in_order(std::string_view codes) {
  for (std::size_t i = 1; 4 * i < codes.size(); ++i) {
    if (code_at(codes, i - 1) >= code_at(codes, i)) return false;
  }
  return true;
}
static_assert(in_order(kExponent0) && in_order(kExponent2) && in_order(kExponent3));

/// A binary search, since this runs for each order that is read.
bool lists(std::string_view codes, std::string_view code) {
  const auto all = std::views::iota(std::size_t{0}, (codes.size() + 1) / 4);
  return std::ranges::binary_search(all, code, {},
                                    [codes](std::size_t i) { return code_at(codes, i); });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The parts of a JSON number: digits without the point, and where the point stands.
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;
};

std::string_view take_all_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

std::optional<Decimal> split(std::string_view text) {
  Decimal d;
  if (text.starts_with('-')) {
    d.negative = true;
    text.remove_prefix(1);
  }
  d.whole = take_all_digits(text);
  if (d.whole.empty() || (d.whole.size() > 1 && d.whole.front() == '0')) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    d.fraction = take_all_digits(text);
    if (d.fraction.empty()) return std::nullopt;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    const bool minus = text.starts_with('-');
    if (minus || text.starts_with('+')) text.remove_prefix(1);
    const auto digits = take_all_digits(text);
    if (digits.empty()) return std::nullopt;
    // Beyond this any value other than zero is too large or too small; the exact number does
    // not matter.
    constexpr std::int64_t kExponentMax = 1'000'000;
    for (char c : digits) d.exponent = std::min(kExponentMax, d.exponent * 10 + (c - '0'));
    if (minus) d.exponent = -d.exponent;
  }
  if (!text.empty()) return std::nullopt;
  return d;
}

}  // namespace

std::optional<Currency> Currency::from_code(std::string_view code) {
  if (code.size() != 3 || code.find(' ') != std::string_view::npos) return std::nullopt;
  const std::array<char, 3> letters{code[0], code[1], code[2]};
  if (lists(kExponent2, code)) return Currency(letters, 2);
  if (lists(kExponent0, code)) return Currency(letters, 0);
  if (lists(kExponent3, code)) return Currency(letters, 3);
  return std::nullopt;
}

Currency Currency::usd() { return Currency({'U', 'S', 'D'}, 2); }

std::expected<Minor, MoneyError> parse_minor(std::string_view number, Currency currency) {
  const auto d = split(number);
  if (!d) return std::unexpected(MoneyError::NotANumber);

  // The digits as one row; the point, once moved by the exponents, stands after `point` of them.
  const std::size_t digits = d->whole.size() + d->fraction.size();
  const auto digit_at = [&](std::int64_t i) {
    const auto k = static_cast<std::size_t>(i);
    return k < d->whole.size() ? d->whole[k] : d->fraction[k - d->whole.size()];
  };
  std::int64_t last = static_cast<std::int64_t>(digits) - 1;
  while (last >= 0 && digit_at(last) == '0') --last;
  if (last < 0) return 0;  // zero, "-0" included
  if (d->negative) return std::unexpected(MoneyError::Negative);

  const std::int64_t point =
      static_cast<std::int64_t>(d->whole.size()) + d->exponent + currency.exponent();
  if (last >= point) return std::unexpected(MoneyError::TooManyDecimals);

  Minor amount = 0;
  for (std::int64_t i = 0; i < point; ++i) {
    const int digit = i <= last ? digit_at(i) - '0' : 0;
    const auto tens = checked_multiply(amount, 10);
    const auto next = tens ? checked_add(*tens, digit) : std::nullopt;
    if (!next) return std::unexpected(MoneyError::TooLarge);
    amount = *next;
  }
  return amount;
}

void append_decimal(std::string& out, Minor amount, Currency currency) {
  // Negative amounts occur in reports only; work on the magnitude so that the minimum is safe.
  auto magnitude = static_cast<std::uint64_t>(amount);
  if (amount < 0) {
    out += '-';
    magnitude = ~magnitude + 1;
  }
  char text[24];
  char* at = text + sizeof text;
  for (int i = 0; i < currency.exponent(); ++i, magnitude /= 10) {
    *--at = static_cast<char>('0' + magnitude % 10);
  }
  if (currency.exponent() > 0) *--at = '.';
  do {
    *--at = static_cast<char>('0' + magnitude % 10);
    magnitude /= 10;
  } while (magnitude != 0);
  out.append(at, static_cast<std::size_t>(text + sizeof text - at));
}

std::string to_decimal(Minor amount, Currency currency) {
  std::string out;
  append_decimal(out, amount, currency);
  return out;
}

}  // namespace orderflow
