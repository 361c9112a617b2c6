#include "tools/audit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "adapters/sqlite/archive/sqlite_shop_archive.h"
#include "support/stored_shop.h"

namespace orderflow {
namespace {

/// The report of an audit that finds nothing.
std::string clean(const std::filesystem::path& data) {
  std::ostringstream out;
  EXPECT_EQ(run_audit(sqlite::open_shop_archive(data), out), 0) << out.str();
  return out.str();
}

TEST(Audit, IsCleanOnWhatTheFunctionsStore) {
  const StoredShop shop;
  const std::string text = clean(shop.data());
  EXPECT_TRUE(text.ends_with("audit: clean\n")) << text;
  const auto report = audit(**sqlite::open_shop_archive(shop.data()));
  ASSERT_TRUE(report);
  for (const CheckResult& check : report->checks()) EXPECT_GT(check.checked, 0) << check.name;
}

TEST(Audit, IsNotCleanWithoutTheBooksOfTheSandbox) {
  const StoredShop shop;
  for (const char* file : {"simulated.db", "simulated.db-wal", "simulated.db-shm"}) {
    std::filesystem::remove(shop.data() / file);
  }
  const auto expect_not_checked = [&] {
    std::ostringstream out;
    EXPECT_EQ(run_audit(sqlite::open_shop_archive(shop.data()), out), 2);
    EXPECT_TRUE(out.str().ends_with("audit: no violation found, but not checked: M5, E1\n"))
        << out.str();
  };
  expect_not_checked();
  std::ofstream(shop.data() / "simulated.db");  // empty
  expect_not_checked();
}

TEST(Audit, NeverRaisesAFalseAlarmWhileOrdersMove) {
  constexpr int kAudits = 10;
  const StoredShop shop;
  std::atomic<int> orders = 0;
  std::jthread service([&](const std::stop_token& stop) {
    OpenShop open(shop.data());
    for (; !stop.stop_requested(); ++orders, orders.notify_one()) {
      const OrderId id = open.submit({"pear"});
      if (orders % 3 == 0) open.cancel(id);
      open.drive(id);
    }
  });
  for (int audits = 0; audits < kAudits; ++audits) {
    orders.wait(orders.load());  // at least one order moves between two audits
    clean(shop.data());
  }
}

}  // namespace
}  // namespace orderflow
