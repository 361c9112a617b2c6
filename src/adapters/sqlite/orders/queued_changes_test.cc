#include "adapters/sqlite/orders/queued_changes.h"

#include <gtest/gtest.h>

#include "support/orders.h"

namespace orderflow::sqlite {
namespace {

constexpr bool kBarrier = true;

OrderChange change(std::uint32_t expected_version, StockMove move = StockMove::None) {
  return {.id = body(1).id,
          .expected_version = expected_version,
          .version = expected_version + 1,
          .stock_move = move};
}

TEST(QueuedChanges, TheNextChangeTakesInOneThatNobodyWaitsFor) {
  QueuedChanges queued;
  const auto first = queued.add(change(1), !kBarrier);
  const auto second = queued.add(change(2), !kBarrier);
  const auto third = queued.add(change(3), kBarrier);
  EXPECT_FALSE(queued.take(*first));
  EXPECT_FALSE(queued.take(*second));
  ASSERT_TRUE(queued.take(*third));
  EXPECT_EQ(third->row.expected_version, 1u);
  EXPECT_EQ(third->row.version, 4u);
}

TEST(QueuedChanges, NotOneThatTheWriterHas) {
  QueuedChanges queued;
  const auto first = queued.add(change(1), !kBarrier);
  EXPECT_TRUE(queued.take(*first));
  const auto second = queued.add(change(2), kBarrier);
  EXPECT_TRUE(queued.take(*first)) << "its group was rolled back, and it runs again";
  EXPECT_TRUE(queued.take(*second));
  EXPECT_EQ(second->row.expected_version, 2u);
}

TEST(QueuedChanges, NotOneWithABarrierNorOneThatMovesStockNorAnotherHistory) {
  for (const auto& [before, barrier, after] :
       {std::tuple(change(1), kBarrier, change(2)),
        std::tuple(change(1, StockMove::Reserve), !kBarrier, change(2)),
        std::tuple(change(1), !kBarrier, change(2, StockMove::Release)),
        std::tuple(change(1), !kBarrier, change(1))}) {
    QueuedChanges queued;
    const auto first = queued.add(before, barrier);
    const auto second = queued.add(after, kBarrier);
    EXPECT_TRUE(queued.take(*first));
    EXPECT_TRUE(queued.take(*second));
    EXPECT_EQ(second->row.expected_version, after.expected_version);
  }
}

TEST(QueuedChanges, NotOneThatIsDone) {
  QueuedChanges queued;
  queued.remove(queued.add(change(1), !kBarrier));
  const auto second = queued.add(change(2), kBarrier);
  EXPECT_EQ(second->row.expected_version, 2u);
}

}  // namespace
}  // namespace orderflow::sqlite
