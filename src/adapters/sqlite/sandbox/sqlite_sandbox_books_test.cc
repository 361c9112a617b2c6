#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>

#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "order/rules/due.h"
#include "support/orders.h"
#include "support/run.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

class SqliteSandboxBooksTest : public testing::Test {
 protected:
  void open() {
    ledger.reset();
    ledger = SqliteSandboxBooks::open(io.get_executor(), file).value();
  }
  PaymentRequest request(const OrderId& order, Operation operation, Minor amount) {
    return {.order = order,
            .key = idempotency_key(order, operation, 1),
            .amount = amount,
            .payment_method = "pm_card_visa"};
  }
  EffectOutcome authorize(const OrderId& order, Minor amount) {
    SandboxGateway gateway(*ledger);
    return run(io, gateway.authorize(request(order, Operation::Authorize, amount))).outcome;
  }
  EffectOutcome capture(const OrderId& order, Minor amount) {
    SandboxGateway gateway(*ledger);
    return run(io, gateway.capture(request(order, Operation::Capture, amount))).outcome;
  }
  std::string ship(std::uint32_t number) {
    SandboxCarrier carrier(*ledger);
    auto parcel = std::make_shared<const OrderBody>(body(number));
    const std::string key = idempotency_key(parcel->id, Operation::Ship, 1);
    return run(io, carrier.ship(key, parcel)).shipment.tracking_number;
  }

  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "simulated.db";
  boost::asio::io_context io{1};
  std::unique_ptr<SqliteSandboxBooks> ledger;
};

TEST_F(SqliteSandboxBooksTest, CopiesItsLogWhileItWorks) {
  open();
  const auto size_before = std::filesystem::file_size(file);
  for (std::uint32_t number = 1; number <= 100; ++number) {
    EXPECT_EQ(authorize(body(number).id, 300), EffectOutcome::Ok);
  }
  run_until(io, [&] { return std::filesystem::file_size(file) > size_before; });
  EXPECT_EQ(capture(body(1).id, 300), EffectOutcome::Ok);
}

TEST_F(SqliteSandboxBooksTest, RefusesAFileOfANewerVersion) {
  open();
  ledger.reset();
  sqlite::SqliteConnection(file, {}).execute("PRAGMA user_version = 2");
  const auto reopened = SqliteSandboxBooks::open(io.get_executor(), file);
  ASSERT_FALSE(reopened.has_value());
  EXPECT_EQ(reopened.error().code, ErrorCode::Corrupt);
}

TEST_F(SqliteSandboxBooksTest, IsForItsOwnerAlone) {
  open();
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(SqliteSandboxBooksTest, WhatCanNotBeWrittenOrReadIsUnknown) {
  open();
  EXPECT_EQ(authorize(body(1).id, 200), EffectOutcome::Ok);
  {
    // Another connection writes invalid bytes, as a broken disk would.
    sqlite::SqliteConnection vandal(file, {});
    vandal.execute("UPDATE payments SET entries = 'nonsense'");
  }
  EXPECT_EQ(authorize(body(1).id, 200), EffectOutcome::Unknown);
  SandboxGateway gateway(*ledger);
  EXPECT_FALSE(run(io, gateway.look_up(body(1).id)).has_value());
  {
    sqlite::SqliteConnection vandal(file, {});
    vandal.execute("DROP TABLE payments");
    vandal.execute("DROP TABLE shipments");
  }
  EXPECT_EQ(authorize(body(2).id, 200), EffectOutcome::Unknown);
  EXPECT_EQ(ship(2), "");
}

}  // namespace
}  // namespace orderflow
