#include "proof/disk/lying_disk.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <span>
#include <utility>

#include "base/check.h"

namespace orderflow::world {

bool can_fail(DiskFault fault, DiskStep step) {
  switch (fault) {
    case DiskFault::Stop:
      return changes_disk(step);  // before another it would leave no more and no less
    case DiskFault::IoError:
      return true;
    case DiskFault::Full:
    case DiskFault::ShortWrite:
    case DiskFault::StaysFull:
      return step == DiskStep::Write;
    case DiskFault::LostSync:
      return step == DiskStep::Sync;
  }
  UNREACHABLE(fault);
}

/// A file as one connection has it open.
struct LyingDisk::OpenFile {
  LyingDisk& disk;
  std::string path;
  std::shared_ptr<DiskFiles::File> file;
  bool sync_folder = false;  ///< with its next sync
  int level = SQLITE_LOCK_NONE;
  bool uses_shared = false;
  unsigned shared_slots = 0;
  unsigned exclusive_slots = 0;
};

/// What SQLite holds of it, in memory that SQLite allocates.
struct LyingDisk::Handle {
  sqlite3_file base;
  OpenFile* open;
};

/// An open file, with its disk locked.
struct LyingDisk::LockedFile {
  explicit LockedFile(sqlite3_file* at)
      : file(*reinterpret_cast<Handle*>(at)->open), guard(file.disk.mutex_) {}
  OpenFile* operator->() const { return &file; }

