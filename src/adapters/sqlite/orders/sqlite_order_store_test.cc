// What SqliteOrderStore promises beyond the contract of every store (tests/contract): the way to
// the disk, and what happens when it fails.

#include "adapters/sqlite/orders/sqlite_order_store.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <future>

#include "order/rules/transitions.h"
#include "support/orders.h"
#include "support/run.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

using sqlite::ShopDatabase;
using sqlite::ShopWriter;

/// No file can grow: what a full disk or a broken one does to a commit.
class NoRoom {
 public:
  NoRoom() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoRoom() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  rlimit before_{};
};

class OrderStoreTest : public testing::Test {
 protected:
  OrderStoreTest() { open(); }
  ~OrderStoreTest() override { close(); }

  void open() {
    close();
    const auto on_group = [this](std::size_t size, std::chrono::nanoseconds) {
      written_ += size;
      written_.notify_all();
    };
    database_ =
        ShopDatabase::open(io_.get_executor(), folder_.path(), {.on_group = on_group}).value();
    orders_.emplace(*database_);
    orders_->notify_lost([this](const OrderId& id, const Error* error) {
      lost_.push_back(id);
      if (error != nullptr) lost_to_an_error_.push_back(id);
    });
  }
  void close() {
    database_.reset();
    io_.restart();
    io_.run();
    orders_.reset();
  }

  /// The writer does nothing until release().
  void hold() {
    released_ = std::promise<void>();
    std::promise<void> held;
    const auto started = held.get_future();
    database_->writer().run(
        [&held, released = released_.get_future().share()](ShopWriter&) -> Result<int> {
          held.set_value();
          released.wait();
          return 0;
        },
        [](const Result<int>&) {});
    io_.restart();
    io_.poll();  // the end of the turn hands it over
    started.wait();
  }
  void release() { released_.set_value(); }
  /// The writer has committed so many writes, and the I/O thread need not know yet.
  void wait_for_writer(std::size_t writes) {
    for (auto n = written_.load(); n < writes; n = written_.load()) written_.wait(n);
  }
  /// All that was queued is done, and the I/O thread knows.
  void settle() {
    auto nothing = [](ShopWriter&) -> Result<int> { return 0; };
    ASSERT_TRUE(run(database_->writer().run(nothing)));
  }

  template <typename T>
  T run(Task<T> task) {
    return orderflow::run(io_, std::move(task));
  }
  OrderPtr create(std::uint32_t number) {
    const OrderPtr order = received(number);
    EXPECT_TRUE(run(orders_->create(order, {})));
    return order;
  }
  CommitOutcome commit(const Order& order, Decision decision) {
    return run(orders_->commit(order.version(), legal(decision))).value();
  }
  /// A commit whose answer is awaited.
  void begin(Task<Result<CommitOutcome>> task, std::optional<Result<CommitOutcome>>& outcome) {
    boost::asio::co_spawn(io_, keep(std::move(task), outcome), [](std::exception_ptr) {});
    io_.poll();
  }
  /// An order whose payment is authorized while its cancel waits for the writer, which is held up.
  OrderPtr authorize_behind_a_cancel(std::optional<Result<CommitOutcome>>& cancelling) {
    const OrderPtr order = create(1);
    hold();
    begin(orders_->commit(1, legal(cancelled(*order, "", kStart))), cancelling);
    EXPECT_EQ(commit(*order, authorized(*order, 1, kStart)), CommitOutcome::Committed);
    return load(order->id(), View::Latest);
  }
  OrderPtr load(const OrderId& id, View view) { return run(orders_->load(id, view)).value(); }

  TemporaryFolder folder_;
  boost::asio::io_context io_{1};
  std::promise<void> released_;
  std::atomic<std::size_t> written_ = 0;
  std::unique_ptr<ShopDatabase> database_;
  std::optional<SqliteOrderStore> orders_;
  std::vector<OrderId> lost_;
  std::vector<OrderId> lost_to_an_error_;
};

