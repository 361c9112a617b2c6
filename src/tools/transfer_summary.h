#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace orderflow {

/// What an export wrote or an import read.
struct TransferSummary {
  std::int64_t products = 0;
  std::int64_t orders = 0;
  std::int64_t effects = 0;   ///< payments and shipments of the sandbox
  std::int64_t left_out = 0;  ///< by an export: what does not read
};

/// Prints to stderr what `command` did, or why it failed. Returns its exit status: 0,
/// 1 where it failed, 3 where something was left out.
int report_transfer(std::string_view command, const Result<TransferSummary>& summary);

}  // namespace orderflow
