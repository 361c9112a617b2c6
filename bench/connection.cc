#include "connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace orderflow::bench {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::size_t content_length(std::string_view head) {
  static constexpr std::string_view kName = "\r\nContent-Length:";
  for (auto at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
    if (head.size() - at <= kName.size()) break;
    if (strncasecmp(head.data() + at, kName.data(), kName.size()) != 0) continue;
    auto digits = head.substr(at + kName.size());
    digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
    std::size_t length = 0;
    std::from_chars(digits.begin(), digits.end(), length);
    return length;
  }
  throw std::runtime_error("an answer without Content-Length");
}

}  // namespace

Connection::Connection(std::uint16_t port) : buffer_(8 * 1024, '\0') {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect");
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Connection::~Connection() {
  if (fd_ >= 0) close(fd_);
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      filled_(std::exchange(other.filled_, 0)) {}

void Connection::send(std::string_view request) {
  while (!request.empty()) {
    const auto sent = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::optional<Answer> Connection::receive() {
  if (filled_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  const auto got = recv(fd_, buffer_.data() + filled_, buffer_.size() - filled_, 0);
  if (got < 0) fail("recv");
  if (got == 0) throw std::runtime_error("the server closed a connection");
  filled_ += static_cast<std::size_t>(got);
  return parse();
}

std::optional<Answer> Connection::parse() {
  const std::string_view text(buffer_.data(), filled_);
  const auto head_end = text.find("\r\n\r\n");
  if (head_end == text.npos) return std::nullopt;
  const auto head = text.substr(0, head_end + 2);
  const auto length = content_length(head);
  if (text.size() < head_end + 4 + length) return std::nullopt;
  if (text.size() > head_end + 4 + length) throw std::runtime_error("an answer to no request");
  Answer answer{.head = head, .body = text.substr(head_end + 4)};
  static constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1 ").size();
  if (head.size() < kStatusAt + 3) throw std::runtime_error("an answer that is not HTTP");
  std::from_chars(head.data() + kStatusAt, head.data() + kStatusAt + 3, answer.status);
  filled_ = 0;
  return answer;
}

Answer Connection::ask(std::string_view request) {
  send(request);
  for (;;) {
    if (const auto answer = receive()) return *answer;
  }
}

}  // namespace orderflow::bench
