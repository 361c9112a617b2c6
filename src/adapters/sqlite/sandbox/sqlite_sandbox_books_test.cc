#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"

#include <gtest/gtest.h>

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
  EffectOutcome authorize(std::uint32_t number) {
    const OrderId order = body(number).id;
    return run(io, SandboxGateway(*books).authorize(
                       {.order = order,
                        .key = idempotency_key(order, Operation::Authorize, 1),
                        .amount = 300,
                        .payment_method = "pm_card_visa"}))
        .outcome;
  }
  EffectOutcome ship(std::uint32_t number) {
    auto parcel = std::make_shared<const OrderBody>(body(number));
    const std::string key = idempotency_key(parcel->id, Operation::Ship, 1);
    return run(io, SandboxCarrier(*books).ship(key, parcel)).outcome;
  }
  /// Another connection to the file.
  void execute(const char* sql) { sqlite::SqliteConnection(file, {}).execute(sql); }

  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "simulated.db";
  boost::asio::io_context io{1};
  std::unique_ptr<SqliteSandboxBooks> books =
      SqliteSandboxBooks::open(io.get_executor(), file).value();
};

TEST_F(SqliteSandboxBooksTest, CopiesItsLogWhileItWorks) {
  const auto size_before = std::filesystem::file_size(file);
  for (std::uint32_t number = 1; number <= 100; ++number) {
    EXPECT_EQ(authorize(number), EffectOutcome::Ok);
  }
  run_until(io, [&] { return std::filesystem::file_size(file) > size_before; });
  EXPECT_EQ(authorize(101), EffectOutcome::Ok);
}

TEST_F(SqliteSandboxBooksTest, WhatCannotBeWrittenOrReadIsUnknown) {
  EXPECT_EQ(authorize(1), EffectOutcome::Ok);
  execute("UPDATE payments SET entries = 'nonsense'");
  EXPECT_EQ(authorize(1), EffectOutcome::Unknown);
  EXPECT_FALSE(run(io, SandboxGateway(*books).look_up(body(1).id)).has_value());
  execute("DROP TABLE payments; DROP TABLE shipments");
  EXPECT_EQ(authorize(2), EffectOutcome::Unknown);
  EXPECT_EQ(ship(2), EffectOutcome::Unknown);
}

}  // namespace
}  // namespace orderflow
