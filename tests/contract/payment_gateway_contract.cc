// What every PaymentGateway promises.

#include <algorithm>
#include <tuple>

#include "contract/adapters.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

constexpr Minor kAmount = 5998;

std::string key(std::uint32_t order, const std::string& operation, int attempt) {
  return body(order).id.to_string() + ':' + operation + ':' + std::to_string(attempt);
}

class PaymentGatewayContract : public EffectsContract {
 protected:
  PaymentRequest request(std::uint32_t order, const std::string& operation, int attempt,
                         Minor amount) {
    return {.order = body(order).id,
            .key = key(order, operation, attempt),
            .amount = amount,
            .payment_method = "pm_card_visa"};
  }
  PaymentAnswer authorize(std::uint32_t order, int attempt = 1, Minor amount = kAmount) {
    return run(gateway().authorize(request(order, "authorize", attempt, amount)));
  }
  PaymentAnswer authorize_with(std::string payment_method, std::uint32_t order, int attempt = 1) {
    PaymentRequest asked = request(order, "authorize", attempt, kAmount);
    asked.payment_method = std::move(payment_method);
    return run(gateway().authorize(std::move(asked)));
  }
  PaymentAnswer capture(std::uint32_t order, int attempt = 1, Minor amount = kAmount) {
    return run(gateway().capture(request(order, "capture", attempt, amount)));
  }
  PaymentAnswer cancel(std::uint32_t order, int attempt = 1) {
    return run(gateway().void_authorization(request(order, "void", attempt, kAmount)));
  }
  PaymentAnswer refund(std::uint32_t order, int attempt, Minor amount) {
    return run(gateway().refund(request(order, "refund", attempt, amount)));
  }
  void expect_record(std::uint32_t order, const PaymentRecord& expected) {
    const auto record = run(gateway().look_up(body(order).id));
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->authorized, expected.authorized);
    EXPECT_EQ(record->voided, expected.voided);
    EXPECT_EQ(record->captured, expected.captured);
    EXPECT_EQ(record->refunded, expected.refunded);
    EXPECT_EQ(record->tombstone, expected.tombstone);
  }
};
INSTANTIATE_TEST_SUITE_P(Adapters, PaymentGatewayContract, testing::ValuesIn(effects_adapters()),
                         kAdapterName);

#define EXPECT_OK(call) EXPECT_EQ((call).outcome, EffectOutcome::Ok)
#define EXPECT_DECLINED(call) EXPECT_EQ((call).outcome, EffectOutcome::Declined)

TEST_P(PaymentGatewayContract, AnUnknownOrderHasNoPayments) { expect_record(1, {}); }

TEST_P(PaymentGatewayContract, AuthorizesAndCapturesTheAmount) {
  EXPECT_OK(authorize(1));
  expect_record(1, {.authorized = kAmount});
  EXPECT_OK(capture(1));
  expect_record(1, {.authorized = kAmount, .captured = kAmount});
  expect_record(2, {});
  reopen();
  expect_record(1, {.authorized = kAmount, .captured = kAmount});
}

TEST_P(PaymentGatewayContract, RepeatsTheAnswerAndNotTheEffect) {
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    for (int i = 0; i < 3; ++i) EXPECT_OK(authorize(1));
    for (int i = 0; i < 3; ++i) EXPECT_OK(capture(1));
    EXPECT_OK(authorize(1)) << "late, after the capture";
    for (int i = 0; i < 3; ++i) EXPECT_OK(refund(1, 1, 100));
    expect_record(1, {.authorized = kAmount, .captured = kAmount, .refunded = 100});
  }
}

TEST_P(PaymentGatewayContract, ManyAtOnceUnderOneKeyOrUnderManyAreOneEffect) {
  for (const std::uint32_t order : {1, 2}) {
    std::vector<Task<PaymentAnswer>> asked;
    for (int i = 1; i <= 32; ++i) {
      asked.push_back(
          gateway().authorize(request(order, "authorize", order == 1 ? 1 : i, kAmount)));
    }
    const auto answers = run_all(io(), std::move(asked));
    EXPECT_EQ(std::ranges::count(answers, EffectOutcome::Ok, &PaymentAnswer::outcome),
              order == 1 ? 32 : 1);
    expect_record(order, {.authorized = kAmount});
  }
}

TEST_P(PaymentGatewayContract, AnotherKeyCannotRepeatTheEffect) {
  EXPECT_OK(authorize(1, 1));
  EXPECT_DECLINED(authorize(1, 2));
  EXPECT_OK(capture(1, 1));
  EXPECT_DECLINED(capture(1, 2));
  EXPECT_DECLINED(authorize(1, 3));
  expect_record(1, {.authorized = kAmount, .captured = kAmount});
}