TEST_F(OrderStoreTest, AStepOnItsWayToTheDiskIsForProcessorsOnly) {
  const OrderPtr order = create(1);
  hold();
  ASSERT_EQ(commit(*order, authorized(*order, 1, kStart)), CommitOutcome::Committed);
  EXPECT_EQ(load(order->id(), View::Latest)->version(), 2u);
  EXPECT_EQ(load(order->id(), View::Durable)->version(), 1u);
  release();
  settle();
  EXPECT_EQ(load(order->id(), View::Durable)->version(), 2u);
}

TEST_F(OrderStoreTest, StepsThatQueueForTheWriterAreStoredInOrder) {
  const OrderPtr order = create(1);
  hold();
  const Order paid = *authorized(*order, 1, kStart)->next;
  const Transition reserved = legal(stock_reserved(paid, {}, kStart));
  ASSERT_EQ(commit(*order, authorized(*order, 1, kStart)), CommitOutcome::Committed);
  ASSERT_EQ(run(orders_->commit(2, reserved)), CommitOutcome::Committed);
  release();
  settle();
  EXPECT_EQ(load(order->id(), View::Durable)->state, reserved.next->state);
  const auto counts = run(orders_->counts());
  EXPECT_EQ(counts->by_status->at(static_cast<std::size_t>(Status::Reserved)), 1);
  EXPECT_EQ(counts->by_status->at(static_cast<std::size_t>(Status::Pending)), 0);
  open();
  EXPECT_EQ(load(order->id(), View::Durable)->state, reserved.next->state);
}

TEST_F(OrderStoreTest, NothingOvertakesACancelThatWasFirst) {
  std::optional<Result<CommitOutcome>> cancelling;
  const OrderPtr paid = authorize_behind_a_cancel(cancelling);
  ASSERT_EQ(paid->state.status, Status::Authorized);
  release();
  wait_for_writer(4);  // the order, what held it up, the cancel, the authorization
  // A step that learns too late that the authorization did not count.
  (void)commit(*paid, stock_reserved(*paid, {}, kStart));
  settle();
  ASSERT_TRUE(cancelling);
  EXPECT_EQ(**cancelling, CommitOutcome::Committed);
  EXPECT_EQ(load(paid->id(), View::Latest)->state.status, Status::Cancelled);
  EXPECT_EQ(load(paid->id(), View::Durable)->state.status, Status::Cancelled);
  EXPECT_THAT(lost_, testing::Contains(paid->id())) << "the cancel's own nudge may be used up";
}

TEST_F(OrderStoreTest, StepsThatACancelOvertookAreReportedLost) {
  std::optional<Result<CommitOutcome>> cancelling;
  const OrderPtr paid = authorize_behind_a_cancel(cancelling);
  ASSERT_EQ(commit(*paid, stock_reserved(*paid, {}, kStart)), CommitOutcome::Committed);
  const OrderPtr reserved = load(paid->id(), View::Latest);
  std::optional<Result<CommitOutcome>> claiming;
  begin(orders_->commit(3, legal(claimed(*reserved, kStart))), claiming);
  release();
  settle();
  ASSERT_TRUE(cancelling && claiming);
  EXPECT_EQ(**cancelling, CommitOutcome::Committed);
  EXPECT_EQ(**claiming, CommitOutcome::VersionConflict);
  EXPECT_EQ(load(paid->id(), View::Latest)->state.status, Status::Cancelled);
  EXPECT_EQ(lost_, (std::vector{paid->id(), paid->id()})) << "two commits were answered";
  EXPECT_TRUE(lost_to_an_error_.empty()) << "the disk did all that it was asked to do";
}

TEST_F(OrderStoreTest, WithoutRoomWritesFailReadsGoOnAndItRecoversByItself) {
  const OrderPtr order = create(1);
  {
    const NoRoom no_room;
    const auto failed = run(orders_->create(received(2), {}));
    ASSERT_FALSE(failed.has_value());
    EXPECT_TRUE(retryable(failed.error().code));
    EXPECT_FALSE(run(orders_->commit(1, legal(cancelled(*order, "", kStart)))));
    EXPECT_TRUE(lost_.empty()) << "the caller has the error, and nothing was answered before";
    EXPECT_EQ(load(order->id(), View::Durable)->version(), 1u);
    EXPECT_EQ(run(orders_->load(received(2)->id(), View::Latest)).error().code,
              ErrorCode::NotFound);
    EXPECT_EQ(run(orders_->list({.limit = 10}))->orders.size(), 1u);
  }
  EXPECT_EQ(create(2)->version(), 1u);
  EXPECT_EQ(commit(*order, cancelled(*order, "", kStart)), CommitOutcome::Committed);
  open();
  EXPECT_EQ(run(orders_->list({.limit = 10}))->orders.size(), 2u);
  EXPECT_EQ(load(order->id(), View::Durable)->state.status, Status::Cancelled);
}

