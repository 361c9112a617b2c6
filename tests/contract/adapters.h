#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "ports/carrier.h"
#include "ports/order_store.h"
#include "ports/payment_gateway.h"
#include "ports/product_store.h"
#include "ports/shop_archive.h"
#include "ports/work_queue.h"
#include "support/orders.h"
#include "support/run.h"

// What the contract suites need of an adapter, and the adapters of this binary: each binary of
// contract tests defines the functions <kind>_adapters() of the suites that it has.
namespace orderflow {

struct Harness {
  virtual ~Harness() = default;
  boost::asio::io_context io{1};
};

/// `make` makes a fresh harness for each test.
template <typename H>
struct Adapter {
  std::string name;
  std::function<std::unique_ptr<H>()> make;

  friend void PrintTo(const Adapter& adapter, std::ostream* out) { *out << adapter.name; }
};

/// Names the tests of a contract suite after their adapter.
inline constexpr auto kAdapterName = [](const auto& info) { return info.param.name; };

template <typename H>
class Contract : public testing::TestWithParam<Adapter<H>> {
 protected:
  boost::asio::io_context& io() { return harness_->io; }
  template <typename T>
  T run(Task<T> task) {
    return orderflow::run(io(), std::move(task));
  }

  const std::unique_ptr<H> harness_ = this->GetParam().make();
};

/// An order store and a product store over the same data, empty at first.
struct Stores : Harness {
  virtual OrderStore& orders() = 0;
  virtual ProductStore& products() = 0;
  /// Closes and opens the data, as a restart of the process does.
  virtual void reopen() = 0;
};

std::vector<Adapter<Stores>> stores_adapters();

inline void PrintTo(const Stock& stock, std::ostream* out) {
  *out << stock.available << " available + " << stock.reserved << " reserved + " << stock.shipped
       << " shipped = " << stock.received << " received";
}

class StoresContract : public Contract<Stores> {
 protected:
  OrderStore& orders() { return harness_->orders(); }
  ProductStore& products() { return harness_->products(); }
  void reopen() { harness_->reopen(); }

  /// Makes all commits before it durable and visible, those without a barrier too: a later write is.
  void settle() {
    EXPECT_TRUE(run(products().put("later", {.name = "later"}, {}, {})).has_value());
  }

  OrderPtr create(OrderPtr order) {
    EXPECT_EQ(run(orders().create(order, {}))->outcome, CreateOutcome::Created);
    return order;
  }
  OrderPtr create(std::uint32_t number) { return create(received(number)); }
  CommitOutcome commit(std::uint32_t version, Transition transition) {
    return *run(orders().commit(version, std::move(transition)));
  }
  /// The order as it is then.
  Order commit(const Order& order, const Decision& decision) {
    const Transition transition = legal(decision);
    EXPECT_EQ(commit(order.version(), transition), CommitOutcome::Committed);
    return *transition.next;
  }
  OrderPtr load(const OrderId& id, View view) { return *run(orders().load(id, view)); }
};

/// The archive of a shop, and that shop.
struct Archives : Harness {
  virtual Result<std::unique_ptr<ShopArchive>> open() = 0;
  virtual Result<std::unique_ptr<ShopImport>> open_import() = 0;
  /// The shop is served as long as the result lives.
  virtual std::unique_ptr<Stores> serve() = 0;
};

std::vector<Adapter<Archives>> archives_adapters();

/// A queue, and work that records what is delivered to it.
struct Queue : Harness {
  virtual WorkQueue& queue() = 0;
  /// Begins to deliver nudges to work().
  virtual void start() = 0;

  Task<Result<void>> work(Stage stage, OrderId order) {
    deliveries.emplace_back(stage, order);
    if (at_work) at_work();
    if (failures > 0) {
      --failures;
      co_return failure(ErrorCode::Unavailable, "the store is down");
    }
    co_return Result<void>();
  }

  std::vector<std::pair<Stage, OrderId>> deliveries;
  int failures = 0;               ///< that many deliveries fail from now on
  std::function<void()> at_work;  ///< called by each delivery, where it is set
};

std::vector<Adapter<Queue>> queue_adapters();

/// A payment provider and a carrier with empty books.
struct Effects : Harness {
  virtual PaymentGateway& gateway() = 0;
  virtual Carrier& carrier() = 0;
  /// Closes what runs in this process and opens it again.
  virtual void reopen() = 0;
};

std::vector<Adapter<Effects>> effects_adapters();

class EffectsContract : public Contract<Effects> {
 protected:
  PaymentGateway& gateway() { return harness_->gateway(); }
  Carrier& carrier() { return harness_->carrier(); }
  void reopen() { harness_->reopen(); }
};

}  // namespace orderflow
