#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderflow {

/// What a server answered.
struct HttpAnswer {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< as they came

  /// The value of the first header of this name, in any case; "" where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Why there is no answer. What the server made of the request is known only where nothing was sent.
struct HttpError {
  enum class Kind {
    Unreachable,  ///< nothing was sent: no address, no connection, no handshake
    Untrusted,    ///< nothing was sent: the certificate of the server was refused
    Silent,   ///< sent, at least in part; the connection broke before the first byte of an answer
    Broken,   ///< the answer broke off, or is not HTTP
    Timeout,  ///< the deadline passed; the request may have been sent
  };
  Kind kind;
  std::string detail;  ///< for a person
};

template <typename T>
using HttpResult = std::expected<T, HttpError>;

}  // namespace orderflow
