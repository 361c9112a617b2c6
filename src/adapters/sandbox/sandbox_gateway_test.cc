// What each payment method makes the provider of the sandbox do. What every provider does is tested in
// tests/contract/payment_gateway_contract.cc.

#include "adapters/sandbox/sandbox_gateway.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"
#include "support/run.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

constexpr Minor kAmount = 5998;

class SandboxGatewayTest : public testing::Test {
 protected:
  PaymentRequest request(const std::string& operation, int attempt) {
    return {.order = id,
            .key = id.to_string() + ':' + operation + ':' + std::to_string(attempt),
            .amount = kAmount,
            .payment_method = payment_method};
  }
  PaymentAnswer authorize(int attempt = 1) {
    return run(io, gateway.authorize(request("authorize", attempt)));
  }
  PaymentAnswer capture() { return run(io, gateway.capture(request("capture", 1))); }
  PaymentAnswer cancel() { return run(io, gateway.void_authorization(request("void", 1))); }
  PaymentRecord record() { return run(io, gateway.look_up(id)).value(); }

  TemporaryFolder folder;
  boost::asio::io_context io{1};
  std::unique_ptr<SqliteSandboxBooks> books =
      SqliteSandboxBooks::open(io.get_executor(), folder.path() / "simulated.db").value();
  SandboxGateway gateway{*books};
  OrderId id = *OrderId::parse("01900000-0000-7000-8000-000000000001");
  std::string payment_method = "pm_card_visa";
};

TEST_F(SandboxGatewayTest, AnUnknownAuthorizationHappenedOrNotAndTheSecondTimeAnswers) {
  for (const auto& [token, held, order] :
       {std::tuple("pm_sim_unknown_before", Minor{0}, "01900000-0000-7000-8000-000000000001"),
        std::tuple("pm_sim_unknown_after", kAmount, "01900000-0000-7000-8000-000000000002")}) {
    payment_method = token;
    id = *OrderId::parse(order);
    EXPECT_EQ(authorize().outcome, EffectOutcome::Unknown) << token;
    EXPECT_EQ(record().authorized, held) << token;
    EXPECT_EQ(authorize().outcome, EffectOutcome::Ok) << token;
    EXPECT_EQ(record().authorized, kAmount) << token;
  }
}

TEST_F(SandboxGatewayTest, UnknownAlwaysNeverAnswersButCanBeVoided) {
  payment_method = "pm_sim_unknown_always";
  for (int i = 0; i < 20; ++i) EXPECT_EQ(authorize().outcome, EffectOutcome::Unknown);
  EXPECT_EQ(record().authorized, 0);
  EXPECT_EQ(cancel().outcome, EffectOutcome::Ok);
  EXPECT_TRUE(record().tombstone);
}

TEST_F(SandboxGatewayTest, ThrottledIsPutOffOnceAndNothingHasHappened) {
  payment_method = "pm_sim_throttled";
  const PaymentAnswer throttled = authorize();
  EXPECT_EQ(throttled.outcome, EffectOutcome::PutOff);
  EXPECT_EQ(throttled.retry_after, std::chrono::seconds(1));
  EXPECT_FALSE(record().has_authorization);
  EXPECT_EQ(authorize().outcome, EffectOutcome::Ok);
}

TEST_F(SandboxGatewayTest, ADeclinedCaptureReleasesTheAuthorization) {
  payment_method = "pm_sim_capture_declined";
  EXPECT_EQ(authorize().outcome, EffectOutcome::Ok);
  EXPECT_EQ(record().voided, 0);
  payment_method = "";  // only authorize() gets one
  for (int i = 0; i < 2; ++i) {
    const PaymentAnswer declined = capture();
    EXPECT_EQ(declined.outcome, EffectOutcome::Declined);
    EXPECT_EQ(declined.reason, "authorization_expired");
    EXPECT_EQ(record().authorized, kAmount);
    EXPECT_EQ(record().voided, kAmount);
    EXPECT_EQ(record().captured, 0);
  }
}

TEST_F(SandboxGatewayTest, TheCaptureDependsOnTheTokenThatWasAuthorized) {
  payment_method = "pm_card_chargeDeclined";
  EXPECT_EQ(authorize(1).outcome, EffectOutcome::Declined);
  payment_method = "pm_sim_capture_declined";
  EXPECT_EQ(authorize(2).outcome, EffectOutcome::Ok);
  EXPECT_EQ(capture().outcome, EffectOutcome::Declined);
}

TEST_F(SandboxGatewayTest, AcceptsOnlyTokensThatBeginWithPm) {
  payment_method = "pm_card_mastercard";
  EXPECT_EQ(authorize(1).outcome, EffectOutcome::Ok);
  id = *OrderId::parse("01900000-0000-7000-8000-000000000002");
  payment_method = "4242424242424242";
  EXPECT_EQ(authorize(1).reason, "invalid_payment_method");
  payment_method = "";
  EXPECT_EQ(authorize(2).reason, "invalid_payment_method");
  EXPECT_EQ(record().authorized, 0);
}

TEST_F(SandboxGatewayTest, RejectsAKeyOfAnotherOrderOrOperation) {
  PaymentRequest wrong = request("capture", 1);
  EXPECT_EQ(run(io, gateway.authorize(wrong)).reason, "invalid_key");
  wrong.key = "";
  EXPECT_EQ(run(io, gateway.capture(wrong)).reason, "invalid_key");
}

TEST_F(SandboxGatewayTest, RefusesAnotherCurrency) {
  PaymentRequest yen = request("capture", 1);
  yen.currency = *Currency::from_code("JPY");
  EXPECT_EQ(authorize().outcome, EffectOutcome::Ok);
  EXPECT_EQ(run(io, gateway.capture(yen)).reason, "currency_mismatch");
  EXPECT_EQ(record().captured, 0);
}

TEST_F(SandboxGatewayTest, AHeldAuthorizationIsAnsweredOnceALaterOrderReleasesIt) {
  payment_method = "pm_sim_hold";
  std::optional<PaymentAnswer> held;
  boost::asio::co_spawn(io, keep(gateway.authorize(request("authorize", 1)), held),
                        boost::asio::detached);
  run_until(io, [&] { return record().authorized == kAmount; });

  id = *OrderId::parse("01900000-0000-7000-8000-000000000002");
  payment_method = "pm_card_visa";
  EXPECT_EQ(authorize().outcome, EffectOutcome::Ok);
  EXPECT_FALSE(held) << "an ordinary order releases nothing";

  id = *OrderId::parse("01900000-0000-7000-8000-000000000003");
  payment_method = "pm_sim_release";
  EXPECT_EQ(authorize().outcome, EffectOutcome::Ok);
  run_until(io, [&] { return held.has_value(); });
  EXPECT_EQ(held->outcome, EffectOutcome::Ok);

  id = *OrderId::parse("01900000-0000-7000-8000-000000000000");
  payment_method = "pm_sim_hold";
  EXPECT_EQ(authorize().outcome, EffectOutcome::Ok)
      << "an older order that comes after its release";
}

TEST_F(SandboxGatewayTest, AnswersAfterItsLatency) {
  SandboxGateway slow(*books, std::chrono::milliseconds(30));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(run(io, slow.authorize(request("authorize", 1))).outcome, EffectOutcome::Ok);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(30));
}

}  // namespace
}  // namespace orderflow
