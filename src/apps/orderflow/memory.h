#pragma once

namespace orderflow {

/// Gives free memory back to the system, but for a reserve that saves the allocator from asking for
/// it again. tcmalloc (decision 10) keeps what was freed. Without tcmalloc it does nothing.
void return_free_memory();

}  // namespace orderflow
