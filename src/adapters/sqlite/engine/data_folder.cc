#include "adapters/sqlite/engine/data_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace orderflow::sqlite {

Result<void> make_data_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0) {
    const int error = errno;
    std::error_code ignored;
    if (error == EEXIST && std::filesystem::is_directory(folder, ignored)) return {};
    const auto above = folder.parent_path();
    if (error != ENOENT || above.empty() || above == folder) {
      return failure(ErrorCode::Unavailable, "cannot make the data folder " + folder.string() +
                                                 ": " + std::strerror(error));
    }
    if (auto made = make_data_folder(above); !made) return made;
    return make_data_folder(folder);
  }
  const auto named = folder.has_filename() ? folder : folder.parent_path();  // "data/" is "data"
  sync_folder(std::filesystem::absolute(named).parent_path());
  return {};
}

void sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // a folder above ours that we may not read
  ::fsync(fd);
  ::close(fd);
}

bool has_content(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? error != std::errc::no_such_file_or_directory : size > 0;
}

std::uintmax_t write_ahead_log_bytes(const std::filesystem::path& folder) {
  std::uintmax_t bytes = 0;
  for (const std::string_view file : {kShopFile, kBooksFile}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(folder / std::string(file).append("-wal"), error);
    if (!error) bytes += size;
  }
  return bytes;
}

bool belongs_to_shop(const std::filesystem::path& folder, const std::filesystem::path& file) {
  constexpr std::array<std::string_view, 4> kNames = {kShopFile, kBooksFile, "orderflow.lock",
                                                      "admin-token"};
  const auto real = [](const std::filesystem::path& path) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    return std::filesystem::weakly_canonical(absolute, error);
  };
  const auto target = real(file);
  if (!target.has_filename() || target.parent_path() != real(folder)) return false;
  // Also those with -wal, -shm or .new at the end.
  return std::ranges::any_of(kNames, [name = target.filename().string()](std::string_view own) {
    return name.starts_with(own);
  });
}

}  // namespace orderflow::sqlite
