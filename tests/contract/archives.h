#pragma once

#include <memory>

#include "contract/adapter.h"
#include "contract/stores.h"
#include "ports/shop_archive.h"

namespace orderflow {

/// One place where a shop can be stored; empty at first.
class Archives {
 public:
  virtual ~Archives() = default;
  virtual Result<std::unique_ptr<ShopArchive>> open() = 0;
  virtual Result<std::unique_ptr<ShopImport>> open_import() = 0;
  /// The stores of the same place, as a service opens them; served until they are destroyed.
  virtual std::unique_ptr<Stores> serve() = 0;
};

using ArchivesAdapter = Adapter<Archives>;
ArchivesAdapter sqlite_archives();

}  // namespace orderflow
