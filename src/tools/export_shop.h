#pragma once

#include <iosfwd>
#include <memory>
#include <string>

#include "base/result.h"
#include "ports/shop_archive.h"
#include "tools/transfer_summary.h"

namespace orderflow {

/// Writes the whole shop as NDJSON, one self-describing object a line: a header; the orders, oldest
/// first, each followed by its payment and its shipment in the sandbox's books; the products; the
/// stock ledger; and a last line with the number of lines, by which an import sees that none is
/// missing. Lossless: what is imported and exported again is the same bytes. Holds personal data.
///
/// What does not read is left out, named on stderr and counted. Where that is orders, the stock that
/// they hold or have shipped is written off by an entry of the ledger, so that an import adds up.
[[nodiscard]] Result<TransferSummary> export_shop(ShopArchive& shop, std::ostream& out);

/// `orderflow export`, of a shop as it was opened, to a file, or to stdout for "-". A file is
/// written under a temporary name with mode 0600 and renamed once it is whole; links are followed. A
/// pipe or a device may be slow: what it gets is in a temporary file of TMPDIR first. Says on stderr what was done, or why not. The
/// exit status: 0 done, 1 not, 3 done but for what did not read.
int run_export(Result<std::unique_ptr<ShopArchive>> shop, const std::string& output);

}  // namespace orderflow
