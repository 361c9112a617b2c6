#pragma once

#include <filesystem>

namespace orderflow::sqlite {

/// Holds a lock on `<folder>/orderflow.lock` as long as it lives: one process at a time may write a
/// shop.
class FolderLock {
 public:
  /// Throws SqliteError where another process holds the lock.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

}  // namespace orderflow::sqlite
