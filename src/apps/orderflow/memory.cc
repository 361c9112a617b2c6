#include "apps/orderflow/memory.h"

#include <gperftools/malloc_extension_c.h>

#include <cstddef>

// Absent where tcmalloc is not linked: in tests and in builds with sanitizers.
#pragma weak MallocExtension_GetNumericProperty
#pragma weak MallocExtension_ReleaseToSystem

namespace orderflow {
namespace {

constexpr std::size_t kReserve = 16 * 1024 * 1024;

}  // namespace

void return_free_memory() {
  if (MallocExtension_ReleaseToSystem == nullptr) return;
  std::size_t free_bytes = 0;
  MallocExtension_GetNumericProperty("tcmalloc.pageheap_free_bytes", &free_bytes);
  if (free_bytes > kReserve) MallocExtension_ReleaseToSystem(free_bytes - kReserve);
}

}  // namespace orderflow
