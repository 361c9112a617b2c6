#include "adapters/sqlite/engine/worker.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "support/run.h"
#include "support/temporary_folder.h"

namespace orderflow::sqlite {
namespace {

using testing::ElementsAre;

std::int64_t integer(Connection& db, std::string_view sql) {
  Statement statement = db.prepare(sql);
  statement.step();
  return statement.integer(0);
}

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    db_.execute("CREATE TABLE t (n INTEGER CHECK (n >= 0))");
    worker_.emplace(
        io_.get_executor(), db_, Worker::Access::Write,
        Worker::Hooks{.begun = {},
                      .before_commit = {},
                      .committed = [this](std::size_t size,
                                          std::chrono::nanoseconds) { groups_.push_back(size); },
                      .idle = [this] { ++rests_; }});
  }

  /// Inserts n, and gives it back.
  Task<Result<int>> insert(int n) {
    auto write = [n](Connection& db) -> Result<int> {
      db.execute(("INSERT INTO t VALUES (" + std::to_string(n) + ")").c_str());
      return n;
    };
    return worker_->run(std::move(write));
  }

  /// Keeps the thread busy until release(), so that what is submitted meanwhile is one group.
  void hold() {
    std::promise<void> held;
    worker_->run(
        [&held, released = released_.get_future().share()](Connection&) -> Result<int> {
          held.set_value();
          released.wait();
          return 0;
        },
        [](const Result<int>&) {});
    io_.restart();
    io_.poll();  // what a turn of the loop submits goes to the thread at its end
    held.get_future().wait();
  }
  void release() { released_.set_value(); }

  std::vector<Result<int>> run_as_one_group(std::vector<Task<Result<int>>> tasks) {
    hold();
    std::vector<std::optional<Result<int>>> results(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      boost::asio::co_spawn(io_, keep(std::move(tasks[i]), results[i]), [](std::exception_ptr) {});
    }
    io_.restart();
    io_.poll();  // until all of them wait for the worker
    release();
    run_until(io_, [&] {
      return std::ranges::all_of(results, [](const auto& result) { return result.has_value(); });
    });
    std::vector<Result<int>> values;
    for (auto& result : results) values.push_back(std::move(*result));
    return values;
  }

  std::int64_t rows() { return integer(reader_, "SELECT count(*) FROM t"); }

  TemporaryFolder folder_;
  boost::asio::io_context io_{1};
  std::promise<void> released_;
  std::vector<std::size_t> groups_;
  std::atomic<int> rests_ = 0;
  Connection db_{folder_.path() / "test.db", {}};
  Connection reader_{folder_.path() / "test.db", {.read_only = true}};
  std::optional<Worker> worker_;
};

TEST_F(WorkerTest, CommitsTogetherWhatHasGathered) {
  std::vector<Task<Result<int>>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(insert(i));
  const auto results = run_as_one_group(std::move(tasks));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)].value(), i);
  EXPECT_EQ(rows(), 10);
  worker_.reset();
  EXPECT_THAT(groups_, ElementsAre(1, 10));
}

TEST_F(WorkerTest, CommitsTogetherWhatOneTurnOfTheLoopSubmits) {
  std::vector<Task<Result<int>>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(insert(i));
  for (const auto& result : run_all(io_, std::move(tasks))) EXPECT_TRUE(result.has_value());
  worker_.reset();
  EXPECT_THAT(groups_, ElementsAre(10)) << "nobody held the thread up";
}

TEST_F(WorkerTest, OneThatFailsLosesItsOwnWritesAndNobodyElses) {
  auto half = [](Connection& db) -> Result<int> {
    db.execute("INSERT INTO t VALUES (7)");
    db.execute("INSERT INTO t VALUES (-1)");
    return 0;
  };
  std::vector<Task<Result<int>>> tasks;
  tasks.push_back(insert(1));
  tasks.push_back(worker_->run(half));
  tasks.push_back(insert(2));
  const auto results = run_as_one_group(std::move(tasks));
  EXPECT_EQ(results[0].value(), 1);
  ASSERT_FALSE(results[1].has_value());
  EXPECT_EQ(results[1].error().code, ErrorCode::Unavailable);
  EXPECT_EQ(results[2].value(), 2);
  EXPECT_EQ(integer(reader_, "SELECT sum(n) FROM t"), 3);
}

