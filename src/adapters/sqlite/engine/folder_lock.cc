#include "adapters/sqlite/engine/folder_lock.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/sqlite/engine/sqlite_connection.h"

namespace orderflow::sqlite {

FolderLock::FolderLock(const std::filesystem::path& folder, Use use) {
  const auto file = folder / "orderflow.lock";
  const bool writes = use == Use::Write;
  fd_ = ::open(file.c_str(), O_CLOEXEC | (writes ? O_RDWR | O_CREAT : O_RDONLY), 0600);
  if (fd_ < 0 && errno == ENOENT && !writes) return;
  if (fd_ < 0) {
    throw SqliteError(SQLITE_CANTOPEN, (writes ? "cannot write " : "cannot read ") + file.string() +
                                           ": " + std::strerror(errno));
  }
  if (::flock(fd_, (writes ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    ::close(fd_);
    throw SqliteError(SQLITE_BUSY, "another orderflow process serves the data folder " +
                                       folder.string() +
                                       "; stop it first, or choose another with --data");
  }
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace orderflow::sqlite
