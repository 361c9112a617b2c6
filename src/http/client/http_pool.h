#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "adapters/aws/connection.h"
#include "adapters/aws/deadline.h"
#include "adapters/aws/endpoint.h"
#include "adapters/aws/http.h"
#include "adapters/aws/tls_trust.h"
#include "base/task.h"

namespace orderflow::aws {

/// The keep-alive connections to one endpoint. For one thread. Held by shared pointer: an exchange
/// keeps its pool.
class HttpPool : public std::enable_shared_from_this<HttpPool> {
 public:
  /// `trust` may be null where the endpoint is plain.
  HttpPool(boost::asio::any_io_executor executor, Endpoint endpoint,
           std::shared_ptr<TlsTrust> trust);

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

  /// Sends the text of a request over an idle connection or a new one and reads the answer. An idle
  /// connection that turns out closed is replaced by a new one at once. Beyond kConnectionsMax
  /// exchanges the next one waits for its turn.
  Task<HttpResult<HttpAnswer>> exchange(std::string request, Deadline deadline);

  static constexpr std::size_t kConnectionsMax = 64;

 private:
  class Turn;
  std::unique_ptr<Connection> take_idle();
  void keep(std::unique_ptr<Connection> connection);

  const boost::asio::any_io_executor executor_;
  const Endpoint endpoint_;
  const std::shared_ptr<TlsTrust> trust_;
  std::vector<std::unique_ptr<Connection>> idle_;  ///< the most recently used last
  std::size_t exchanges_ = 0;
  std::list<Turn*> waiting_;
};

}  // namespace orderflow::aws
