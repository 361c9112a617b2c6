#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace orderflow::world {

using Bytes = std::vector<std::uint8_t>;
/// What stands on a disk: the bytes of each file, by its path.
using Image = std::map<std::string, Bytes>;

/// Which of the changes that no sync has confirmed are there after a power cut.
enum class Survival : std::uint8_t {
  All,     ///< as after the mere death of a process: the operating system has them
  None,    ///< the disk had begun with none of them
  Prefix,  ///< all bytes up to some moment, over all files, the last torn; of the names any
  Torn,    ///< each for itself: kept, dropped, or torn between sectors of 512 bytes
};

/// Files of one folder in memory, each as programs read it and as it stands on the disk. A new or
/// deleted name is a change of the folder, which has a sync of its own. For one thread at a time.
class DiskFiles {
 public:
  struct UnsyncedChange {
    std::uint64_t number = 0;  ///< counts up over all files
    std::size_t offset = 0;
    Bytes bytes;
    bool truncate = false;  ///< to `offset`
  };
  struct File {
    Bytes now;      ///< as programs read it
    Bytes durable;  ///< what every power cut leaves
    std::vector<UnsyncedChange> unsynced;
  };

  DiskFiles() = default;
  /// All of it durable.
  DiskFiles(const Image& image);
  /// The same files once more, and the same of each not yet synced: a process has died, and the
  /// operating system has not.
  [[nodiscard]] DiskFiles copy() const;

  /// Null where there is no such file.
  [[nodiscard]] std::shared_ptr<File> find(const std::string& path) const;
  std::shared_ptr<File> create(const std::string& path);
  void remove(const std::string& path);

  void write(File& file, std::size_t offset, std::span<const std::uint8_t> bytes);
  void truncate(File& file, std::size_t size);
  static void sync(File& file);
  void sync_folder();
  /// A sync that fails as Linux has it: programs go on reading what they wrote, the disk never sees
  /// it, and the next sync says that all is well.
  static void lose(File& file) { file.unsynced.clear(); }

  /// What is there after the machine stops now. Files with `outside` in their path are another
  /// computer's: they keep everything. The same seed chooses the same.
  [[nodiscard]] Image surviving(Survival survival, std::uint64_t seed,
                                const std::string& outside) const;

 private:
  struct Name {
    std::shared_ptr<File> now;
    std::shared_ptr<File> durable;
  };
  std::map<std::string, Name> names_;
  std::uint64_t changes_ = 0;
};

}  // namespace orderflow::world
