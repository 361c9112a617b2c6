#pragma once

#include "api/api.h"
#include "support/test_shop.h"

namespace orderflow::fuzz {

inline constexpr std::string_view kAdminToken = "secret";

/// The API over stores in memory: the same shop each time, with one product of three pieces.
struct Shop : TestShop {
  Api api{services, {.admin_token = std::string(kAdminToken), .metrics = {}}};

  Shop() {
    memory.products["w"] = {
        .sku = "w", .name = "Widget", .price = 500, .stock = {.available = 3, .received = 3}};
  }
};

}  // namespace orderflow::fuzz
