#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "adapters/sqlite/sandbox/sandbox_books.h"
#include "contract/outside.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

class SimulatedOutside final : public Outside {
 public:
  SimulatedOutside() { reopen(); }
  PaymentGateway& gateway() override { return *gateway_; }
  Carrier& carrier() override { return *carrier_; }
  void reopen() override {
    carrier_.reset();
    gateway_.reset();
    ledger_.reset();
    ledger_ = SqliteSandboxBooks::open(io.get_executor(), folder_.path() / "simulated.db").value();
    gateway_.emplace(*ledger_);
    carrier_.emplace(*ledger_);
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<SqliteSandboxBooks> ledger_;
  std::optional<SandboxGateway> gateway_;
  std::optional<SandboxCarrier> carrier_;
};

}  // namespace

OutsideAdapter simulated_outside() {
  return {"simulated", [] { return std::make_unique<SimulatedOutside>(); }};
}

}  // namespace orderflow
