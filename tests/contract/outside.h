#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ports/carrier.h"
#include "ports/payment_gateway.h"
#include "support/run.h"

namespace orderflow {

/// A payment provider and a carrier that know nothing of our orders yet.
class Outside {
 public:
  virtual ~Outside() = default;
  virtual PaymentGateway& gateway() = 0;
  virtual Carrier& carrier() = 0;
  /// Restarts whatever of them runs in our process.
  virtual void reopen() = 0;

  boost::asio::io_context io{1};
};

struct OutsideAdapter {
  std::string name;
  std::function<std::unique_ptr<Outside>()> make;
};
inline void PrintTo(const OutsideAdapter& adapter, std::ostream* out) { *out << adapter.name; }
OutsideAdapter sandbox_outside();

/// What this binary tests: each binary of contract tests says it once.
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