TEST_P(PaymentGatewayContract, RefusesAnotherAmountUnderAUsedKey) {
  EXPECT_OK(authorize(1, 1, kAmount));
  const PaymentAnswer other = authorize(1, 1, kAmount + 1);
  EXPECT_DECLINED(other);
  EXPECT_EQ(other.reason, "idempotency_mismatch");
  expect_record(1, {.authorized = kAmount});
}

TEST_P(PaymentGatewayContract, DeclinesWithAReasonAndHoldsNothing) {
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    for (const auto& [order, token, reason] :
         {std::tuple(1u, "pm_card_chargeDeclined", "card_declined"),
          std::tuple(2u, "pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds")}) {
      const PaymentAnswer declined = authorize_with(token, order);
      EXPECT_DECLINED(declined);
      EXPECT_EQ(declined.reason, reason);
      expect_record(order, {});
    }
  }
  EXPECT_DECLINED(capture(1));
}

TEST_P(PaymentGatewayContract, ADeclineIsForItsKeyOnly) {
  EXPECT_DECLINED(authorize_with("pm_card_chargeDeclined", 1, 1));
  EXPECT_OK(authorize_with("pm_card_visa", 1, 2));
  EXPECT_DECLINED(authorize_with("pm_card_chargeDeclined", 1, 1)) << "the same answer again";
  expect_record(1, {.authorized = kAmount});
}

TEST_P(PaymentGatewayContract, CapturesOnlyWhatIsAuthorized) {
  EXPECT_DECLINED(capture(1));
  EXPECT_OK(authorize(2));
  EXPECT_DECLINED(capture(2, 1, kAmount + 1));
  expect_record(1, {});
  expect_record(2, {.authorized = kAmount});
}

TEST_P(PaymentGatewayContract, AVoidReleasesTheAuthorization) {
  EXPECT_OK(authorize(1));
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    EXPECT_OK(cancel(1));
    expect_record(1, {.authorized = kAmount, .voided = kAmount, .tombstone = true});
  }
  EXPECT_OK(cancel(1, 2));
  EXPECT_DECLINED(capture(1));
  EXPECT_DECLINED(authorize(1, 2));
  expect_record(1, {.authorized = kAmount, .voided = kAmount, .tombstone = true});
}

TEST_P(PaymentGatewayContract, AVoidStopsAnAuthorizationThatComesLater) {
  EXPECT_OK(cancel(1));
  expect_record(1, {.tombstone = true});
  reopen();
  EXPECT_DECLINED(authorize(1));
  EXPECT_OK(cancel(1));
  expect_record(1, {.tombstone = true});
}

TEST_P(PaymentGatewayContract, AVoidRacingAuthorizationsLeavesNothingHeld) {
  std::vector<Task<PaymentAnswer>> asked;
  for (std::uint32_t i = 0; i < 30; ++i) {
    asked.push_back(i % 3 == 1 ? gateway().void_authorization(request(i / 3, "void", 1, kAmount))
                               : gateway().authorize(request(i / 3, "authorize", 1, kAmount)));
  }
  (void)run_all(io(), std::move(asked));
  for (std::uint32_t order = 0; order < 10; ++order) {
    const auto record = run(gateway().look_up(body(order).id));
    ASSERT_TRUE(record.has_value());
    EXPECT_TRUE(record->tombstone);
    EXPECT_EQ(record->authorized, record->voided);
    EXPECT_EQ(record->captured, 0);
  }
}

TEST_P(PaymentGatewayContract, ACapturedPaymentCannotBeVoided) {
  EXPECT_OK(authorize(1));
  EXPECT_OK(capture(1));
  EXPECT_DECLINED(cancel(1));
  expect_record(1, {.authorized = kAmount, .captured = kAmount});
}

TEST_P(PaymentGatewayContract, RefundsUpToWhatWasCaptured) {
  EXPECT_DECLINED(refund(1, 1, 1)) << "of an unknown order";
  EXPECT_OK(authorize(2));
  EXPECT_DECLINED(refund(2, 1, 1)) << "before the capture";
  EXPECT_OK(capture(2));
  EXPECT_OK(refund(2, 2, 5000));
  EXPECT_DECLINED(refund(2, 3, 999)) << "one more than is left";
  EXPECT_OK(refund(2, 4, 998));
  EXPECT_DECLINED(refund(2, 5, 1));
  expect_record(2, {.authorized = kAmount, .captured = kAmount, .refunded = kAmount});
}

TEST_P(PaymentGatewayContract, AnOrderOfZeroIsAuthorizedAndCapturedLikeAnyOther) {
  EXPECT_OK(authorize(1, 1, 0));
  EXPECT_OK(authorize(1, 1, 0));
  EXPECT_DECLINED(authorize(1, 2, 0));
  EXPECT_OK(capture(1, 1, 0));
  EXPECT_DECLINED(cancel(1));
  EXPECT_OK(authorize(2, 1, 0));
  EXPECT_OK(cancel(2));
  EXPECT_DECLINED(capture(2, 1, 0));
}

}  // namespace
}  // namespace orderflow
