#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

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

/// One adapter, for the contract suite to run on.
struct ArchivesAdapter {
  std::string name;
  std::function<std::unique_ptr<Archives>()> make;
};
inline void PrintTo(const ArchivesAdapter& adapter, std::ostream* out) { *out << adapter.name; }
ArchivesAdapter sqlite_archives();

}  // namespace orderflow