  OpenFile& file;
  const std::lock_guard<std::mutex> guard;
};

/// The functions of the VFS and of its files, by their names in sqlite3.h.
struct LyingDisk::Calls {
  static LyingDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<LyingDisk*>(vfs->pAppData); }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* out, int flags,
                  int* flags_out) {
    out->pMethods = nullptr;
    LyingDisk& disk = disk_of(vfs);
    const std::lock_guard guard(disk.mutex_);
    if (path == nullptr || disk.next_step(DiskStep::Open)) return SQLITE_CANTOPEN;
    // A database is opened without SQLITE_OPEN_CREATE too: its real file is there.
    auto file = disk.files_.create(path);
    constexpr int kLogs = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
    const bool sync_folder = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & kLogs) != 0;
    auto* opened = new OpenFile{disk, path, std::move(file), sync_folder};
    disk.open_.push_back(opened);
    reinterpret_cast<Handle*>(out)->open = opened;
    out->pMethods = &kMethods;
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    LyingDisk& disk = disk_of(vfs);
    const std::lock_guard guard(disk.mutex_);
    if (disk.stopped_) return SQLITE_IOERR_DELETE;
    if (!disk.files_.find(path)) return SQLITE_IOERR_DELETE_NOENT;
    if (disk.next_step(DiskStep::Delete)) return SQLITE_IOERR_DELETE;
    disk.files_.remove(path);
    if (sync_folder != 0) disk.files_.sync_folder();
    return SQLITE_OK;
  }

  static int access(sqlite3_vfs* vfs, const char* path, int, int* out) {
    LyingDisk& disk = disk_of(vfs);
    const std::lock_guard guard(disk.mutex_);
    if (disk.stopped_) return SQLITE_IOERR_ACCESS;
    const auto file = disk.files_.find(path);
    *out = file && !file->now.empty();  // an empty file is none, as in SQLite's own VFS
    return SQLITE_OK;
  }

  static int close(sqlite3_file* at) {
    const std::unique_ptr<OpenFile> file(reinterpret_cast<Handle*>(at)->open);
    const std::lock_guard guard(file->disk.mutex_);
    file->disk.leave_shared(*file);
    std::erase(file->disk.open_, file.get());
    return SQLITE_OK;
  }

  static int read(sqlite3_file* at, void* out, int amount, sqlite3_int64 offset) {
    const LockedFile file(at);
    if (file->disk.next_step(DiskStep::Read)) return SQLITE_IOERR_READ;
    const Bytes& bytes = file->file->now;
    const auto from = std::min(static_cast<std::size_t>(offset), bytes.size());
    const auto size = std::min(static_cast<std::size_t>(amount), bytes.size() - from);
    std::memset(out, 0, static_cast<std::size_t>(amount));
    if (size > 0) std::memcpy(out, bytes.data() + from, size);
    return size == static_cast<std::size_t>(amount) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  static int write(sqlite3_file* at, const void* data, int amount, sqlite3_int64 offset) {
    const LockedFile file(at);
    std::span bytes(static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(amount));
    const auto fault = file->disk.next_step(DiskStep::Write);
    if (fault == DiskFault::ShortWrite) bytes = bytes.first(bytes.size() / 2);
    if (!fault || fault == DiskFault::ShortWrite) {
      file->disk.files_.write(*file->file, static_cast<std::size_t>(offset), bytes);
    }
    if (!fault) return SQLITE_OK;
    const bool broken = fault == DiskFault::Stop || fault == DiskFault::IoError;
    return broken ? SQLITE_IOERR_WRITE : SQLITE_FULL;
  }

  static int truncate(sqlite3_file* at, sqlite3_int64 size) {
    const LockedFile file(at);
    if (file->disk.next_step(DiskStep::Truncate)) return SQLITE_IOERR_TRUNCATE;
    file->disk.files_.truncate(*file->file, static_cast<std::size_t>(size));
    return SQLITE_OK;
  }

  static int sync(sqlite3_file* at, int) {
    const LockedFile file(at);
    const auto fault = file->disk.next_step(DiskStep::Sync);
    if (fault == DiskFault::LostSync) DiskFiles::lose(*file->file);
    if (fault) return SQLITE_IOERR_FSYNC;
    DiskFiles::sync(*file->file);
    if (std::exchange(file->sync_folder, false)) file->disk.files_.sync_folder();
    return SQLITE_OK;
  }

  static int size(sqlite3_file* at, sqlite3_int64* out) {
    const LockedFile file(at);
    if (file->disk.stopped_) return SQLITE_IOERR_FSTAT;
    *out = static_cast<sqlite3_int64>(file->file->now.size());
    return SQLITE_OK;
  }

  static int lock(sqlite3_file* at, int level) {
    const LockedFile file(at);
    return file->disk.lock(file.file, level);
  }

  static int unlock(sqlite3_file* at, int level) {
    const LockedFile file(at);
    file->level = std::min(file->level, level);
    return SQLITE_OK;
  }

  static int check_reserved(sqlite3_file* at, int* out) {
    const LockedFile file(at);
    *out = std::ranges::any_of(file->disk.open_, [&](const OpenFile* other) {
      return other->path == file->path && other->level >= SQLITE_LOCK_RESERVED;
    });
    return SQLITE_OK;
  }

  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return 4096; }
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int shm_map(sqlite3_file* at, int index, int size, int extend, void volatile** out) {
    const LockedFile file(at);
    *out = nullptr;
    if (file->disk.stopped_) return SQLITE_IOERR_SHMMAP;
    SharedIndex& shared = file->disk.shared_[file->path];
    if (!std::exchange(file->uses_shared, true)) ++shared.users;
    const auto region = static_cast<std::size_t>(index);
    if (extend != 0) {
      while (shared.regions.size() <= region) {
        shared.regions.push_back(std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(size)));
      }
    }
    if (region < shared.regions.size()) *out = shared.regions[region].get();
    return SQLITE_OK;
  }

  static int shm_lock(sqlite3_file* at, int first, int count, int flags) {
    const LockedFile file(at);
    const unsigned slots = (1U << (first + count)) - (1U << first);
    return file->disk.lock_shared(file.file, slots, flags);
  }

  static void shm_barrier(sqlite3_file* at) {
    const LockedFile file(at);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  static int shm_unmap(sqlite3_file* at, int) {
    const LockedFile file(at);
    file->disk.leave_shared(file.file);
    return SQLITE_OK;
  }

  static constexpr sqlite3_io_methods kMethods = {.iVersion = 2,
                                                  .xClose = close,
                                                  .xRead = read,
                                                  .xWrite = write,
                                                  .xTruncate = truncate,
                                                  .xSync = sync,
                                                  .xFileSize = size,
                                                  .xLock = lock,
                                                  .xUnlock = unlock,
                                                  .xCheckReservedLock = check_reserved,
                                                  .xFileControl = control,
                                                  .xSectorSize = sector_size,
                                                  .xDeviceCharacteristics = characteristics,
                                                  .xShmMap = shm_map,
                                                  .xShmLock = shm_lock,
                                                  .xShmBarrier = shm_barrier,
                                                  .xShmUnmap = shm_unmap};
};

