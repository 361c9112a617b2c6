#include "adapters/local_queue/in_process_queue.h"
#include "adapters/memory/memory_store.h"
#include "adapters/system/system_timers.h"
#include "contract/queue.h"
#include "contract/stores.h"
#include "support/ports.h"

namespace orderflow {
namespace {

class MemoryStores final : public Stores {
 public:
  OrderStore& orders() override { return orders_; }
  ProductStore& products() override { return products_; }
  void reopen() override {}  // lives as long as its process

 private:
  MemoryStore store_;
  MemoryOrderStore orders_{store_};
  MemoryProductStore products_{store_};
};

class InProcess final : public Queue {
 public:
  WorkQueue& queue() override { return queue_; }
  void start() override {
    queue_.start([this](Stage stage, OrderId order) { return work(stage, order); });
  }

 private:
  TestIds ids_{0.01};
  SystemTimers timers_{io.get_executor()};
  InProcessQueue queue_{io.get_executor(), timers_, ids_};
};

}  // namespace

StoresAdapter memory_stores() {
  return {"memory", [] { return std::make_unique<MemoryStores>(); }};
}

QueueAdapter in_process_queue() {
  return {"in_process", [] { return std::make_unique<InProcess>(); }};
}

}  // namespace orderflow
