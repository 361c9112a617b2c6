#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "contract/adapter.h"
#include "ports/order_store.h"
#include "ports/product_store.h"
#include "support/run.h"

namespace orderflow {

/// An order store and a product store over the same data, empty at first.
class Stores {
 public:
  virtual ~Stores() = default;
  virtual OrderStore& orders() = 0;
  virtual ProductStore& products() = 0;
  /// Closes and opens the data, as a restart of the process does.
  virtual void reopen() = 0;

  boost::asio::io_context io{1};
};

using StoresAdapter = Adapter<Stores>;
StoresAdapter memory_stores();
StoresAdapter sqlite_stores();

/// The adapters that this binary tests: each binary of contract tests defines it once.
std::vector<StoresAdapter> stores_adapters();

inline void PrintTo(const Stock& stock, std::ostream* out) {
  *out << stock.available << " available + " << stock.reserved << " reserved + " << stock.shipped
       << " shipped = " << stock.received << " received";
}

class StoresContract : public testing::TestWithParam<StoresAdapter> {
 protected:
  OrderStore& orders() { return stores_->orders(); }
  ProductStore& products() { return stores_->products(); }
  void reopen() { stores_->reopen(); }
  boost::asio::io_context& io() { return stores_->io; }

  /// Makes all commits before it durable and visible, those without a barrier too: a later write is.
  void settle() { EXPECT_TRUE(run(products().put("later", {.name = "later"}, {})).has_value()); }

  template <typename T>
  T run(Task<T> task) {
    return orderflow::run(io(), std::move(task));
  }

 private:
  std::unique_ptr<Stores> stores_ = GetParam().make();
};

}  // namespace orderflow