TEST_F(OrderStoreTest, AStepThatDidNotGetToTheDiskIsForgottenWithAllThatWasBuiltUponIt) {
  const OrderPtr order = create(1);
  OrderPtr paid;
  {
    const NoRoom no_room;
    hold();
    ASSERT_EQ(commit(*order, authorized(*order, 1, kStart)), CommitOutcome::Committed);
    paid = load(order->id(), View::Latest);
    ASSERT_EQ(paid->version(), 2u);
    release();
    run_until(io_, [&] { return load(order->id(), View::Latest)->version() == 1; });
  }
  EXPECT_EQ(lost_, std::vector{order->id()});
  EXPECT_EQ(lost_to_an_error_, lost_);
  ASSERT_EQ(commit(*order, cancelled(*order, "", kStart)), CommitOutcome::Committed);
  // A processor that still works on what never happened. The version is right, the history is not.
  (void)commit(*paid, stock_reserved(*paid, {}, kStart));
  settle();
  EXPECT_EQ(load(order->id(), View::Latest)->state.status, Status::Cancelled);
  const Order reserved = *stock_reserved(*paid, {}, kStart)->next;
  EXPECT_EQ(commit(reserved, claimed(reserved, kStart)), CommitOutcome::VersionConflict);
  EXPECT_EQ(load(order->id(), View::Durable)->state.status, Status::Cancelled);
}

TEST_F(OrderStoreTest, GivesTheOpenOrdersInChunks) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    const OrderPtr order = create(i);
    if (i == 3) commit(*order, authorization_declined(*order, 1, "", kStart));
    if (i == 4) commit(*order, parked(*order, Actor::PaymentProcessor, 1, "no answer", kStart));
    if (i == 5) commit(*order, cancelled(*order, "", kStart));
  }
  settle();
  std::vector<OrderId> open;
  for (std::int64_t after = 0;;) {
    const auto chunk = run(orders_->open_orders(after, 3));
    ASSERT_TRUE(chunk.has_value());
    for (const OpenOrder& order : *chunk) {
      open.push_back(order.id);
      ASSERT_TRUE(order.due);
      const bool is_cancelled = order.id == body(5).id;
      EXPECT_EQ(order.due->operation, is_cancelled ? Operation::Void : Operation::Authorize);
    }
    if (chunk->size() < 3) break;
    after = chunk->back().seq;
  }
  std::vector<OrderId> expected;
  for (const std::uint32_t i : {0, 1, 2, 5, 6, 7, 8, 9}) expected.push_back(body(i).id);
  EXPECT_EQ(open, expected);
}

TEST_F(OrderStoreTest, AnOpenOrderThatDoesNotReadHidesNoOther) {
  for (std::uint32_t i = 0; i < 4; ++i) create(i);
  settle();
  sqlite::SqliteConnection(folder_.path() / "orderflow.db", {})
      .execute(
          "UPDATE orders SET state = x'ff' WHERE seq = (SELECT seq FROM orders ORDER BY seq "
          "LIMIT 1 OFFSET 1)");
  const auto open = run(orders_->open_orders(0, 10));
  ASSERT_TRUE(open) << open.error().detail;
  ASSERT_EQ(open->size(), 4u);
  for (const std::uint32_t i : {0, 1, 2, 3}) {
    EXPECT_EQ((*open)[i].id, body(i).id);
    EXPECT_EQ((*open)[i].due.has_value(), i != 1);
  }
  const auto overdue = run(orders_->overdue(kStart + std::chrono::hours(1), 10));
  ASSERT_TRUE(overdue) << overdue.error().detail;
  EXPECT_EQ(overdue->size(), 3u);
}

}  // namespace
}  // namespace orderflow
