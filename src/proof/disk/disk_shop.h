#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "functions/services.h"
#include "order/model/order.h"
#include "proof/disk/lying_disk.h"

namespace orderflow::world {

/// What a customer wants.
struct Wish {
  std::string sku;
  std::int64_t quantity = 1;
  std::string payment_method = "pm_card_visa";
  bool with_key = false;
};

/// What the world outside the shop knows: it survives every crash.
struct Memory {
  struct OrderRequest {
    Wish wish;
    std::optional<OrderId> answered;  ///< with 201
    bool cancelled = false;           ///< the customer asked for it
  };
  /// Everything that was ever asked for. Without a key, asking again is another request.
  std::vector<OrderRequest> requests;
  /// The newest state of each order that anybody was shown.
  std::map<OrderId, OrderPtr> shown;
  /// What PUT /products answered as received, by SKU.
  std::map<std::string, std::int64_t> stock;
  Timestamp now{Duration{1'790'000'000'000}};
  std::uint64_t ids = 0;
};

/// What was looked at, and what of it was wrong.
struct Findings {
  std::vector<std::string> violations;
  std::int64_t audits = 0;   ///< of the whole shop
  std::int64_t orders = 0;   ///< that were looked up in them
  std::int64_t answers = 0;  ///< that still had to be so
};

/// Thrown once nothing more can happen: the process or the machine has stopped, or the shop does
/// not recover (a violation says so).
struct Stopped {};

/// The local home as one process runs it, with the SQLite adapter and its threads as they are, and
/// the people who use it, one after the other. Each call waits for its answer and for all that it
/// set off in the store, so the steps on the disk come in the same order in every run; with hurry()
/// and race() most runs are alike. A customer who is refused asks again. A full disk is freed once
/// a customer was refused and has seen that reading goes on. What must hold and does not is added
/// to the findings.
class DiskShop {
 public:
  /// Opens the shop.
  DiskShop(LyingDisk& disk, std::filesystem::path folder, Memory& memory, Findings& findings);
  ~DiskShop();
  DiskShop(const DiskShop&) = delete;
  DiskShop& operator=(const DiskShop&) = delete;

  void put(const std::string& sku, std::int64_t available);
  /// The number of the request that was answered.
  std::size_t order(const Wish& wish);
  /// The same request with the same key once more: the same order must be the answer.
  void order_again(std::size_t request);
  void cancel(std::size_t request);

  /// Works off all nudges, one at a time; those for later too: time passes.
  void work();
  void work_until(std::size_t request, Status status);
  /// Works off all nudges without waiting for the disk in between; customers look on.
  void hurry();
  /// Works on all nudges that are ready at the same moment.
  void race();

  void checkpoint();  ///< what the store does by itself after 16 MB
  void restart();     ///< in good order

  /// Works, with order-recovery, until every order is at its end, then asks again with each key.
  void finish();
  /// Everything that anybody was told must still be so, and the books must balance.
  void inspect();

 private:
  struct Life;
  static constexpr std::int64_t kOrdersMax = 100;
  static constexpr const char* kRequest = "request";  ///< its number, in the order's metadata

  template <typename T>
  T run(Task<T> task);
  template <typename Ask>
  auto insist(Ask ask);
  void open();
  void close();
  void resume();
  [[nodiscard]] Services& services();
  void refused(const Error& error, int tries);
  [[nodiscard]] bool submit(std::size_t request, int tries);
  void show(const OrderPtr& order);
  void work_on_next();
  [[nodiscard]] std::vector<OrderPtr> all_orders();
  [[nodiscard]] static std::size_t request_of(const Order& order);
  void check_orders(const std::vector<OrderPtr>& orders);
  void check_outcomes(const std::vector<OrderPtr>& orders);
  void check_stock();
  void check_books();
  void violate(std::string what) { findings_.violations.push_back(std::move(what)); }

  LyingDisk& disk_;
  const std::filesystem::path folder_;
  Memory& memory_;
  Findings& findings_;
  boost::asio::io_context io_{1};
  std::unique_ptr<Life> life_;
};

/// Returns when the task is done and all that it set off has reached the store.
template <typename T>
T DiskShop::run(Task<T> task) {
  std::optional<T> result;
  boost::asio::co_spawn(io_, std::move(task), [&result](std::exception_ptr problem, T value) {
    if (problem) std::rethrow_exception(problem);
    result.emplace(std::move(value));
  });
  io_.restart();
  io_.run();
  CHECK(result);
  return std::move(*result);
}

/// Asks until there is an answer.
template <typename Ask>
auto DiskShop::insist(Ask ask) {
  for (int tries = 1;; ++tries) {
    auto answer = run(ask());
    if (answer) return std::move(*answer);
    refused(answer.error(), tries);
  }
}

}  // namespace orderflow::world
