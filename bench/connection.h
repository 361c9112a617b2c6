#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orderflow::bench {

struct Answer {
  int status = 0;
  std::string_view head;  ///< status line and headers; valid until the next receive()
  std::string_view body;
};

/// One kept-alive HTTP/1.1 connection to 127.0.0.1 with at most one request under way. Reads just
/// enough of HTTP for a server that answers with Content-Length. A connection that the server
/// closes ends the program: under load that is a finding, not an event.
class Connection {
 public:
  explicit Connection(std::uint16_t port);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  void send(std::string_view request);
  /// What is there to read, in one system call; the answer once it is complete.
  [[nodiscard]] std::optional<Answer> receive();
  /// Sends and waits for the answer.
  Answer ask(std::string_view request);

 private:
  [[nodiscard]] std::optional<Answer> parse();

  int fd_;
  std::string buffer_;
  std::size_t filled_ = 0;
};

}  // namespace orderflow::bench
