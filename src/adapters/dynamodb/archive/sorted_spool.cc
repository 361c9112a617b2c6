#include "adapters/dynamodb/archive/sorted_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <queue>

namespace orderflow::dynamodb {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;  // of each run
constexpr std::size_t kOverheadOfRecord = 96;  // of two texts in memory

std::unexpected<Error> file_failure(const std::string& what) {
  const bool full = errno == ENOSPC || errno == EDQUOT;
  return failure(full ? ErrorCode::StorageFull : ErrorCode::Unavailable,
                 "a temporary file (TMPDIR) cannot be " + what + ": " + std::strerror(errno));
}

void append_sized(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size).append(text);
}

}  // namespace

/// Reads a run, a record at a time. key() and record() hold until the next next().
class SortedSpool::RunReader {
 public:
  RunReader(int file, Run run) : file_(file), left_(run) {}

  /// False at the end of the run.
  Result<bool> next() {
    if (used_ == buffer_.size() && left_.begin == left_.end) return false;
    for (std::string* part : {&key_, &record_}) {
      std::uint32_t size = 0;
      if (auto read = fill(sizeof size); !read) return std::unexpected(std::move(read.error()));
      std::memcpy(&size, buffer_.data() + used_, sizeof size);
      used_ += sizeof size;
      if (auto read = fill(size); !read) return std::unexpected(std::move(read.error()));
      part->assign(buffer_, used_, size);
      used_ += size;
    }
    return true;
  }
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& record() const { return record_; }

 private:
  /// Reads on until `size` bytes behind what was used are in the buffer.
  Result<void> fill(std::size_t size) {
    while (buffer_.size() - used_ < size) {
      buffer_.erase(0, used_);
      used_ = 0;
      const auto rest = static_cast<std::size_t>(left_.end - left_.begin);
      const std::size_t before = buffer_.size();
      buffer_.resize(before + std::min(std::max(kReadBytes, size), rest));
      const auto got =
          ::pread(file_, buffer_.data() + before, buffer_.size() - before, left_.begin);
      if (got <= 0) return file_failure("read");
      buffer_.resize(before + static_cast<std::size_t>(got));
      left_.begin += got;
    }
    return {};
  }

  int file_;
  Run left_;  ///< what is not in the buffer yet
  std::string buffer_;
  std::size_t used_ = 0;
  std::string key_;
  std::string record_;
};

SortedSpool::~SortedSpool() {
  if (file_ >= 0) ::close(file_);
}

Result<void> SortedSpool::add(std::string key, std::string record) {
  held_bytes_ += key.size() + record.size() + kOverheadOfRecord;
  held_.emplace_back(std::move(key), std::move(record));
  return held_bytes_ < memory_max_ ? Result<void>() : write_run();
}

Result<void> SortedSpool::write_run() {
  if (file_ < 0) {
    std::error_code error;
    std::string name = std::filesystem::temp_directory_path(error) / "orderflow.XXXXXX";
    file_ = ::mkostemp(name.data(), O_CLOEXEC);  // mode 0600
    if (file_ < 0) return file_failure("made");
    ::unlink(name.c_str());
  }
  std::ranges::stable_sort(held_, {}, &std::pair<std::string, std::string>::first);
  Run run{.begin = runs_.empty() ? 0 : runs_.back().end};
  run.end = run.begin;
  std::string text;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    append_sized(text, held_[i].first);
    append_sized(text, held_[i].second);
    if (text.size() < kReadBytes && i + 1 < held_.size()) continue;
    for (std::size_t at = 0; at < text.size();) {
      const auto written = ::pwrite(file_, text.data() + at, text.size() - at, run.end);
      if (written < 0) return file_failure("written");
      at += static_cast<std::size_t>(written);
      run.end += written;
    }
    text.clear();
  }
  runs_.push_back(run);
  held_.clear();
  held_bytes_ = 0;
  return {};
}

Result<void> SortedSpool::each(const Visit& visit) {
  if (!runs_.empty()) {
    if (!held_.empty()) {
      if (auto written = write_run(); !written) return written;
    }
    return merge(visit);
  }
  std::ranges::stable_sort(held_, {}, &std::pair<std::string, std::string>::first);
  for (const auto& [key, record] : held_) {
    if (auto visited = visit(key, record); !visited) return visited;
  }
  return {};
}

Result<void> SortedSpool::merge(const Visit& visit) const {
  std::vector<RunReader> readers;
  for (const Run& run : runs_) readers.emplace_back(file_, run);
  // The index of a run decides between equal keys: runs are in the order of adding.
  const auto later = [&](std::size_t a, std::size_t b) {
    return std::pair(std::string_view(readers[a].key()), a) >
           std::pair(std::string_view(readers[b].key()), b);
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> heads(later);
  const auto advance = [&](std::size_t run) -> Result<void> {
    const auto more = readers[run].next();
    if (!more) return std::unexpected(more.error());
    if (*more) heads.push(run);
    return {};
  };
  for (std::size_t run = 0; run < readers.size(); ++run) {
    if (auto read = advance(run); !read) return read;
  }
  while (!heads.empty()) {
    const std::size_t run = heads.top();
    heads.pop();
    if (auto visited = visit(readers[run].key(), readers[run].record()); !visited) return visited;
    if (auto read = advance(run); !read) return read;
  }
  return {};
}

void SortedSpool::clear() {
  held_.clear();
  held_bytes_ = 0;
  runs_.clear();
}

}  // namespace orderflow::dynamodb
