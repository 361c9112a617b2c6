#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace orderflow::testing {

struct Answer {
  int status = 0;  ///< 0: none came
  std::string head;
  std::string body;
  [[nodiscard]] bool has(std::string_view line) const { return head.find(line) != head.npos; }
};

/// A TCP client that sends bytes unchanged. No call takes longer than 10 s.
class RawClient {
 public:
  /// `receive_buffer`: bytes that the system takes before they are read; 0 leaves it to the system.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        received_(std::move(other.received_)) {}

  [[nodiscard]] bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }

  /// The next answer, as much of it as comes; `with_body` is false after a HEAD.
  Answer read_answer(bool with_body = true) {
    Answer answer;
    while (received_.find("\r\n\r\n") == received_.npos) {
      if (!receive()) return answer;
    }
    const auto head_end = received_.find("\r\n\r\n") + 4;
    answer.head = received_.substr(0, head_end);
    answer.status = std::atoi(answer.head.c_str() + sizeof "HTTP/1.1");
    std::size_t length = 0;
    if (const auto at = answer.head.find("Content-Length: "); with_body && at != answer.head.npos) {
      length = std::strtoul(answer.head.c_str() + at + sizeof "Content-Length:", nullptr, 10);
    }
    bool more = true;
    while (more && received_.size() < head_end + length) more = receive();
    answer.body = received_.substr(head_end, length);
    if (!more) return answer;
    received_.erase(0, head_end + length);
    return answer;
  }

  bool answers_within(std::chrono::milliseconds time) {
    pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&readable, 1, static_cast<int>(time.count())) == 1;
  }

  /// True when the server closes without sending anything more.
  bool closes() { return received_.empty() && !receive() && ended_; }

 private:
  bool receive() {
    char bytes[16384];
    const auto n = ::recv(socket_, bytes, sizeof bytes, 0);
    if (n <= 0) {
      ended_ = n == 0 || errno == ECONNRESET;
      return false;
    }
    received_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

}  // namespace orderflow::testing
