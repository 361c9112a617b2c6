#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proof/disk/disk_files.h"

namespace orderflow::world {

/// A call that the disk can fail.
enum class DiskStep : std::uint8_t { Open, Read, Write, Truncate, Sync, Delete };
inline constexpr std::size_t kDiskStepCount = 6;
[[nodiscard]] constexpr bool changes_disk(DiskStep step) { return step >= DiskStep::Write; }

enum class DiskFault : std::uint8_t {
  Stop,        ///< process or machine stop before this step: this and every later call fails
  IoError,     ///< the step fails, and nothing of it has happened
  Full,        ///< a write finds no room
  ShortWrite,  ///< half of a write gets in before the room ends
  LostSync,    ///< a sync fails, and what it should have confirmed is lost: see DiskFiles::lose
  StaysFull,   ///< no write finds room until free_space()
};
/// Whether a fault can happen to such a step.
[[nodiscard]] bool can_fail(DiskFault fault, DiskStep step);

/// A disk for SQLite: a VFS (https://sqlite.org/vfs.html) that keeps all files in memory, counts
/// its steps and makes one of them fail. While it lives it is the default VFS of the process, so code
/// that opens databases by their paths runs on it as it is. It claims what SQLite's own VFS claims on
/// Linux: sectors of 4096 bytes, powersafe overwrite. It syncs the folder when that one does: with
/// the first sync of a log or journal, and where a deletion asks for it. The index of a log (-shm)
/// is in memory, so it does not survive a stop.
///
///     LyingDisk disk;
///     disk.fail_at(17, DiskFault::Stop);
///     ... open, write, see everything fail, close ...
///     disk.start(disk.surviving(Survival::Torn, seed));
///     ... open, look what is left ...
///
/// SQLite may call it from any thread. What programs do beside SQLite (lock files, permissions)
/// happens in the real folder, where an empty file stands for each database.
class LyingDisk {
 public:
  /// Files with `outside` in their path lose nothing in a power cut: they are on another computer.
  /// Their steps count and fail like all others.
  explicit LyingDisk(std::string outside = "\n");
  /// Every database is closed by now.
  ~LyingDisk();
  LyingDisk(const LyingDisk&) = delete;
  LyingDisk& operator=(const LyingDisk&) = delete;

  /// The machine starts with this on its disk; every database is closed by now. Steps count from 1
  /// again, and none fails.
  void start(DiskFiles files);
  /// The step of this number, or the first after it to which the fault can happen.
  void fail_at(std::int64_t step, DiskFault fault);
  void stop() { stopped_ = true; }
  void free_space() { full_ = false; }

  [[nodiscard]] bool stopped() const { return stopped_; }
  /// The fault has happened.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool full() const { return full_; }
  /// Since start().
  [[nodiscard]] std::vector<DiskStep> steps() const;
  /// What a power cut now leaves.
  [[nodiscard]] Image surviving(Survival survival, std::uint64_t seed) const;
  /// What the death of the process leaves: all of it, and unsynced what is unsynced.
  [[nodiscard]] DiskFiles cached() const;

 private:
  struct Handle;
  struct OpenFile;
  struct LockedFile;
  struct Calls;
  /// Of one database, for all its connections: the index of its log.
  struct SharedIndex {
    std::vector<std::unique_ptr<std::uint8_t[]>> regions;
    int users = 0;
  };

  [[nodiscard]] std::optional<DiskFault> next_step(DiskStep step);
  [[nodiscard]] int lock(OpenFile& file, int level);
  [[nodiscard]] int lock_shared(OpenFile& file, unsigned slots, int flags);
  void leave_shared(OpenFile& file);

  sqlite3_vfs vfs_;
  const std::string outside_;

  mutable std::mutex mutex_;  ///< of all below
  DiskFiles files_;
  std::vector<OpenFile*> open_;
  std::map<std::string, SharedIndex> shared_;
  std::vector<DiskStep> steps_;
  std::int64_t fail_step_ = 0;
  DiskFault fault_{};
  // Read without the mutex, written with it or from outside.
  std::atomic<bool> failed_ = false;
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> full_ = false;
};

}  // namespace orderflow::world
