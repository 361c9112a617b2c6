#include "base/money.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

Currency currency(std::string_view code) { return *Currency::from_code(code); }

std::expected<Minor, MoneyError> usd(std::string_view text) {
  return parse_minor(text, currency("USD"));
}

TEST(Currency, KnowsTheExponentsOfIso4217) {
  EXPECT_EQ(currency("USD").exponent(), 2);
  EXPECT_EQ(currency("JPY").exponent(), 0);
  EXPECT_EQ(currency("KWD").exponent(), 3);
  for (const char* first_or_last : {"AED", "ZWG", "BIF", "XPF", "BHD", "TND"}) {
    EXPECT_EQ(currency(first_or_last).code(), first_or_last);
  }
}

TEST(Currency, RefusesWhatIsNoActiveCode) {
  for (const char* code : {"", "US", "usd", "USDX", "XXX", "U D", " US", "ABC"}) {
    EXPECT_FALSE(Currency::from_code(code)) << code;
  }
}

TEST(ParseMinor, ReadsExactDecimals) {
  EXPECT_EQ(usd("29.99"), 2999);
  EXPECT_EQ(usd("29.9"), 2990);
  EXPECT_EQ(usd("29.90"), 2990);
  EXPECT_EQ(usd("29.9000"), 2990);
  EXPECT_EQ(usd("3e1"), 3000);
  EXPECT_EQ(usd("2999e-2"), 2999);
  EXPECT_EQ(usd("0.0299E+3"), 2990);
  EXPECT_EQ(usd("0"), 0);
  EXPECT_EQ(usd("-0.00"), 0);
  EXPECT_EQ(usd("0e999999999999999999999"), 0);
  EXPECT_EQ(usd("92233720368547758.07"), INT64_MAX);
  EXPECT_EQ(parse_minor("5", currency("JPY")), 5);
  EXPECT_EQ(parse_minor("0.125", currency("KWD")), 125);
}

TEST(ParseMinor, SaysWhatIsWrong) {
  EXPECT_EQ(usd("29.999").error(), MoneyError::TooManyDecimals);
  EXPECT_EQ(parse_minor("5.5", currency("JPY")).error(), MoneyError::TooManyDecimals);
  EXPECT_EQ(usd("1e-400").error(), MoneyError::TooManyDecimals);
  EXPECT_EQ(usd("-1").error(), MoneyError::Negative);
  EXPECT_EQ(usd("1e400").error(), MoneyError::TooLarge);
  EXPECT_EQ(usd("1e99999999999999999999").error(), MoneyError::TooLarge);
  EXPECT_EQ(usd("92233720368547758.08").error(), MoneyError::TooLarge);
  for (const char* text :
       {"", "-", ".5", "5.", "1e", "1e+", "01", "+1", "0x10", "NaN", "1 ", " 1"}) {
    EXPECT_EQ(usd(text).error(), MoneyError::NotANumber) << text;
  }
}

TEST(Decimal, HasTheDecimalsOfItsCurrency) {
  EXPECT_EQ(to_decimal(5998, currency("USD")), "59.98");
  EXPECT_EQ(to_decimal(5, currency("USD")), "0.05");
  EXPECT_EQ(to_decimal(5, currency("JPY")), "5");
  EXPECT_EQ(to_decimal(125, currency("KWD")), "0.125");
  EXPECT_EQ(to_decimal(-2990, currency("USD")), "-29.90");
  EXPECT_EQ(to_decimal(INT64_MIN, currency("JPY")), "-9223372036854775808");
}

TEST(CheckedArithmetic, ReportsOverflow) {
  EXPECT_EQ(checked_add(1, 2), 3);
  EXPECT_FALSE(checked_add(INT64_MAX, 1));
  EXPECT_EQ(checked_multiply(3, 4), 12);
  EXPECT_FALSE(checked_multiply(INT64_MAX, 2));
}

}  // namespace
}  // namespace orderflow
