#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace orderflow {

/// What an export wrote or an import read.
struct TransferSummary {
  std::int64_t products = 0;
  std::int64_t orders = 0;
  std::int64_t effects = 0;  ///< payments and shipments of the sandbox
};

/// Prints to stderr what `command` did, or why it failed. Returns its exit status: 0 or 1.
int report_transfer(std::string_view command, const Result<TransferSummary>& summary);

}  // namespace orderflow
