#include "proof/disk/disk_files.h"

#include <algorithm>

#include "proof/world/random.h"

namespace orderflow::world {
namespace {

constexpr std::size_t kSector = 512;

void put(Bytes& to, std::size_t offset, std::span<const std::uint8_t> bytes) {
  if (to.size() < offset + bytes.size()) to.resize(offset + bytes.size());
  std::ranges::copy(bytes, to.begin() + static_cast<std::ptrdiff_t>(offset));
}

void make(Bytes& to, const DiskFiles::UnsyncedChange& change) {
  change.truncate ? to.resize(change.offset) : put(to, change.offset, change.bytes);
}

/// Some of its sectors, and not in order. A change of less than a sector is there or not.
void make_torn(Bytes& to, const DiskFiles::UnsyncedChange& change, Random& random) {
  if (change.truncate) return;
  const std::span<const std::uint8_t> bytes(change.bytes);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t offset = change.offset + at;
    const std::size_t size = std::min(kSector - offset % kSector, bytes.size() - at);
    if (random.chance(0.5)) put(to, offset, bytes.subspan(at, size));
    at += size;
  }
}

void make_perhaps(Bytes& to, const DiskFiles::UnsyncedChange& change, Random& random) {
  switch (random.below(3)) {
    case 0:
      return;
    case 1:
      return make(to, change);
    default:
      return make_torn(to, change, random);
  }
}

}  // namespace

DiskFiles::DiskFiles(const Image& image) {
  for (const auto& [path, bytes] : image) {
    auto file = std::make_shared<File>(File{bytes, bytes, {}});
    names_[path] = {file, file};
  }
}

DiskFiles DiskFiles::copy() const {
  DiskFiles copied;
  copied.changes_ = changes_;
  for (const auto& [path, name] : names_) {
    const auto again = [](const auto& file) { return file ? std::make_shared<File>(*file) : file; };
    const auto now = again(name.now);
    copied.names_[path] = {now, name.durable == name.now ? now : again(name.durable)};
  }
  return copied;
}

std::shared_ptr<DiskFiles::File> DiskFiles::find(const std::string& path) const {
  const auto at = names_.find(path);
  return at == names_.end() ? nullptr : at->second.now;
}

std::shared_ptr<DiskFiles::File> DiskFiles::create(const std::string& path) {
  auto& file = names_[path].now;
  if (!file) file = std::make_shared<File>();
  return file;
}

void DiskFiles::remove(const std::string& path) { names_[path].now.reset(); }

void DiskFiles::write(File& file, std::size_t offset, std::span<const std::uint8_t> bytes) {
  file.unsynced.push_back({++changes_, offset, Bytes(bytes.begin(), bytes.end())});
  make(file.now, file.unsynced.back());
}

void DiskFiles::truncate(File& file, std::size_t size) {
  file.unsynced.push_back({++changes_, size, {}, true});
  make(file.now, file.unsynced.back());
}

void DiskFiles::sync(File& file) {
  for (const UnsyncedChange& change : file.unsynced) make(file.durable, change);
  file.unsynced.clear();
}

void DiskFiles::sync_folder() {
  for (auto& [path, name] : names_) name.durable = name.now;
}

Image DiskFiles::surviving(Survival survival, std::uint64_t seed,
                           const std::string& outside) const {
  Random random(seed);
  std::uint64_t oldest = changes_;
  for (const auto& [path, name] : names_) {
    if (name.now && !name.now->unsynced.empty() && path.find(outside) == std::string::npos) {
      oldest = std::min(oldest, name.now->unsynced.front().number);
    }
  }
  const std::uint64_t cut = oldest + random.below(changes_ - oldest + 1);

  Image image;
  for (const auto& [path, name] : names_) {
    const bool keeps = survival == Survival::All || path.find(outside) != std::string::npos;
    const bool newest = keeps || (survival != Survival::None && random.chance(0.5));
    const auto& file = newest ? name.now : name.durable;
    if (!file) continue;
    Bytes& bytes = image[path];
    bytes = keeps ? file->now : file->durable;
    if (keeps || survival == Survival::None) continue;
    for (const UnsyncedChange& change : file->unsynced) {
      if (survival == Survival::Torn) {
        make_perhaps(bytes, change, random);
      } else if (change.number < cut) {
        make(bytes, change);
      } else if (change.number == cut) {
        make_torn(bytes, change, random);
      }
    }
  }
  return image;
}

}  // namespace orderflow::world
