#include "adapters/sqlite/engine/database_thread.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "support/run.h"
#include "support/temporary_folder.h"

namespace orderflow::sqlite {
namespace {

using testing::ElementsAre;

std::int64_t integer(SqliteConnection& db, std::string_view sql) {
  Statement statement = db.prepare(sql);
  statement.step();
  return statement.integer(0);
}

SqliteConnection with_table(const std::filesystem::path& file) {
  SqliteConnection db(file, {});
  db.execute("PRAGMA foreign_keys=ON");
  db.execute("CREATE TABLE t (n INTEGER CHECK (n >= 0))");
  return db;
}

/// Statements that are a connection and no more.
struct Plain {
  explicit Plain(SqliteConnection& connection) : db(connection) {}
  SqliteConnection& db;
};

class DatabaseThreadTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "test.db"; }

  /// Inserts n, and gives it back.
  static auto insert(int n) {
    return [n](Plain& rows) -> Result<int> {
      rows.db.execute(("INSERT INTO t VALUES (" + std::to_string(n) + ")").c_str());
      return n;
    };
  }

  /// Keeps a thread busy until release(), so that what is submitted meanwhile waits for it.
  void hold(DatabaseThread<Plain>& thread) {
    std::promise<void> held;
    thread.run(
        [&held, released = released_.get_future().share()](Plain&) -> Result<int> {
          held.set_value();
          released.wait();
          return 0;
        },
        [](const Result<int>&) {});
    hand_over();
    held.get_future().wait();
  }
  /// Ends the turn of the event loop.
  void hand_over() {
    io_.restart();
    io_.poll();
  }
  void release() { released_.set_value(); }

  /// All of them are one group.
  template <typename... Functions>
  std::vector<Result<int>> run_as_one_group(Functions... functions) {
    hold(writer_);
    std::vector<Result<int>> results;
    const auto keep_result = [&](Result<int> result) { results.push_back(std::move(result)); };
    (writer_.run(functions, keep_result), ...);
    hand_over();
    release();
    run_until(io_, [&] { return results.size() == sizeof...(functions); });
    return results;
  }

  TemporaryFolder folder_;
  boost::asio::io_context io_{1};
  std::promise<void> released_;
  std::vector<std::size_t> groups_;
  SqliteConnection connection_ = with_table(file());
  SqliteConnection reader_{file(), {.read_only = true}};
  DatabaseThread<Plain> writer_{
      io_.get_executor(), std::move(connection_), {.on_group = [this](std::size_t size, auto) {
        groups_.push_back(size);
      }}};
};

TEST_F(DatabaseThreadTest, CommitsTogetherWhatHasGathered) {
  const auto results = run_as_one_group(insert(1), insert(2), insert(3), insert(4));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)].value(), i + 1);
  EXPECT_EQ(integer(reader_, "SELECT count(*) FROM t"), 4);
  EXPECT_THAT(groups_, ElementsAre(1, 4));
}

TEST_F(DatabaseThreadTest, CommitsTogetherWhatOneTurnOfTheEventLoopSubmits) {
  int delivered = 0;
  for (int i = 0; i < 10; ++i) writer_.run(insert(i), [&](const Result<int>&) { ++delivered; });
  run_until(io_, [&] { return delivered == 10; });
  EXPECT_THAT(groups_, ElementsAre(10));
}

TEST_F(DatabaseThreadTest, AFunctionThatFailsLosesOnlyItsOwnWrites) {
  const auto half = [](Plain& rows) -> Result<int> {
    rows.db.execute("INSERT INTO t VALUES (7)");
    rows.db.execute("INSERT INTO t VALUES (-1)");
    return 0;
  };
  const auto results = run_as_one_group(insert(1), half, insert(2));
  EXPECT_EQ(results[0].value(), 1);
  ASSERT_FALSE(results[1].has_value());
  EXPECT_EQ(results[1].error().code, ErrorCode::Unavailable);
  EXPECT_EQ(results[2].value(), 2);
  EXPECT_EQ(integer(reader_, "SELECT sum(n) FROM t"), 3);
}

TEST_F(DatabaseThreadTest, AFailedCommitFailsTheWholeGroupAndTheNextGroupTriesAgain) {
  const auto make_tables = [](Plain& rows) -> Result<int> {
    rows.db.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    rows.db.execute("CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
    return 0;
  };
  const auto orphan = [](Plain& rows) -> Result<int> {  // COMMIT checks deferred foreign keys
    rows.db.execute("INSERT INTO child VALUES (1)");
    return 0;
  };
  ASSERT_TRUE(run(io_, writer_.run(make_tables)));
  for (const auto& result : run_as_one_group(insert(1), orphan)) EXPECT_FALSE(result.has_value());
  EXPECT_EQ(integer(reader_, "SELECT count(*) FROM t"), 0);
  EXPECT_TRUE(run(io_, writer_.run(insert(2))));
  EXPECT_EQ(integer(reader_, "SELECT sum(n) FROM t"), 2);
}

TEST_F(DatabaseThreadTest, AFullDiskIsStorageFullUntilThereIsRoomAgain) {
  const auto fill = [](Plain& rows) -> Result<int> {
    rows.db.execute("INSERT INTO t VALUES (zeroblob(100000))");
    return 0;
  };
  const auto set_pages_max = [this](const char* pragma) {
    auto set = [pragma](Plain& rows) -> Result<int> { return rows.db.execute(pragma), 0; };
    ASSERT_TRUE(run(io_, writer_.run(set)));
  };
  set_pages_max("PRAGMA max_page_count=5");
  const auto full = run(io_, writer_.run(fill));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::StorageFull);
  EXPECT_TRUE(run(io_, writer_.run(insert(1)))) << "a small row still fits";
  set_pages_max("PRAGMA max_page_count=1000");
  EXPECT_TRUE(run(io_, writer_.run(fill)));
}

