#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace orderflow::bench {

/// An endless supply of requests, each ready to be sent as it is.
class Requests {
 public:
  virtual ~Requests() = default;
  /// Valid until the next call.
  [[nodiscard]] virtual std::string_view next() = 0;
};

[[nodiscard]] std::string get_request(std::string_view target);

[[nodiscard]] std::unique_ptr<Requests> healthz_requests();

/// POST /orders: customer, item and quantity differ from order to order. `keyed`: each with an
/// Idempotency-Key of its own that no other run uses.
[[nodiscard]] std::unique_ptr<Requests> post_requests(bool keyed);

/// GET /orders/{orderId} of an order drawn at random. `ids`: one a line.
[[nodiscard]] std::unique_ptr<Requests> order_requests(std::string_view ids);

}  // namespace orderflow::bench
