#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "proof/disk/disk_shop.h"

namespace orderflow::world {

using DiskScript = std::function<void(DiskShop& shop)>;

/// Something short that people do with a shop.
struct DiskScenario {
  std::string name;
  /// What is in the catalogue, by SKU, before the first step; empty where the shop is opened for
  /// the first time.
  std::map<std::string, std::int64_t> stock;
  DiskScript script;
  /// Each step waits for the disk, so their order is the same in every run.
  bool repeatable = true;
};

[[nodiscard]] const std::vector<DiskScenario>& disk_scenarios();

}  // namespace orderflow::world
