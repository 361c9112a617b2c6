#pragma once

#include "api/api.h"
#include "api/target.h"
#include "functions/services.h"
#include "http/message.h"

namespace orderflow {

/// One request on its way through the API. It lives until its handler has answered.
struct ApiCall {
  Services& services;
  const ApiSettings& settings;
  const HttpRequest& request;
  Target target;
};

// One handler a route; the table of api/routes.cc names it. Before a handler runs, the rules of its
// route are checked: the admin token, the names of the query parameters, each at most once, and the
// presence and content type of the body.

Task<HttpResponse> handle_submit_order(const ApiCall& call);
Task<HttpResponse> handle_get_order(const ApiCall& call);
Task<HttpResponse> handle_get_timeline(const ApiCall& call);
Task<HttpResponse> handle_list_orders(const ApiCall& call);
Task<HttpResponse> handle_cancel_order(const ApiCall& call);
Task<HttpResponse> handle_retry_order(const ApiCall& call);

Task<HttpResponse> handle_get_product(const ApiCall& call);
Task<HttpResponse> handle_list_products(const ApiCall& call);
Task<HttpResponse> handle_put_product(const ApiCall& call);
Task<HttpResponse> handle_adjust_stock(const ApiCall& call);

Task<HttpResponse> handle_get_queues(const ApiCall& call);
Task<HttpResponse> handle_retry_queue(const ApiCall& call);
Task<HttpResponse> handle_healthz(const ApiCall& call);
Task<HttpResponse> handle_readyz(const ApiCall& call);
Task<HttpResponse> handle_metrics(const ApiCall& call);
Task<HttpResponse> handle_openapi(const ApiCall& call);

}  // namespace orderflow
