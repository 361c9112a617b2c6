#pragma once

#include <iosfwd>
#include <memory>

#include "base/result.h"
#include "ports/shop_archive.h"
#include "tools/audit_report.h"

namespace orderflow {

/// Recomputes every balance of the shop from the orders' timelines and compares it with what is
/// stored and, where there are any, with the books of the sandbox's provider and carrier. Reads
/// only. Memory grows with the number of SKUs, not of orders, unless the books hold effects of
/// unknown orders. An error where the shop cannot be read to its end.
[[nodiscard]] Result<AuditReport> audit(ShopArchive& shop);

/// `orderflow audit`, on a shop as it was opened: prints the report, a line a check and then each
/// violation. The exit status: 0 clean, 1 violations, 2 could not run (why is on stderr) or, without
/// the sandbox's books, could not check everything.
int run_audit(Result<std::unique_ptr<ShopArchive>> shop, std::ostream& out);

}  // namespace orderflow
