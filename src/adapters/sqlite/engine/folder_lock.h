#pragma once

#include <filesystem>

namespace orderflow::sqlite {

/// Holds a lock on `<folder>/orderflow.lock` as long as it lives. One process at a time may write a
/// shop. While none does, several may read it and rely on it not to change.
class FolderLock {
 public:
  enum class Use { Write, ReadAtRest };

  /// Throws SqliteError where another process holds the lock for another use. ReadAtRest makes no
  /// file: where there is none, it holds nothing.
  explicit FolderLock(const std::filesystem::path& folder, Use use = Use::Write);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

}  // namespace orderflow::sqlite
