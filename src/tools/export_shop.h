#pragma once

#include <iosfwd>
#include <memory>
#include <string>

#include "base/result.h"
#include "ports/shop_archive.h"
#include "tools/transfer_summary.h"

namespace orderflow {

/// Writes the whole shop as NDJSON, one self-describing object a line: a header, the products, the
/// stock ledger, the orders oldest first, the sandbox's payments and shipments, and a last line
/// with the number of lines, by which an import sees that none is missing. Lossless: what is
/// imported and exported again is the same bytes. Holds personal data.
[[nodiscard]] Result<TransferSummary> export_shop(ShopArchive& shop, std::ostream& out);

/// `orderflow export`, of a shop as it was opened, to a file, or to stdout for "-". A file is
/// written under a temporary name with mode 0600 and renamed once it is whole; links are followed,
/// and into a pipe or a device it is written as it is. Says on stderr what was done, or why not. The
/// exit status: 0 done, 1 not.
int run_export(Result<std::unique_ptr<ShopArchive>> shop, const std::string& output);

}  // namespace orderflow
