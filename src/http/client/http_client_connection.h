#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "http/client/deadline.h"
#include "http/client/endpoint.h"
#include "http/client/http_answer.h"
#include "http/client/tls_trust.h"

namespace orderflow {

/// One HTTP/1.1 connection, plain or TLS, for one exchange at a time. Every wait ends by the
/// deadline. This header is heavy to include; the users of HttpPool do not need it.
class HttpClientConnection {
 public:
  /// `trust` must outlive the connection and may be null for a plain endpoint.
  HttpClientConnection(const boost::asio::any_io_executor& executor, Endpoint endpoint,
                       TlsTrust* trust);

  /// Finds the host, connects and, over TLS, verifies its certificate and name. Where only an
  /// issuer is missing, it tries once more with the bundle of `trust`.
  Task<HttpResult<void>> open(Deadline deadline);

  /// Sends `request`, which must outlive the call, and reads the answer.
  Task<HttpResult<HttpAnswer>> exchange(std::string_view request, Deadline deadline);

  /// False once the server has closed the connection, or an exchange has failed or has ended with
  /// "Connection: close".
  [[nodiscard]] bool is_usable();

 private:
  Task<HttpResult<void>> connect(const std::vector<boost::asio::ip::tcp::endpoint>& addresses);
  Task<HttpResult<void>> shake_hands();
  template <typename Stream>
  Task<HttpResult<HttpAnswer>> exchange_over(Stream& stream, std::string_view request);

  boost::beast::tcp_stream tcp_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
  boost::beast::flat_buffer buffer_;
  const Endpoint endpoint_;
  TlsTrust* const trust_;
  long verify_result_ = 0;  ///< of the last handshake: X509_V_OK, or why it was refused
  bool usable_ = false;
};

}  // namespace orderflow
