#pragma once

#include <map>
#include <memory>
#include <vector>

#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "adapters/sqlite/orders/sqlite_order_store.h"
#include "adapters/sqlite/products/sqlite_product_store.h"
#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"
#include "base/uuid7.h"
#include "functions/services.h"
#include "proof/disk/disk_shop.h"
#include "proof/world/random.h"

namespace orderflow::world {

struct DiskNudge {
  Stage stage{};
  OrderId order;
  int tries = 0;
};

/// Nudges in memory, by the time they are for and then by age.
class Nudges final : public WorkQueue {
 public:
  explicit Nudges(const Memory& memory) : memory_(memory) {}

  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override {
    add({stage, order}, delay);
    co_return Result<void>{};
  }
  Task<Result<std::vector<QueueDepth>>> depths() override { co_return std::vector<QueueDepth>{}; }

  void add(DiskNudge nudge, Duration delay) { waiting_.emplace(memory_.now + delay, nudge); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] Timestamp next_at() const { return waiting_.begin()->first; }
  DiskNudge pop() { return waiting_.extract(waiting_.begin()).mapped(); }

 private:
  const Memory& memory_;
  std::multimap<Timestamp, DiskNudge> waiting_;
};

class MemoryClock final : public Clock {
 public:
  explicit MemoryClock(const Memory& memory) : memory_(memory) {}
  Timestamp now() override { return memory_.now; }

 private:
  const Memory& memory_;
};

class CountedIds final : public Ids {
 public:
  explicit CountedIds(Memory& memory) : memory_(memory) {}

  OrderId next_order_id(Timestamp now) override {
    const std::uint64_t number = ++memory_.ids;
    const auto ms = static_cast<std::uint64_t>(epoch_ms(now));
    return uuid7(ms << kUuidCounterBits | (number & 0xfff), random_tail(Random::mix(number)));
  }
  double jitter() override { return 0.5; }

 private:
  Memory& memory_;
};

/// What dies with the process.
struct DiskShop::Life {
  Life(std::unique_ptr<sqlite::ShopDatabase> opened,
       std::unique_ptr<SqliteSandboxBooks> opened_books, Memory& memory)
      : database(std::move(opened)),
        books(std::move(opened_books)),
        clock(memory),
        ids(memory),
        orders(*database),
        products(*database, clock),
        gateway(*books),
        carrier(*books),
        nudges(memory),
        services{orders, products, nudges, gateway, carrier, clock, ids} {}

  std::unique_ptr<sqlite::ShopDatabase> database;
  std::unique_ptr<SqliteSandboxBooks> books;
  MemoryClock clock;
  CountedIds ids;
  SqliteOrderStore orders;
  SqliteProductStore products;
  SandboxGateway gateway;
  SandboxCarrier carrier;
  Nudges nudges;
  Services services;
};

}  // namespace orderflow::world
