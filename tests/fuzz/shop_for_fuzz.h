#pragma once

#include "adapters/memory/memory_store.h"
#include "api/api.h"
#include "support/fakes.h"

namespace orderflow::fuzz {

inline constexpr std::string_view kAdminToken = "secret";

/// The API over stores in memory: the same shop each time, with one product of three pieces.
struct Shop {
  MemoryStore store;
  MemoryOrderStore orders{store};
  MemoryProductStore products{store};
  FakeQueue queue;
  FakeGateway gateway;
  FakeCarrier carrier;
  FakeClock clock;
  FakeIds ids;
  Services services{orders, products, queue, gateway, carrier, clock, ids};
  Api api{services, {.admin_token = std::string(kAdminToken), .metrics = {}}};

  Shop() {
    store.products["w"] = {
        .sku = "w", .name = "Widget", .price = 500, .stock = {.available = 3, .received = 3}};
  }
};

}  // namespace orderflow::fuzz
