#include "adapters/sqlite/engine/folder_lock.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/sqlite/engine/sqlite_connection.h"

namespace orderflow::sqlite {

FolderLock::FolderLock(const std::filesystem::path& folder) {
  const auto file = folder / "orderflow.lock";
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) {
    throw SqliteError(SQLITE_CANTOPEN,
                      "cannot write " + file.string() + ": " + std::strerror(errno));
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd_);
    throw SqliteError(SQLITE_BUSY, "another orderflow process serves the data folder " +
                                       folder.string() +
                                       "; stop it first, or choose another with --data");
  }
}

FolderLock::~FolderLock() { ::close(fd_); }

}  // namespace orderflow::sqlite
