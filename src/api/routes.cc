#include "api/routes.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "api/cors.h"
#include "api/problem.h"
#include "api/request_parts.h"

namespace orderflow {
namespace {

constexpr std::span<const std::string_view> kNoParameters;
constexpr std::array<std::string_view, 2> kPageParameters{"limit", "cursor"};
constexpr std::array<std::string_view, 6> kOrderParameters{"customerEmail", "status", "from", "to",
                                                           "limit",         "cursor"};

using enum Access;
using enum BodyRule;

constexpr std::string_view kSubmission = kOrderSubmission;
constexpr std::string_view kStatus = kOrderStatus;
constexpr std::string_view kAdmin = kOrderAdmin;

// The busiest come first.
// clang-format off
constexpr std::array<Route, 16> kRoutes{{
    {"POST", "/orders",                     kSubmission, Anyone, Required, kNoParameters,    handle_submit_order},
    {"GET",  "/orders/{orderId}",           kStatus,     Anyone, Ignored,  kNoParameters,    handle_get_order},
    {"GET",  "/healthz",                    kStatus,     Anyone, Ignored,  kNoParameters,    handle_healthz},
    {"GET",  "/orders/{orderId}/timeline",  kStatus,     Anyone, Ignored,  kNoParameters,    handle_get_timeline},
    {"POST", "/orders/{orderId}/cancel",    kAdmin,      Admin,  Optional, kNoParameters,    handle_cancel_order},
    {"POST", "/orders/{orderId}/retry",     kAdmin,      Admin,  None,     kNoParameters,    handle_retry_order},
    {"GET",  "/orders",                     kAdmin,      Admin,  Ignored,  kOrderParameters, handle_list_orders},
    {"GET",  "/products/{sku}",             kAdmin,      Anyone, Ignored,  kNoParameters,    handle_get_product},
    {"GET",  "/products",                   kAdmin,      Anyone, Ignored,  kPageParameters,  handle_list_products},
    {"PUT",  "/products/{sku}",             kAdmin,      Admin,  Required, kNoParameters,    handle_put_product},
    {"POST", "/products/{sku}/adjustments", kAdmin,      Admin,  Required, kNoParameters,    handle_adjust_stock},
    {"GET",  "/queues",                     kAdmin,      Admin,  Ignored,  kNoParameters,    handle_get_queues},
    {"POST", "/queues/{queue}/retry",       kAdmin,      Admin,  Optional, kNoParameters,    handle_retry_queue},
    {"GET",  "/readyz",                     kAdmin,      Anyone, Ignored,  kNoParameters,    handle_readyz},
    {"GET",  "/metrics",                    kAdmin,      Anyone, Ignored,  kNoParameters,    handle_metrics},
    {"GET",  "/openapi.yaml",               kAdmin,      Anyone, Ignored,  kNoParameters,    handle_openapi},
}};
// clang-format on
static_assert(std::ranges::all_of(kRoutes, [](const Route& route) {
  return std::ranges::count(route.pattern, '/') <= std::ptrdiff_t{Target::kSegmentsMax};
}));

bool matches(std::string_view pattern, const Target& target) {
  if (static_cast<std::size_t>(std::ranges::count(pattern, '/')) != target.segment_count()) {
    return false;
  }
  for (std::size_t i = 0; i < target.segment_count(); ++i) {
    pattern.remove_prefix(1);
    const std::string_view expected = pattern.substr(0, pattern.find('/'));
    if (!expected.starts_with('{') && expected != target.segment(i)) return false;
    pattern.remove_prefix(expected.size());
  }
  return true;
}

bool serves(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

/// The methods of this path, or, where it is empty, of all paths: "GET, HEAD, PUT".
std::string methods_of(std::string_view pattern) {
  std::string methods;
  for (const Route& route : kRoutes) {
    if (!pattern.empty() && route.pattern != pattern) continue;
    if (methods.find(route.method) != std::string::npos) continue;
    if (!methods.empty()) methods += ", ";
    methods += route.method;
    if (route.method == "GET") methods += ", HEAD";
  }
  return methods;
}

/// OPTIONS * asks for what the server as a whole can do (RFC 9110, 9.3.7).
HttpResponse answer_options() {
  HttpResponse response{.content_type = ""};
  response.headers.emplace_back("Allow", methods_of("") + ", OPTIONS");
  return response;
}

/// The 405 that lists the methods of this path.
HttpResponse refuse_method(std::string_view pattern) {
  std::string allow = methods_of(pattern);
  auto response = problem_response(Problem::MethodNotAllowed,
                                   "The methods of this resource are: " + allow + ".");
  response.headers.emplace_back("Allow", std::move(allow));
  return response;
}

HttpResponse refuse_token(const HttpRequest& request) {
  auto response = problem_response(Problem::Unauthorized,
                                   "This route needs the header `Authorization: Bearer <token>` "
                                   "with the admin token.");
  std::string challenge = R"(Bearer realm="orderflow")";
  if (request.authorization) challenge += R"(, error="invalid_token")";
  response.headers.emplace_back("WWW-Authenticate", std::move(challenge));
  return response;
}

/// Health checks come by any name. They tell nothing, so a page of a stranger may read them.
bool is_for_this_host(const HttpRequest& request, const std::optional<HostNames>& hosts) {
  return !hosts || hosts->accept(request.host) || request.target == "/healthz" ||
         request.target == "/readyz";
}

HttpResponse refuse_host() {
  return problem_response(Problem::MisdirectedRequest,
                          "The service is not known by the name in the header Host. Where it "
                          "should be, start it with --host and that name.");
}

/// Names the parameters that the route has, not the one that was sent: that may be personal data.
HttpResponse refuse_parameter(const Route& route) {
  std::string detail = "The query has an unknown parameter; this route takes ";
  std::string_view separator;
  for (const std::string_view name : route.parameters) {
    detail.append(separator).append(name);
    separator = ", ";
  }
  if (route.parameters.empty()) detail += "none";
  detail += '.';
  return problem_response(Problem::InvalidParameter, detail);
}

std::optional<HttpResponse> refuse_query(const Route& route, const Target& target) {
  for (auto at = target.query().begin(); at != target.query().end(); ++at) {
    if (std::ranges::find(route.parameters, at->first) == route.parameters.end()) {
      return refuse_parameter(route);
    }
    if (std::find_if(target.query().begin(), at,
                     [at](const auto& earlier) { return earlier.first == at->first; }) != at) {
      return bad_parameter(at->first, "was sent more than once");
    }
  }
  return std::nullopt;
}

std::optional<HttpResponse> refuse_body(const Route& route, const HttpRequest& request) {
  switch (route.body) {
    case Ignored:
      return std::nullopt;
    case None:
      if (request.body.empty()) return std::nullopt;
      return problem_response(Problem::UnexpectedBody, "Send this request without a body.");
    case Optional:
    case Required:
      // The JSON reader rejects an empty body where one is required.
      return request.body.empty() ? std::nullopt : refuse_media_type(request);
  }
  return std::nullopt;
}

/// The first route of this path that has the method; where no route has it, any of this path.
/// nullptr where the path has no route.
const Route* find_route(const Target& target, std::string_view method) {
  const Route* found = nullptr;
  for (const Route& route : kRoutes) {
    if (!matches(route.pattern, target)) continue;
    found = &route;
    if (serves(route, method)) break;
  }
  return found;
}

/// The route that this function answers; nullptr where it has none. order-admin is the function
/// that answers a method which the path does not have.
const Route* route_here(const ApiCall& call) {
  const std::string_view method = call.request.method;
  const Route* const found = find_route(call.target, method);
  if (!found) return nullptr;
  const std::string_view function = serves(*found, method) ? found->function : kOrderAdmin;
  const std::string_view here = call.settings.function;
  return here.empty() || here == function ? found : nullptr;
}

/// Checks the request against the rules of its route: nullopt where its handler may run.
std::optional<HttpResponse> refuse(const Route& route, const ApiCall& call) {
  const HttpRequest& request = call.request;
  if (!serves(route, request.method)) return refuse_method(route.pattern);
  if (route.access == Admin && !request.is_admin &&
      !bears_token(request.authorization, call.settings.admin_token)) {
    return refuse_token(request);
  }
  if (auto refused = refuse_query(route, call.target)) return refused;
  return refuse_body(route, request);
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Api::Api(Services& services, ApiSettings settings)
    : services_(services), settings_(std::move(settings)) {}

Task<HttpResponse> Api::handle(HttpRequest request) {
  if (!is_for_this_host(request, settings_.hosts)) co_return refuse_host();
  if (auto preflight = answer_preflight(request, settings_.cors_origins)) {
    co_return std::move(*preflight);
  }
  ApiCall call{services_, settings_, request, {}};
  const Route* route = nullptr;
  HttpResponse response;
  try {
    if (request.target == "*") {
      response = answer_options();
    } else if (!call.target.parse(request.target)) {
      response = problem_response(Problem::InvalidTarget,
                                  "The path or the query is not valid percent-encoded UTF-8.");
    } else if (route = route_here(call); route == nullptr) {
      response = problem_response(Problem::NotFound, "There is no such resource.");
    } else if (auto refused = refuse(*route, call)) {
      response = std::move(*refused);
      if (response.status == 401 && request.authorization && settings_.on_wrong_token) {
        co_await settings_.on_wrong_token(request.client);
      }
    } else {
      response = co_await route->handler(call);
    }
  } catch (const std::exception& exception) {
    response = problem_response(Error{ErrorCode::Corrupt, exception.what()});
  }
  if (route) response.route = route->pattern;
  allow_origin(response, request, settings_.cors_origins);
  co_return response;
}

}  // namespace orderflow
