#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/system_time.h"
#include "ports/shop_archive.h"
#include "tools/transfer_summary.h"

namespace orderflow {

/// Reads what export_shop() wrote into the shop. Every line is checked, and either all of it is
/// stored or nothing. InvalidInput and Conflict (see ShopImport) name the line. `now`: see
/// clock_difference().
[[nodiscard]] Result<TransferSummary> import_shop(ShopImport& shop, std::istream& in,
                                                  Timestamp now = system_time());

/// `orderflow import`, from a file, or from stdin for "-". `open` is called once the input is
/// there: it makes the shop where there is none. Says on stderr what was done, or why not. The exit
/// status: 0 done, 1 not.
int run_import(const std::function<Result<std::unique_ptr<ShopImport>>()>& open,
               const std::string& input);

}  // namespace orderflow
