#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace orderflow::dynamodb {

/// Records in the order of their keys, also more than fit into memory: whenever `memory_max` bytes are
/// held, they are sorted and written as a run to a temporary file (TMPDIR, or /tmp), and each() merges
/// the runs. The file has no name, so it is gone with the object or the process.
class SortedSpool {
 public:
  using Visit = std::function<Result<void>(std::string_view key, std::string_view record)>;
  static constexpr std::size_t kMemoryMax = 32 * 1024 * 1024;

  explicit SortedSpool(std::size_t memory_max = kMemoryMax) : memory_max_(memory_max) {}
  ~SortedSpool();
  SortedSpool(const SortedSpool&) = delete;
  SortedSpool& operator=(const SortedSpool&) = delete;

  /// StorageFull or Unavailable where the file cannot be written.
  Result<void> add(std::string key, std::string record);

  /// Visits all, those with equal keys as they were added; may be called again. Ends with the first
  /// error that `visit` returns.
  Result<void> each(const Visit& visit);

  /// Forgets all records.
  void clear();

 private:
  struct Run {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };
  class RunReader;

  Result<void> write_run();
  Result<void> merge(const Visit& visit) const;

  std::size_t memory_max_;
  std::vector<std::pair<std::string, std::string>> held_;
  std::size_t held_bytes_ = 0;
  std::vector<Run> runs_;
  int file_ = -1;
};

}  // namespace orderflow::dynamodb
