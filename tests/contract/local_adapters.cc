// The adapters of the local home, for the contract suites.

#include "contract/outside.h"
#include "contract/queue.h"
#include "contract/stores.h"

namespace orderflow {

std::vector<StoresAdapter> stores_adapters() { return {memory_stores(), sqlite_stores()}; }
std::vector<QueueAdapter> queue_adapters() { return {in_process_queue()}; }
std::vector<OutsideAdapter> outside_adapters() { return {sandbox_outside()}; }

}  // namespace orderflow
