#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "contract/adapter.h"
#include "ports/carrier.h"
#include "ports/payment_gateway.h"
#include "support/run.h"

namespace orderflow {

/// A payment provider and a carrier with empty books.
class Outside {
 public:
  virtual ~Outside() = default;
  virtual PaymentGateway& gateway() = 0;
  virtual Carrier& carrier() = 0;
  /// Closes what runs in this process and opens it again.
  virtual void reopen() = 0;

  boost::asio::io_context io{1};
};

using OutsideAdapter = Adapter<Outside>;
OutsideAdapter sandbox_outside();

/// The adapters that this binary tests: each binary of contract tests defines it once.
std::vector<OutsideAdapter> outside_adapters();

class OutsideContract : public testing::TestWithParam<OutsideAdapter> {
 protected:
  PaymentGateway& gateway() { return outside_->gateway(); }
  Carrier& carrier() { return outside_->carrier(); }
  void reopen() { outside_->reopen(); }
  boost::asio::io_context& io() { return outside_->io; }

  template <typename T>
  T run(Task<T> task) {
    return orderflow::run(io(), std::move(task));
  }

 private:
  std::unique_ptr<Outside> outside_ = GetParam().make();
};

}  // namespace orderflow
