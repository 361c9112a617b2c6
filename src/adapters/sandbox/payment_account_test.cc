#include "adapters/sandbox/payment_account.h"

#include <gtest/gtest.h>

#include <limits>

namespace orderflow::sandbox {
namespace {

constexpr std::string_view kId = "01900000-0000-7000-8000-000000000001";

TEST(AttemptOf, ReadsTheKeysOfThisOrderAndOperation) {
  const OrderId id = *OrderId::parse(kId);
  const std::string front(kId);
  EXPECT_EQ(attempt_of(front + ":authorize:1", id, "authorize"), 1);
  EXPECT_EQ(attempt_of(front + ":authorize:12", id, "authorize"), 12);
  for (const std::string& other :
       {front + ":capture:1", front + ":authorize:0", front + ":authorize:-1",
        front + ":authorize:1x", front + ":authorize:", front + ":authorize",
        front + ":authorize:99999999999", std::string("x"), std::string(),
        std::string("01900000-0000-7000-8000-000000000002:authorize:1")}) {
    EXPECT_EQ(attempt_of(other, id, "authorize"), std::nullopt) << other;
  }
}

TEST(Apply, AnExpiredAuthorizationIsNotCapturedUnderAnotherKey) {
  PaymentAccount account{.currency = "USD", .payment_method = "pm_card_visa"};
  account.entries = {{PaymentOperation::Authorize, 1, 5998, "ok"},
                     {PaymentOperation::Capture, 1, 5998, "authorization_expired"}};
  const PaymentRequest request{.order = *OrderId::parse(kId), .amount = 5998};
  EXPECT_EQ(apply(account, true, PaymentOperation::Capture, 2, request).outcome,
            EffectOutcome::Declined);
  EXPECT_EQ(record_of(account).captured, 0);
}

TEST(Entries, ReadBackAsTheyWereWritten) {
  const std::vector<PaymentEntry> entries = {
      {PaymentOperation::Authorize, 1, 5998, "card_declined"},
      {PaymentOperation::Authorize, 2, 5998, "ok"},
      {PaymentOperation::Capture, 1, 5998, "ok"},
      {PaymentOperation::Refund, 17, 0, "ok"},
      {PaymentOperation::Void, 1, std::numeric_limits<Minor>::max(), "already_captured"}};
  std::string text;
  for (const PaymentEntry& entry : entries) append_entry(text, entry);
  EXPECT_EQ(parse_entries(text), entries);
  EXPECT_EQ(parse_entries(""), std::vector<PaymentEntry>());
}

TEST(Entries, RejectMalformedText) {
  for (const std::string_view text :
       {"authorize:1 5998 ok", "authorize:1 5998\n", "authorize 5998 ok\n", "steal:1 1 ok\n",
        "authorize:1 x ok\n", "\n", "authorize:1 5998 ok\ntail"}) {
    EXPECT_EQ(parse_entries(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace orderflow::sandbox
