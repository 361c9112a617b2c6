#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "adapters/sqlite/engine/connection.h"
#include "base/result.h"
#include "base/task.h"

namespace orderflow::sqlite {

/// A thread that has one connection to itself and works off what is submitted from the I/O thread.
/// Whatever has gathered by the time it looks is one group: one transaction, one fsync, one hop
/// back. So groups grow with the load and nobody waits for a timer. The only way in orderflow to
/// leave the I/O thread.
///
///     auto row = co_await worker.run([id](Connection& db) -> Result<Row> { ... });
///
/// The function runs inside the group's transaction. It may run twice (see below), so it must not
/// use up its captures; and it must check before it writes, since a Result with an error does not
/// undo what it wrote. It reports failures of SQLite by letting sqlite::Failure through: then the
/// group is rolled back and each of its functions runs again in a transaction of its own, so that
/// one bad apple spoils nothing else.
class Worker {
 public:
  enum class Access { Read, Write };

  /// What the owner of the database does around each group, on the worker's thread; empty where it
  /// has nothing to do.
  struct Hooks {
    /// At the start of a transaction, and before its COMMIT.
    std::function<void()> begun;
    std::function<void()> before_commit;
    /// After COMMIT: how many functions there were, how long COMMIT took.
    std::function<void(std::size_t, std::chrono::nanoseconds)> committed;
    /// Once, when nothing has come for a quarter of a second after a group.
    std::function<void()> idle;
  };

  /// `executor` is the I/O thread's, where results are delivered. The connection outlives the
  /// worker.
  Worker(boost::asio::any_io_executor executor, Connection& connection, Access access,
         Hooks hooks = {});
  /// Works off what was submitted; its results are delivered if the event loop still runs.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Runs `f(Connection&) -> Result<T>` on the thread; the result comes when it is committed.
  template <typename F, typename R = std::invoke_result_t<F&, Connection&>>
  Task<R> run(F f) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(R)>(
        [this](auto handler, F function) { run(std::move(function), std::move(handler)); },
        boost::asio::use_awaitable, std::move(f));
  }

  /// The same without waiting: `done(Result<T>)` is called on the I/O thread.
  template <typename F, typename Done>
  void run(F f, Done done) {
    using R = std::invoke_result_t<F&, Connection&>;
    submit(new Call<F, R, Done>(std::move(f), std::move(done)));
  }

 private:
  struct Operation {
    virtual ~Operation() = default;
    virtual void execute(Connection& db) = 0;
    virtual void fail(const Error& error) = 0;
    /// Hands the result to whoever waits, on the I/O thread.
    virtual void complete() = 0;

    Operation* next = nullptr;
  };

  template <typename F, typename R, typename Done>
  struct Call final : Operation {
    Call(F f, Done d) : function(std::move(f)), done(std::move(d)) {}
    void execute(Connection& db) override { result.emplace(function(db)); }
    void fail(const Error& error) override { result.emplace(std::unexpected(error)); }
    void complete() override {
      // The operation is gone before the waiting goes on: it may submit the next one.
      Done waiting = std::move(done);
      R value = std::move(*result);
      delete this;
      std::move(waiting)(std::move(value));
    }

    F function;
    Done done;
    std::optional<R> result;
  };

  /// A first-in first-out list that owns nothing: every operation ends in complete().
  struct List {
    Operation* head = nullptr;
    Operation* tail = nullptr;
    std::size_t size = 0;

    void push(Operation* operation);
    Operation* pop();
    /// Appends all of `other`, which is empty then.
    void take(List& other);
    [[nodiscard]] bool empty() const { return head == nullptr; }
  };

  /// What results need of the I/O thread. They may be delivered after the worker is gone.
  struct Delivery {
    std::size_t pending = 0;
    /// Keeps the event loop alive while somebody waits.
    std::optional<boost::asio::executor_work_guard<boost::asio::any_io_executor>> keep_alive;

    void complete(List done);
  };

  void submit(Operation* operation);
  void hand_over();
  void work();
  void wait(std::unique_lock<std::mutex>& lock);
  void run_group(List group);
  bool apply_together(const List& group);
  void apply_singly(List group);
  void commit(List group);
  void deliver(List done);

  boost::asio::any_io_executor executor_;
  Connection& connection_;
  Statement begin_;
  Statement commit_;
  const Access access_;
  const Hooks hooks_;
  bool rested_ = true;  ///< of the thread: hooks_.idle has run since the last group

  // Of the I/O thread. What one turn of its loop submits is handed over together: one lock and
  // one wake-up, while the loop goes on.
  std::shared_ptr<Delivery> delivery_ = std::make_shared<Delivery>();
  List gathered_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::mutex mutex_;
  std::condition_variable wake_;
  List queue_;
  bool idle_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace orderflow::sqlite
