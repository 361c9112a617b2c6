#include "tools/transfer_summary.h"

#include <fmt/format.h>

#include <cstdio>

#include "tools/progress.h"

namespace orderflow {

int report_transfer(std::string_view command, const Result<TransferSummary>& summary) {
  if (!summary) {
    fmt::print(stderr, "{}: {}\n", command, summary.error().detail);
    return 1;
  }
  fmt::print(stderr, "{}: {} products, {} orders", command, grouped(summary->products),
             grouped(summary->orders));
  if (summary->effects > 0) {
    fmt::print(stderr, ", {} payments and shipments of the sandbox", grouped(summary->effects));
  }
  if (summary->left_out > 0) {
    fmt::print(stderr, "; {} left out, which do not read", grouped(summary->left_out));
  }
  fmt::print(stderr, "\n");
  return summary->left_out > 0 ? 3 : 0;
}

}  // namespace orderflow
