#include "apps/orderflow/admin_token.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "base/hex.h"

namespace orderflow {
namespace {

constexpr std::size_t kTokenLettersMin = 16;

std::string random_token() {
  std::array<unsigned char, 32> bytes;
  CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  return to_hex(bytes);
}

std::unexpected<Error> failed_to(const char* what, const std::filesystem::path& path) {
  return failure(ErrorCode::Unavailable,
                 std::string("cannot ") + what + " the admin token " + path.string() + ": " +
                     std::strerror(errno) + "; correct that, or set ORDERFLOW_ADMIN_TOKEN instead");
}

Result<std::string> read_token(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct stat found{};
  std::array<char, 4096> text;
  const bool readable = fd >= 0 && ::fstat(fd, &found) == 0;
  const ssize_t size = readable ? ::read(fd, text.data(), text.size()) : -1;
  const auto unreadable = failed_to("read", path);  // before close() sets errno
  if (fd >= 0) ::close(fd);
  if (size < 0) return unreadable;
  constexpr mode_t kOthers = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
  if ((found.st_mode & kOthers) != 0) {
    return failure(ErrorCode::InvalidInput,
                   "other users of this machine can read or write the admin token " +
                       path.string() + "; run: chmod 600 " + path.string());
  }
  const std::string_view whole(text.data(), static_cast<std::size_t>(size));
  return checked_admin_token(std::string(whole.substr(0, whole.find('\n'))), path.string());
}

/// Makes one under another name first, so that a crash or a full disk leaves no half a token.
Result<std::string> make_token(const std::filesystem::path& path) {
  const std::string partial = path.string() + ".new";
  ::unlink(partial.c_str());  // of a start that did not end
  const int fd = ::open(partial.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  std::string token = random_token();
  const std::string line = token + "\n";
  const bool written = fd >= 0 &&
                       ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(fd) == 0 && std::rename(partial.c_str(), path.c_str()) == 0;
  const auto unwritable = failed_to("write", path);
  if (fd >= 0) ::close(fd);
  if (!written) return unwritable;
  return token;
}

}  // namespace

Result<std::string> checked_admin_token(std::string token, const std::string& where) {
  const bool printable = token.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "-._~+/=") == std::string::npos;
  if (token.size() >= kTokenLettersMin && printable) return token;
  return failure(ErrorCode::InvalidInput,
                 where + ": an admin token has at least 16 letters, digits or -._~+/=");
}

Result<std::string> admin_token(const std::filesystem::path& data) {
  if (const char* token = std::getenv("ORDERFLOW_ADMIN_TOKEN"); token != nullptr) {
    return checked_admin_token(token, "ORDERFLOW_ADMIN_TOKEN");
  }
  const auto path = data / "admin-token";
  struct stat there{};
  // Only a name that does not exist means that there is no token yet: neither a link to a file that
  // is not there, nor a folder that cannot be read.
  if (::lstat(path.c_str(), &there) == 0) return read_token(path);
  if (errno != ENOENT) return failed_to("read", path);
  return make_token(path);
}

}  // namespace orderflow
