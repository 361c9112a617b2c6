#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/host_names.h"
#include "functions/services.h"
#include "http/message.h"

namespace orderflow {

struct ApiSettings {
  /// The token that admin requests must carry. Where it is empty, no token makes an admin.
  std::string admin_token;
  /// The Prometheus text of GET /metrics. Where it is not set, the route answers 404 (on Lambda).
  std::function<Task<std::string>()> metrics;
  /// False while the service starts or stops: GET /readyz answers 503.
  std::function<bool()> ready = [] { return true; };
  /// Where set, only the routes of this function are answered (on Lambda); all others are 404.
  std::string_view function = {};
  /// Whose pages may read the answers (api/cors.h); none where API Gateway does that.
  std::vector<std::string> cors_origins = {};
  /// Where set, requests for other hosts are refused with 421, but for /healthz and /readyz.
  std::optional<HostNames> hosts = {};
  /// Where set, awaited before a wrong token is answered, with HttpRequest::client.
  std::function<Task<void>(std::string_view)> on_wrong_token = {};
};

/// The HTTP API over the functions: one table of routes (api/routes.cc), JSON, problem details.
/// Knows nothing of sockets or Lambda events: `serve` and the Lambda functions both call handle().
class Api {
 public:
  Api(Services& services, ApiSettings settings);
  /// Answers every request, also one that is wrong in any way; never throws. HEAD is answered like
  /// GET, body included: the caller leaves the body out.
  Task<HttpResponse> handle(HttpRequest request);

 private:
  Services& services_;
  ApiSettings settings_;
};

}  // namespace orderflow
