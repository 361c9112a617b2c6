#include "adapters/sqlite/orders/order_writer.h"

#include <gmock/gmock.h>

#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "adapters/sqlite/orders/order_reader.h"
#include "order/rules/transitions.h"
#include "support/orders.h"
#include "support/temporary_folder.h"

namespace orderflow::sqlite {
namespace {

using OrderIds = std::vector<OrderId>;

SqliteConnection migrated(const std::filesystem::path& file) {
  SqliteConnection db(file, {.durability = Durability::Normal});
  migrate_shop(db);
  return db;
}

std::optional<Idempotency> key(std::uint32_t number) {
  Idempotency idempotency;
  for (std::size_t i = 0; i < 4; ++i) {
    idempotency.key[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  }
  return idempotency;
}

class OrderWriterTest : public testing::Test {
 protected:
  OrderWriterTest() { db_.execute("BEGIN"); }

  OrderWriter::Inserted insert(const OrderBody& body, std::optional<Idempotency> key = {}) {
    return writer_.insert(receive(body), key).outcome;
  }
  CommitOutcome commit(const Order& order, Decision decision) {
    const Transition transition = legal(decision);
    return writer_.change(*transition.next, order.version(), transition.stock_move);
  }

  struct Pages {
    OrderIds ids;
    int count = 0;
  };
  Pages list(const OrderQuery& query) {
    Pages pages;
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    while (pages.count < 1'000) {
      const auto page = reader_.list(query, before);
      EXPECT_LE(std::ssize(page.orders), query.limit);
      for (const Order& order : page.orders) pages.ids.push_back(order.id());
      ++pages.count;
      if (!page.next) return pages;
      EXPECT_LT(*page.next, before) << "no progress";
      before = *page.next;
    }
    ADD_FAILURE() << "the list has no end";
    return pages;
  }
  std::int64_t integer(std::string_view sql) {
    Statement statement = db_.prepare(sql);
    statement.step();
    return statement.integer(0);
  }

  TemporaryFolder folder_;
  SqliteConnection db_ = migrated(folder_.path() / "test.db");
  OrderWriter writer_{db_};
  OrderReader reader_{db_};
};

TEST(OrderSeq, IsTheTimeAndCounterOfTheIdAndGivesItBack) {
  const OrderId id = *OrderId::parse("0198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f");
  EXPECT_EQ(seq_of(id), 0x0198c2f01a2bc3d);
  EXPECT_EQ(id_of(seq_of(id), tail_of(id)), id);
  const OrderId last = *OrderId::parse("ffffffff-ffff-7fff-ffff-ffffffffffff");
  EXPECT_GT(seq_of(last), seq_of(id));
  EXPECT_EQ(id_of(seq_of(last), tail_of(last)), last);
}

TEST_F(OrderWriterTest, ListsACustomerAcrossBucketsAndAStatusAcrossMany) {
  constexpr std::uint32_t kMany = kOrdersPerBucket + 10'000;
  OrderIds rare;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    const bool seldom = i % 5'000 == 0;
    const OrderBody order = body(i, seldom ? "rare@example.com" : "other@example.com");
    ASSERT_EQ(insert(order), OrderWriter::Inserted::Yes);
    if (seldom) rare.insert(rare.begin(), order.id);
  }
  ASSERT_EQ(integer("SELECT max(bucket) FROM bodies"), 1);
  EXPECT_EQ(list({.customer_email = "rare@example.com", .limit = 4}).ids, rare);

  const Order oldest = receive(body(0, "rare@example.com"));
  ASSERT_EQ(commit(oldest, authorization_declined(oldest, 1, "", kStart)),
            CommitOutcome::Committed);
  EXPECT_EQ(list({.status = Status::PaymentDeclined, .limit = 4}).ids, OrderIds{oldest.id()});
  const Pages none = list({.status = Status::Shipped, .limit = 4});
  EXPECT_EQ(none.ids, OrderIds());
  EXPECT_THAT(none.count, testing::AllOf(testing::Gt(2), testing::Lt(6)))
      << "no page looks at everything";
}

TEST_F(OrderWriterTest, CountsOnAcrossARestart) {
  for (std::uint32_t i = 0; i < 3; ++i) insert(body(i));
  db_.execute("UPDATE bodies SET bucket = 7 WHERE seq = (SELECT max(seq) FROM bodies)");
  OrderWriter next(db_);
  next.insert(receive(body(9)), {});
  EXPECT_EQ(integer("SELECT bucket FROM bodies ORDER BY seq DESC LIMIT 1"), 7);
}

TEST_F(OrderWriterTest, MergesOrdersThatWaitAndThatAreParked) {
  OrderIds all;
  for (std::uint32_t i = 0; i < 30; ++i) {
    insert(body(i));
    all.insert(all.begin(), body(i).id);
    const Order order = receive(body(i));
    if (i % 3 == 0) commit(order, parked(order, Actor::PaymentProcessor, 1, "no answer", kStart));
  }
  for (const std::int64_t limit : {1, 4, 29, 30}) {
    EXPECT_EQ(list({.status = Status::Pending, .limit = limit}).ids, all) << limit;
  }
}

TEST_F(OrderWriterTest, ListsOrdersOfForeignIdsWhereTheirTimeBelongs) {
  OrderIds all;
  for (std::uint32_t i = 0; i < 9; ++i) {
    OrderBody order = body(i / 3 * 3);  // three of one time
    std::array<std::uint8_t, 16> bytes = order.id.bytes();
    bytes[6] = static_cast<std::uint8_t>(i % 3 == 0 ? 0x70 : 0x40);
    bytes[15] = static_cast<std::uint8_t>(i);
    order.id = OrderId(bytes);
    ASSERT_EQ(insert(order), OrderWriter::Inserted::Yes) << i;
    EXPECT_EQ(insert(order), OrderWriter::Inserted::IdInUse) << i;
    all.insert(all.begin(), order.id);
  }
  EXPECT_EQ(list({.limit = 2}).ids, all);
}

TEST_F(OrderWriterTest, TakesOrdersWhileTheClockStandsBefore1970) {
  for (std::uint32_t i = 0; i < 3; ++i) {
    OrderBody order = body(i);
    order.created_at = Timestamp() - std::chrono::years(20);
    ASSERT_EQ(insert(order), OrderWriter::Inserted::Yes) << i;
    EXPECT_EQ(insert(order), OrderWriter::Inserted::IdInUse) << i;
  }
  EXPECT_EQ(integer("SELECT count(*) FROM orders WHERE seq > 0"), 3);
}

TEST_F(OrderWriterTest, ReadsAnOrderAtItsEndFromOneRow) {
  OrderBody foreign = body(2);
  foreign.id = *OrderId::parse("0198c2f0-1a2b-4c3d-8e4f-5a6b7c8d9e0f");
  for (const OrderBody& asked : {body(1), foreign}) {
    insert(asked);
    const Order order = receive(asked);
    EXPECT_EQ(integer("SELECT body IS NULL FROM orders ORDER BY seq DESC"), 1);
    const Decision end = authorization_declined(order, 1, "", kStart);
    ASSERT_EQ(commit(order, end), CommitOutcome::Committed);
    db_.execute("DELETE FROM bodies");
    const auto read = reader_.load(order.id());
    ASSERT_TRUE(read && *read);
    EXPECT_EQ(*(*read)->body, asked);
    EXPECT_EQ((*read)->state, end->next->state);
  }
  std::array<std::uint8_t, 16> guessed = body(1).id.bytes();
  ++guessed[15];
  EXPECT_FALSE(*reader_.load(OrderId(guessed))) << "the same time and count, another tail";
}

TEST_F(OrderWriterTest, SaysThatAnOrderIsCorruptWhoseBodyIsGone) {
  insert(body(1));
  db_.execute("DELETE FROM bodies");
  const auto read = reader_.load(body(1).id);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
}

TEST_F(OrderWriterTest, FindsAKeyAfterTheClockWasSetBack) {
  insert(body(24 * 3600), key(1));
  EXPECT_EQ(insert(body(1), key(1)), OrderWriter::Inserted::KeyInUse);
  OrderWriter restarted(db_);
  EXPECT_EQ(restarted.insert(receive(body(1)), key(1)).outcome, OrderWriter::Inserted::KeyInUse);
}

TEST_F(OrderWriterTest, HonoursKeysThatStandInTheBucketOfTheirDay) {
  insert(body(0), key(1));
  db_.execute("UPDATE idempotency SET bucket = bucket * 64 / 86400000");
  OrderWriter next(db_);
  const Idempotency used = *key(1);
  EXPECT_EQ(next.find_key(used)->seq, seq_of(body(0).id));
  const Order again = receive(body(3 * 24 * 3600));
  EXPECT_EQ(next.insert(again, used).outcome, OrderWriter::Inserted::KeyInUse);
}

TEST_F(OrderWriterTest, HasRoomForMoreOrdersThanAMillisecondHasRows) {
  constexpr std::uint32_t kMany = 9'000;
  OrderIds all;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    OrderBody order = body(0);
    order.id = id_at(kStart, i);  // the same front of all ids
    ASSERT_EQ(insert(order), OrderWriter::Inserted::Yes) << i;
    all.insert(all.begin(), order.id);
  }
  ASSERT_EQ(insert(body(1)), OrderWriter::Inserted::Yes);
  all.insert(all.begin(), body(1).id);
  EXPECT_EQ(list({.limit = 200}).ids, all);
}

TEST_F(OrderWriterTest, KeepsTheKeysWhenTheClockJumpsAheadAndBack) {
  constexpr std::uint32_t kKeys = 600;  // keys are forgotten every 256th time
  constexpr std::uint32_t kAhead = 4 * 24 * 3600;
  for (std::uint32_t i = 0; i < kKeys; ++i)
    ASSERT_EQ(insert(body(i), key(i)), OrderWriter::Inserted::Yes);
  OrderWriter restarted(db_);
  std::uint32_t next = kKeys;
  for (const std::uint32_t second : {kAhead, 0u, 2 * kAhead, kAhead, 0u}) {
    for (std::uint32_t i = 0; i < kKeys; ++i, ++next) {
      OrderBody order = body(next + second);
      OrderWriter& writer = next % 2 == 0 ? writer_ : restarted;
      ASSERT_EQ(writer.insert(receive(order), key(next)).outcome, OrderWriter::Inserted::Yes);
    }
  }
  OrderWriter last(db_);
  for (std::uint32_t i = 0; i < next; ++i) {
    ASSERT_EQ(last.insert(receive(body(10 * kAhead)), key(i)).outcome,
              OrderWriter::Inserted::KeyInUse)
        << i;
  }
}

TEST_F(OrderWriterTest, AnImportedKeyCountsAsUsedNow) {
  insert(body(24 * 3600), key(1));
  const Order old = receive(body(0));
  ASSERT_EQ(writer_.insert_imported(old, key(2)).outcome, OrderWriter::Inserted::Yes);
  EXPECT_EQ(integer("SELECT count(DISTINCT bucket) FROM idempotency"), 1);
  EXPECT_EQ(writer_.insert_imported(receive(body(7)), key(2)).outcome,
            OrderWriter::Inserted::KeyInUse);
}

TEST_F(OrderWriterTest, PutsTheKeysOfAMomentTogether) {
  for (std::uint32_t i = 0; i < 100; ++i) {
    OrderBody order = body(i);
    order.created_at = kStart;
    insert(order, key(i << 20));
  }
  EXPECT_EQ(integer("SELECT count(DISTINCT bucket) FROM idempotency"), 1);
  insert(body(100), key(100));
  EXPECT_EQ(integer("SELECT count(DISTINCT bucket) FROM idempotency"), 2);
}

TEST_F(OrderWriterTest, ForgetsOldKeysAFewAtATime) {
  constexpr std::uint32_t kOld = 1'000;
  constexpr std::uint32_t kFiveDays = 5 * 24 * 60;  // one key a minute
  for (std::uint32_t i = 0; i < kOld; ++i) insert(body(i), key(i));
  db_.execute("UPDATE idempotency SET bucket = bucket * 64 / 86400000 WHERE bucket % 2 = 0");
  OrderWriter next(db_);
  for (std::uint32_t i = 1; i <= kFiveDays; ++i) {
    ASSERT_EQ(next.insert(receive(body(kOld + 60 * i)), key(kOld + i)).outcome,
              OrderWriter::Inserted::Yes);
  }
  EXPECT_THAT(integer("SELECT count(*) FROM idempotency"),
              testing::AllOf(testing::Gt(3 * 24 * 60), testing::Lt(4 * 24 * 60)));
  EXPECT_EQ(next.insert(receive(body(0)), key(kOld + kFiveDays)).outcome,
            OrderWriter::Inserted::KeyInUse);
}

}  // namespace
}  // namespace orderflow::sqlite