LyingDisk::LyingDisk(std::string outside)
    : vfs_(*sqlite3_vfs_find(nullptr)), outside_(std::move(outside)) {
  // Paths, time and random numbers stay the system's.
  vfs_.zName = "lying-disk";
  vfs_.szOsFile = sizeof(Handle);
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.xOpen = Calls::open;
  vfs_.xDelete = Calls::remove;
  vfs_.xAccess = Calls::access;
  CHECK(sqlite3_vfs_register(&vfs_, 1) == SQLITE_OK);
}

LyingDisk::~LyingDisk() {
  CHECK(open_.empty());
  sqlite3_vfs_unregister(&vfs_);
}

void LyingDisk::start(DiskFiles files) {
  const std::lock_guard guard(mutex_);
  CHECK(open_.empty());
  files_ = std::move(files);
  shared_.clear();
  steps_.clear();
  fail_step_ = 0;
  failed_ = stopped_ = full_ = false;
}

void LyingDisk::fail_at(std::int64_t step, DiskFault fault) {
  const std::lock_guard guard(mutex_);
  fail_step_ = step;
  fault_ = fault;
  failed_ = false;
}

std::vector<DiskStep> LyingDisk::steps() const {
  const std::lock_guard guard(mutex_);
  return steps_;
}

Image LyingDisk::surviving(Survival survival, std::uint64_t seed) const {
  const std::lock_guard guard(mutex_);
  return files_.surviving(survival, seed, outside_);
}

DiskFiles LyingDisk::cached() const {
  const std::lock_guard guard(mutex_);
  return files_.copy();
}

/// Counts the step; what goes wrong with it, if anything does.
std::optional<DiskFault> LyingDisk::next_step(DiskStep step) {
  if (stopped_) return DiskFault::Stop;
  if (full_ && step == DiskStep::Write) return DiskFault::Full;
  steps_.push_back(step);
  const bool due = fail_step_ > 0 && std::cmp_greater_equal(steps_.size(), fail_step_);
  if (!due || failed_ || !can_fail(fault_, step)) return std::nullopt;
  failed_ = true;
  stopped_ = fault_ == DiskFault::Stop;
  full_ = fault_ == DiskFault::StaysFull;
  return fault_;
}

/// The levels of https://sqlite.org/lockingv3.html between the connections of this process.
int LyingDisk::lock(OpenFile& file, int level) {
  if (stopped_) return SQLITE_IOERR_LOCK;
  if (file.level >= level) return SQLITE_OK;
  int others = SQLITE_LOCK_NONE;
  for (const OpenFile* other : open_) {
    if (other != &file && other->path == file.path) others = std::max(others, other->level);
  }
  const int bearable = level == SQLITE_LOCK_SHARED     ? SQLITE_LOCK_RESERVED
                       : level == SQLITE_LOCK_RESERVED ? SQLITE_LOCK_SHARED
                                                       : SQLITE_LOCK_NONE;
  if (others <= bearable) {
    file.level = level;
    return SQLITE_OK;
  }
  const bool waits = level == SQLITE_LOCK_EXCLUSIVE && others == SQLITE_LOCK_SHARED;
  if (waits) file.level = SQLITE_LOCK_PENDING;
  return SQLITE_BUSY;
}

int LyingDisk::lock_shared(OpenFile& file, unsigned slots, int flags) {
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    file.shared_slots &= ~slots;
    file.exclusive_slots &= ~slots;
    return SQLITE_OK;
  }
  if (stopped_) return SQLITE_IOERR_SHMLOCK;
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (const OpenFile* other : open_) {
    if (other == &file || other->path != file.path) continue;
    const unsigned held = other->exclusive_slots | (exclusive ? other->shared_slots : 0);
    if ((held & slots) != 0) return SQLITE_BUSY;
  }
  (exclusive ? file.exclusive_slots : file.shared_slots) |= slots;
  return SQLITE_OK;
}

/// The index goes with its last user, as SQLite's own VFS forgets it.
void LyingDisk::leave_shared(OpenFile& file) {
  file.shared_slots = file.exclusive_slots = 0;
  if (!std::exchange(file.uses_shared, false)) return;
  if (--shared_[file.path].users == 0) shared_.erase(file.path);
}

}  // namespace orderflow::world
