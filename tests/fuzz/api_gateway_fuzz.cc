#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "api/target.h"
#include "apps/lambda/api_gateway_event.h"
#include "base/check.h"
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "fuzz/shop_for_fuzz.h"

// An event of API Gateway, answered from a shop in memory.
namespace orderflow {
namespace {

HttpResponse ask(const HttpRequest& request) {
  boost::asio::io_context io(1);
  fuzz::Shop shop;
  std::optional<HttpResponse> answer;
  boost::asio::co_spawn(io, shop.api.handle(request),
                        [&answer](std::exception_ptr bug, HttpResponse response) {
                          CHECK(!bug);
                          answer = std::move(response);
                        });
  io.run();
  CHECK(answer);
  return std::move(*answer);
}

void check_answer(const HttpResponse& response, std::string_view method) {
  const std::string text = lambda::api_gateway_response(response, method, "id");
  const auto answer = boost::json::parse(text).as_object();
  CHECK(answer.at("statusCode").as_int64() == response.status);
  CHECK(response.status >= 200 && response.status < 600 && response.status != 500);
  CHECK(answer.at("headers").as_object().at("Content-Type").as_string() == response.content_type);
  CHECK(method == "HEAD" || answer.at("body").as_string() == response.body);
}

}  // namespace

FUZZ(api_gateway) {
  const auto request = lambda::read_api_gateway_event(input);
  if (!request) return check_answer(request.error(), "GET");
  CHECK(request->target.size() <= kUriBytesMax && request->body.size() <= kBodyBytesMax);
  check_answer(ask(request->http()), request->rest.method);
}

}  // namespace orderflow
