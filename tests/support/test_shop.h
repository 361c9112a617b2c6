#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/memory/memory_store.h"
#include "functions/services.h"
#include "support/ports.h"

namespace orderflow {

/// Orders in memory that count calls, fail or lag as a test says.
struct TestOrders : MemoryOrderStore {
  using MemoryOrderStore::MemoryOrderStore;
  int calls = 0;                 ///< of those below
  std::optional<Error> broken;   ///< what they answer, where it is set
  std::optional<Error> refused;  ///< what commits answer, where it is set, but for those that park
  /// What View::Recent shows, where it is set; null: not there yet.
  std::optional<OrderPtr> recent;

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> key) override {
    ++calls;
    if (broken) co_return std::unexpected(*broken);
    co_return co_await MemoryOrderStore::create(std::move(order), std::move(key));
  }
  Task<Result<OrderPtr>> load(OrderId id, View view) override {
    ++calls;
    if (broken) co_return std::unexpected(*broken);
    if (view != View::Recent || !recent) co_return co_await MemoryOrderStore::load(id, view);
    if (!*recent) co_return failure(ErrorCode::NotFound, "not yet");
    co_return *recent;
  }
  Task<Result<CommitOutcome>> commit(std::uint32_t expected, Transition transition) override {
    if (refused && !transition.next->state.attention) co_return std::unexpected(*refused);
    co_return co_await MemoryOrderStore::commit(expected, std::move(transition));
  }
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp before, std::int64_t limit) override {
    ++calls;
    if (broken) co_return std::unexpected(*broken);
    co_return co_await MemoryOrderStore::overdue(before, limit);
  }
};

/// A catalogue whose cheaper read does not show a product that has just been put, or that fails.
struct TestProducts : MemoryProductStore {
  using MemoryProductStore::MemoryProductStore;
  bool lags = false;
  std::optional<Error> broken;  ///< what catalogue() answers, where it is set

  Task<Result<std::vector<std::optional<CatalogueEntry>>>> catalogue(std::vector<std::string> skus,
                                                                     View view) override {
    if (broken) co_return std::unexpected(*broken);
    if (view != View::Recent || !lags) {
      co_return co_await MemoryProductStore::catalogue(std::move(skus), view);
    }
    co_return std::vector<std::optional<CatalogueEntry>>(skus.size());
  }
};

/// The services over a shop in memory, with a queue, a gateway and a carrier that do what a test
/// tells them to.
struct TestShop {
  MemoryStore memory;
  TestOrders orders{memory};
  TestProducts products{memory};
  TestQueue queue;
  ScriptedGateway gateway;
  ScriptedCarrier carrier;
  TestClock clock;
  TestIds ids;
  Services services{orders, products, queue, gateway, carrier, clock, ids};
};

}  // namespace orderflow