TEST_F(WorkerTest, AFailedCommitFailsTheWholeGroupAndTheNextOneTriesAgain) {
  auto orphan = [](Connection& db) -> Result<int> {
    db.execute("INSERT INTO child VALUES (1)");
    return 0;
  };
  auto prepare = [](Connection& db) -> Result<int> {
    db.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    db.execute("CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
    return 0;
  };
  db_.execute("PRAGMA foreign_keys=ON");  // checked by COMMIT
  ASSERT_TRUE(run(io_, worker_->run(prepare)));
  std::vector<Task<Result<int>>> tasks;
  tasks.push_back(insert(1));
  tasks.push_back(worker_->run(orphan));
  for (const auto& result : run_as_one_group(std::move(tasks))) EXPECT_FALSE(result.has_value());
  EXPECT_EQ(rows(), 0);
  EXPECT_TRUE(run(io_, insert(2)));
  EXPECT_EQ(rows(), 1);
}

TEST_F(WorkerTest, AFullDiskIsStorageFullUntilThereIsRoomAgain) {
  auto fill = [](Connection& db) -> Result<int> {
    db.execute("INSERT INTO t VALUES (zeroblob(100000))");
    return 0;
  };
  db_.execute("PRAGMA max_page_count=5");
  const auto full = run(io_, worker_->run(fill));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::StorageFull);
  EXPECT_TRUE(run(io_, insert(1))) << "what fits still does";
  auto make_room = [](Connection& db) -> Result<int> {
    db.execute("PRAGMA max_page_count=1000");
    return 0;
  };
  ASSERT_TRUE(run(io_, worker_->run(make_room)));
  EXPECT_TRUE(run(io_, worker_->run(fill)));
}

TEST_F(WorkerTest, DeliversInOrderOnTheEventLoopWhichWaitsForIt) {
  std::vector<int> delivered;
  for (int i = 0; i < 5; ++i) {
    worker_->run([i](Connection&) -> Result<int> { return i; },
                 [&, here = std::this_thread::get_id()](Result<int> result) {
                   EXPECT_EQ(std::this_thread::get_id(), here);
                   delivered.push_back(*result);
                 });
  }
  io_.run();
  EXPECT_THAT(delivered, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(WorkerTest, WorksOffWhatWasSubmittedBeforeItEnds) {
  hold();
  int delivered = 0;
  for (int i = 0; i < 5; ++i) {
    worker_->run(
        [](Connection& db) -> Result<int> {
          db.execute("INSERT INTO t VALUES (1)");
          return 0;
        },
        [&](const Result<int>&) { ++delivered; });
  }
  release();
  worker_.reset();
  EXPECT_EQ(rows(), 5);
  EXPECT_EQ(delivered, 0);
  io_.run();
  EXPECT_EQ(delivered, 5);
}

TEST_F(WorkerTest, AsManyReadsAsThereAreInATurnOfTheLoopAreAllAnswered) {
  Worker reader(io_.get_executor(), reader_, Worker::Access::Read);
  std::atomic<std::size_t> executed = 0;
  std::size_t answered = 0;
  std::size_t asked = 0;
  for (int round = 0; round < 200; ++round) {
    for (const std::size_t reads : {1, 15, 16, 17, 32, 100}) {  // around a full group
      asked += reads;
      for (std::size_t i = 0; i < reads; ++i) {
        auto read = [&executed](Connection&) -> Result<int> { return ++executed, 0; };
        reader.run(read, [&](const Result<int>&) { ++answered; });
      }
      // Where all are with the thread before the turn ends, let it fall asleep over them.
      if (reads % 16 == 0) {
        while (executed < asked) std::this_thread::yield();
        for (int i = 0; i < 100; ++i) std::this_thread::yield();
      }
      run_until(io_, [&] { return answered == asked; });
    }
  }
}

TEST_F(WorkerTest, TellsOnceThatNothingComes) {
  for (const int rests : {1, 2}) {
    ASSERT_TRUE(run(io_, insert(rests)));
    run_until(io_, [&] { return rests_ == rests; });
  }
  std::atomic<bool> as_long_again = false;
  Worker clock(
      io_.get_executor(), reader_, Worker::Access::Read,
      {.begun = {}, .before_commit = {}, .committed = {}, .idle = [&] { as_long_again = true; }});
  ASSERT_TRUE(run(io_, clock.run([](Connection&) -> Result<int> { return 0; })));
  run_until(io_, [&] { return as_long_again.load(); });
  EXPECT_EQ(rests_, 2);
}

TEST_F(WorkerTest, AReaderCanNotWrite) {
  Worker reader(io_.get_executor(), reader_, Worker::Access::Read);
  auto write = [](Connection& db) -> Result<int> {
    db.execute("INSERT INTO t VALUES (1)");
    return 0;
  };
  EXPECT_FALSE(run(io_, reader.run(write)));
  EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace orderflow::sqlite
