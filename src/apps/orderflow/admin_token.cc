#include "apps/orderflow/admin_token.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

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
  if (std::ifstream file(path); file) {
    std::string token;
    std::getline(file, token);
    return checked_admin_token(std::move(token), path.string());
  }
  std::string token = random_token();
  // Written under another name first, so that a crash or a full disk leaves no half a token.
  const auto partial = data / "admin-token.new";
  const int fd = ::open(partial.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  const std::string line = token + "\n";
  const bool written = fd >= 0 &&
                       ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!written || std::rename(partial.c_str(), path.c_str()) != 0) {
    return failure(ErrorCode::Unavailable,
                   "cannot write " + path.string() + ": " + std::strerror(written ? errno : error));
  }
  return token;
}

}  // namespace orderflow
