#pragma once

#include <functional>
#include <string>

#include "http/message.h"
#include "functions/services.h"

namespace orderflow {

struct ApiSettings {
  /// What admin requests must bear; where it is empty nobody is admin.
  std::string admin_token;
  /// The Prometheus text of GET /metrics; where it is empty the route answers 404 (on AWS).
  std::function<Task<std::string>()> metrics;
  /// False while the host starts or stops: GET /readyz answers 503.
  std::function<bool()> ready = [] { return true; };
};

/// The HTTP API over the functions: one table of routes (api/routes.cc), JSON, problem details.
/// Knows nothing of sockets or Lambda events; both hosts call handle().
class Api {
 public:
  Api(Services& services, ApiSettings settings);
  /// Never fails and never throws for what a client sends: every fault is a response. HEAD is
  /// answered like GET, body included; leaving the body out is the host's.
  Task<HttpResponse> handle(HttpRequest request);

 private:
  Services& services_;
  ApiSettings settings_;
};

}  // namespace orderflow