TEST_F(DatabaseThreadTest, RunsWhatIsQueuedBeforeItEnds) {
  int delivered = 0;
  {
    DatabaseThread<Plain> thread(io_.get_executor(), SqliteConnection(file(), {}));
    hold(thread);
    for (int i = 0; i < 5; ++i) thread.run(insert(1), [&](const Result<int>&) { ++delivered; });
    release();
  }
  EXPECT_EQ(integer(reader_, "SELECT count(*) FROM t"), 5);
  EXPECT_EQ(delivered, 0);
  io_.run();
  EXPECT_EQ(delivered, 5);
}

TEST_F(DatabaseThreadTest, ReadsInGroupsOfSixteenAndDeliversInOrderOnTheEventLoop) {
  for (const int reads : {1, 15, 16, 17, 32, 33, 100}) {
    std::vector<std::size_t> groups;
    std::vector<int> answered;
    std::vector<int> asked;
    {
      DatabaseThread<Plain> reader(
          io_.get_executor(), SqliteConnection(file(), {.read_only = true}),
          {.on_group = [&](std::size_t size, auto) { groups.push_back(size); }});
      released_ = {};
      hold(reader);
      for (int i = 0; i < reads; ++i) {
        asked.push_back(i);
        reader.run([i](Plain&) -> Result<int> { return i; },
                   [&, here = std::this_thread::get_id()](Result<int> result) {
                     EXPECT_EQ(std::this_thread::get_id(), here);
                     answered.push_back(*result);
                   });
      }
      hand_over();
      release();
      run_until(io_, [&] { return answered.size() == asked.size(); });
    }
    EXPECT_EQ(answered, asked);
    std::vector<std::size_t> expected = {1};  // the one that held it up
    for (int left = reads; left > 0; left -= 16) {
      expected.push_back(static_cast<std::size_t>(std::min(left, 16)));
    }
    EXPECT_EQ(groups, expected);
  }
}

/// Waits until the kernel says that the thread sleeps.
void wait_until_asleep(int thread) {
  while (true) {
    std::ifstream stat("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string line;
    std::getline(stat, line);
    if (line.substr(line.rfind(')') + 2, 1) == "S") return;
    std::this_thread::yield();
  }
}

TEST_F(DatabaseThreadTest, WakesUpForWhatComesWhileItSleeps) {
  DatabaseThread<Plain> reader(io_.get_executor(), SqliteConnection(file(), {.read_only = true}));
  std::atomic<int> executed = 0;
  int answered = 0;
  int asked = 0;
  for (auto* thread : {&writer_, &reader}) {
    const auto own_id = [](Plain&) -> Result<int> { return ::gettid(); };
    const int id = run(io_, thread->run(own_id)).value();
    for (const int jobs : {1, 15, 16, 17, 31, 32, 33}) {  // around what is handed over at once
      wait_until_asleep(id);
      for (int i = 0; i < jobs; ++i) {
        const auto count = [&executed](Plain&) -> Result<int> { return ++executed; };
        thread->run(count, [&](const Result<int>&) { ++answered; });
      }
      asked += jobs;
      if (jobs % 32 == 0) {  // all are with the thread: let it fall asleep before the turn ends
        while (executed < asked) std::this_thread::yield();
        wait_until_asleep(id);
      }
      run_until(io_, [&] { return answered == asked; });
    }
  }
}

TEST_F(DatabaseThreadTest, CopiesTheLogIntoTheFileWhenIdle) {
  for (int i = 0; i < 2; ++i) {
    const auto size = std::filesystem::file_size(file());
    const auto grow = [](Plain& rows) -> Result<int> {
      rows.db.execute("INSERT INTO t VALUES (zeroblob(100000))");
      return 0;
    };
    ASSERT_TRUE(run(io_, writer_.run(grow)));
    run_until(io_, [&] { return std::filesystem::file_size(file()) > size; });
  }
}

TEST_F(DatabaseThreadTest, AReadOnlyThreadCannotWrite) {
  DatabaseThread<Plain> reader(io_.get_executor(), SqliteConnection(file(), {.read_only = true}));
  EXPECT_FALSE(run(io_, reader.run(insert(1))));
  EXPECT_EQ(integer(reader_, "SELECT count(*) FROM t"), 0);
}

}  // namespace
}  // namespace orderflow::sqlite
