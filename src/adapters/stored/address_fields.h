#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "order/model/order.h"

namespace orderflow {

/// The fields of an address by their names in JSON, in the order in which SQLite stores them.
inline constexpr std::array<std::pair<std::string_view, std::string Address::*>, 7> kAddressFields =
    {{{"name", &Address::name},
      {"line1", &Address::line1},
      {"line2", &Address::line2},
      {"city", &Address::city},
      {"region", &Address::region},
      {"postalCode", &Address::postal_code},
      {"country", &Address::country}}};

}  // namespace orderflow
