#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace orderflow::simulator {

using Bytes = std::vector<std::uint8_t>;
/// What stands on a disk: the bytes of each file, by its path.
using Image = std::map<std::string, Bytes>;

/// Which of the changes that no sync has confirmed are there after a power cut.
enum class Survival : std::uint8_t {
  All,     ///< as after the mere death of a process: the operating system has them
  None,    ///< the disk had begun with none of them
  Prefix,  ///< all up to some moment, over all files; the last of them torn
  Torn,    ///< each for itself: kept, dropped, or torn between sectors of 512 bytes
};

/// Files of one folder in memory, each as programs read it and as it stands on the disk. A new or
/// deleted name is a change too. The first sync of a new file confirms all names, since SQLite's
/// own VFS syncs the folder after that of a new log or journal. For one thread at a time.
class DiskFiles {
 public:
  struct Change {
    std::uint64_t number = 0;  ///< counts up over all files
    std::size_t offset = 0;
    Bytes bytes;
    bool truncate = false;  ///< to `offset`
  };
  struct File {
    Bytes now;      ///< as programs read it
    Bytes durable;  ///< what every power cut leaves
    std::vector<Change> unsynced;
  };

  DiskFiles() = default;
  /// All of it durable.
  explicit DiskFiles(const Image& image);

  /// Null where there is no such file.
  [[nodiscard]] std::shared_ptr<File> find(const std::string& path) const;
  std::shared_ptr<File> create(const std::string& path);
  void remove(const std::string& path, bool durably);

  void write(File& file, std::size_t offset, std::span<const std::uint8_t> bytes);
  void truncate(File& file, std::size_t size);
  void sync(const std::string& path, File& file);
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

}  // namespace orderflow::simulator
