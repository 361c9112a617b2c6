#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"
#include "contract/outside.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

class SandboxOutside final : public Outside {
 public:
  SandboxOutside() { reopen(); }
  PaymentGateway& gateway() override { return *gateway_; }
  Carrier& carrier() override { return *carrier_; }
  void reopen() override {
    carrier_.reset();
    gateway_.reset();
    books_.reset();
    books_ = SqliteSandboxBooks::open(io.get_executor(), folder_.path() / "simulated.db").value();
    gateway_.emplace(*books_);
    carrier_.emplace(*books_);
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<SqliteSandboxBooks> books_;
  std::optional<SandboxGateway> gateway_;
  std::optional<SandboxCarrier> carrier_;
};

}  // namespace

OutsideAdapter sandbox_outside() {
  return {"sandbox", [] { return std::make_unique<SandboxOutside>(); }};
}

}  // namespace orderflow
