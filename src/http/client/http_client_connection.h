#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string_view>

#include "adapters/aws/deadline.h"
#include "adapters/aws/endpoint.h"
#include "adapters/aws/http.h"
#include "adapters/aws/tls_trust.h"
#include "base/task.h"

namespace orderflow::aws {

/// One HTTP/1.1 connection, plain or TLS, for one exchange at a time. Every wait ends by the
/// deadline.
class Connection {
 public:
  /// `trust` must outlive the connection and may be null for a plain endpoint.
  Connection(boost::asio::any_io_executor executor, const Endpoint& endpoint, TlsTrust* trust);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Finds the host, connects and shakes hands. Certificate and host name are verified; where only
  /// an issuer is missing, once more with the bundle of `trust`.
  Task<HttpResult<void>> open(Deadline deadline);

  /// `request` is held by the caller until this returns.
  Task<HttpResult<HttpAnswer>> exchange(std::string_view request, Deadline deadline);

  /// False once the other side has closed it, or the last exchange has left it unusable.
  [[nodiscard]] bool is_usable();

 private:
  class Streams;
  std::unique_ptr<Streams> streams_;
};

}  // namespace orderflow::aws
