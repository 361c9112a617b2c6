#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

#include "base/result.h"

namespace orderflow {

struct TransferSummary {
  std::int64_t products = 0;
  std::int64_t orders = 0;
  std::int64_t effects = 0;  ///< payments and shipments of the simulated provider and carrier
};

/// Writes the whole shop as NDJSON, one self-describing object a line: a header, the products, the
/// stock ledger, the orders oldest first, the simulated payments and shipments, and a last line
/// with the counts, by which an import knows that nothing is missing. Lossless: what is imported
/// and exported again is the same bytes. Holds personal data. The service may run: one snapshot.
[[nodiscard]] Result<TransferSummary> export_shop(const std::filesystem::path& data,
                                                  std::ostream& out);

/// Reads what export_shop() wrote into `data`, which no process may serve meanwhile: every line is
/// checked, and either all of it is stored or nothing. InvalidInput names the line. Conflict where
/// an order, a product or a payment of this file is there already, or the folder is in use.
[[nodiscard]] Result<TransferSummary> import_shop(const std::filesystem::path& data,
                                                  std::istream& in);

/// `orderflow export` and `orderflow import`. "-" is stdout or stdin. A file is written under a
/// temporary name with mode 0600 and renamed once it is whole. What was done, or why not, is on
/// stderr. The exit status: 0 done, 1 not.
int run_export(const std::filesystem::path& data, const std::string& output);
int run_import(const std::filesystem::path& data, const std::string& input);

}  // namespace orderflow
