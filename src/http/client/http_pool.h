#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "http/client/deadline.h"
#include "http/client/endpoint.h"
#include "http/client/http_answer.h"

namespace orderflow {

class HttpClientConnection;
class TlsTrust;

/// The keep-alive connections to one endpoint. For one thread. Held by shared pointer: an exchange
/// keeps its pool.
class HttpPool : public std::enable_shared_from_this<HttpPool> {
 public:
  /// `trust` may be null where the endpoint is plain.
  HttpPool(boost::asio::any_io_executor executor, Endpoint endpoint,
           std::shared_ptr<TlsTrust> trust);
  ~HttpPool();

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

  /// Sends the text of a request (request_text.h) and reads the answer, over an idle connection or
  /// a new one. With kConnectionsMax exchanges under way, the next one waits for its turn.
  ///
  /// A request is sent a second time in one case only: an idle connection broke before the first
  /// byte of an answer. Servers close idle connections at any time, so this says nothing about the
  /// request; the second time goes over a new connection. Even so the server may have seen the
  /// request twice: what must not happen twice needs a key that the server knows.
  Task<HttpResult<HttpAnswer>> exchange(std::string request, Deadline deadline);

  static constexpr std::size_t kConnectionsMax = 64;

 private:
  class Turn;
  std::unique_ptr<HttpClientConnection> take_idle();
  void keep(std::unique_ptr<HttpClientConnection> connection);

  const boost::asio::any_io_executor executor_;
  const Endpoint endpoint_;
  const std::shared_ptr<TlsTrust> trust_;
  std::vector<std::unique_ptr<HttpClientConnection>> idle_;  ///< the most recently used last
  std::size_t exchanges_ = 0;                                ///< that have their turn
  std::list<Turn*> waiting_;
};

}  // namespace orderflow
