#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/sigv4.h"

namespace orderflow::aws {

/// A request as it goes on the wire. `headers` need no content-length; nothing here may hold CR or
/// LF.
[[nodiscard]] std::string request_text(std::string_view method, std::string_view target,
                                       const std::vector<Header>& headers, std::string_view body);

/// False for text that would end a header line.
[[nodiscard]] bool is_header_value(std::string_view text);

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::string error_type;   ///< header x-amzn-errortype
  std::string query_error;  ///< header x-amzn-query-error
};

struct HttpFault {
  enum class Kind {
    Unreachable,  ///< nothing was sent: no address, no connection, no handshake
    Untrusted,    ///< nothing was sent: the other side's certificate was refused
    Silent,       ///< sent, perhaps in part; the connection broke before a byte of an answer
    Broken,       ///< the answer broke off, or is not HTTP
    Timeout,      ///< the deadline passed; it may have been sent
  };
  Kind kind;
  std::string detail;  ///< for a person
};

template <typename T>
using HttpResult = std::expected<T, HttpFault>;

}  // namespace orderflow::aws
