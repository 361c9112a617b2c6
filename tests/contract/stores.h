#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "contract/run.h"
#include "ports/order_store.h"
#include "ports/product_store.h"

namespace orderflow {

/// An order store and a product store over the same data, empty at first.
class Stores {
 public:
  virtual ~Stores() = default;
  virtual OrderStore& orders() = 0;
  virtual ProductStore& products() = 0;
  /// Closes what holds the data and opens it anew, as a restart of the process does.
  virtual void reopen() = 0;

  boost::asio::io_context io{1};
};

/// One adapter, for the contract suites to run on.
struct StoresAdapter {
  std::string name;
  std::function<std::unique_ptr<Stores>()> make;
};
StoresAdapter memory_stores();
StoresAdapter sqlite_stores();

/// What this binary tests: each binary of contract tests says it once.
std::vector<StoresAdapter> stores_adapters();

class StoresContract : public testing::TestWithParam<StoresAdapter> {
 protected:
  OrderStore& orders() { return stores_->orders(); }
  ProductStore& products() { return stores_->products(); }
  void reopen() { stores_->reopen(); }
  boost::asio::io_context& io() { return stores_->io; }

  template <typename T>
  T run(Task<T> task) {
    return orderflow::run(io(), std::move(task));
  }

 private:
  std::unique_ptr<Stores> stores_ = GetParam().make();
};

}  // namespace orderflow
