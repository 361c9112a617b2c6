#include "proof/world/clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

constexpr Duration kAnswerWithin = 35s;
constexpr int kTriesOfOrder = 12;
constexpr int kTriesOfAdmin = 10;
constexpr int kLooksMax = 60;
constexpr int kOperatorRounds = 3;

/// The text of a string member of a JSON object that the API wrote.
std::string member(std::string_view json, std::string_view name) {
  const std::string key = fmt::format("\"{}\":\"", name);
  const std::size_t at = json.find(key);
  if (at == std::string_view::npos) return "";
  json.remove_prefix(at + key.size());
  return std::string(json.substr(0, json.find('"')));
}

std::string token_of(const std::string& payment_method) {
  // The others are tokens of the sandbox, which have a meaning.
  if (payment_method != "pm_card_visa") return payment_method;
  return payment_method + "_" + std::string(kPersonalMark);
}

bool answered(const std::optional<HttpResponse>& response) {
  return response && response->status < 500;
}

}  // namespace

void Clients::start() {
  const auto& scenario = world_.scenario();
  for (std::uint32_t i = 0; i < scenario.orders.size(); ++i) {
    ++busy_;
    world_.start(customer(i));
  }
  ++busy_;
  world_.start(restock());
}

void Clients::start_operator() {
  ++busy_;
  world_.start(retry_parked());
}

Task<void> Clients::customer(std::uint32_t number) {
  const OrderPlan& plan = world_.scenario().orders[number];
  co_await world_.pass(nullptr, plan.at);
  std::string id = co_await place(number);
  if (!id.empty()) {
    for (int i = 0; i < plan.repeats; ++i) (void)co_await place(number);
    if (plan.reuses_key && plan.with_key) {
      const auto refused = co_await ask_until_answered(submission(number, 1), kTriesOfAdmin);
      if (answered(refused) && refused->status != 422) {
        world_.violate("I1", fmt::format("order {}: another body under its key was answered {}",
                                         number, refused->status));
      }
    }
    if (plan.cancel_at) co_await wait_for(number, id, *plan.cancel_at);
    if (plan.cancel_after) co_await world_.pass(nullptr, *plan.cancel_after);
    if (plan.cancel_at || plan.cancel_after) {
      ClientRequest cancel{
          .order = number, .method = "POST", .target = "/orders/" + id + "/cancel"};
      (void)co_await ask_until_answered(std::move(cancel), kTriesOfAdmin);
    }
    co_await look_around(number, id);
  }
  --busy_;
}

/// Returns the id of the order; empty where the client never learns it. A client without a key does
/// not repeat the request: that would be a second order.
Task<std::string> Clients::place(std::uint32_t number) {
  const OrderPlan& plan = world_.scenario().orders[number];
  const auto response =
      co_await ask_until_answered(submission(number), plan.with_key ? kTriesOfOrder : 1);
  co_return response && response->status == 201 ? member(response->body, "orderId") : "";
}

Task<void> Clients::wait_for(std::uint32_t number, std::string id, Status status) {
  for (int i = 0; i < kLooksMax; ++i) {
    ClientRequest look{.order = number, .method = "GET", .target = "/orders/" + id};
    const auto response = co_await ask(std::move(look));
    if (response && response->status == 200) {
      const auto seen = status_from_string(member(response->body, "status"));
      if (seen && *seen >= status) co_return;
    }
    const Site site{Point::Request, number, static_cast<std::uint32_t>(i)};
    co_await world_.pass(nullptr, world_.between(0ms, Duration(20 << std::min(i, 8)), site, 50));
  }
}

Task<void> Clients::look_around(std::uint32_t number, std::string id) {
  ClientRequest look{.order = number, .method = "GET", .target = "/orders/" + id + "/timeline"};
  (void)co_await ask_until_answered(look, 2);
  look.target = "/orders?limit=2";
  auto page = co_await ask_until_answered(look, 2);
  if (!page || page->status != 200) co_return;
  const std::string cursor = member(page->body, "nextCursor");
  if (cursor.empty()) co_return;
  look.target += "&cursor=" + cursor;
  (void)co_await ask_until_answered(look, 2);
}

/// Once for each product. Without an answer it may have happened, so it is not repeated.
Task<void> Clients::restock() {
  for (const ProductPlan& product : world_.scenario().products) {
    if (product.restocked == 0) continue;
    co_await world_.pass(nullptr, 1500ms);
    ClientRequest delivery{
        .method = "POST",
        .target = "/products/" + product.sku + "/adjustments",
        .body = fmt::format(R"({{"quantity":{},"reason":"delivery"}})", product.restocked)};
    (void)co_await ask(std::move(delivery));
  }
  --busy_;
}

Task<void> Clients::retry_parked() {
  for (int i = 0; i < kOperatorRounds; ++i) {
    co_await world_.pass(nullptr, 1min);
    for (const OrderPtr& order : truth_.stored()) {
      if (!order->state.attention) continue;
      ClientRequest retry{.order = world_.number_of(order->id()),
                          .method = "POST",
                          .target = "/orders/" + order->id().to_string() + "/retry"};
      (void)co_await ask_until_answered(std::move(retry), kTriesOfAdmin);
    }
    co_await world_.pass(nullptr, 10min);
  }
  --busy_;
}

FaultSet Clients::request_faults(const ClientRequest& request) const {
  if (request.order == kNoOrder) return 0;
  FaultSet faults = possible_faults(world_.home(), Point::Request);
  // Without a key the same request twice is two orders, and rightly so.
  if (request.target == "/orders" && request.key.empty()) faults &= ~set_of(Fault::ClientTwice);
  return faults;
}

Task<void> Clients::vanish() {
  --busy_;
  return World::suspend([](auto) {});
}

Task<std::optional<HttpResponse>> Clients::ask(ClientRequest request) {
  world_.auditor().requested(request);
  const Met met = world_.meet(Point::Request, request.order, request_faults(request));
  const auto exchange = std::make_shared<Exchange>(std::move(request));
  co_await world_.pass(nullptr, world_.between(1ms, 40ms, met.site, 51));
  home_.serve(exchange);
  if (met.is(Fault::ClientTwice)) home_.serve(std::make_shared<Exchange>(exchange->request));
  if (met.is(Fault::ClientGone)) co_await vanish();
  auto wait = [this, exchange](auto handler) {
    exchange->client = std::move(handler);
    world_.in(kAnswerWithin, nullptr, [exchange] { exchange->end(); });
  };
  co_await World::suspend(std::move(wait));
  if (!exchange->response) co_return std::nullopt;
  const std::uint32_t order = exchange->request.order;
  const FaultSet possible = order == kNoOrder ? 0 : possible_faults(world_.home(), Point::Respond);
  const Met back = world_.meet(Point::Respond, order, possible);
  if (back.is(Fault::ClientGone)) co_await vanish();
  if (back.is(Fault::AnswerLost)) co_return std::nullopt;
  co_return std::move(exchange->response);
}

Task<std::optional<HttpResponse>> Clients::ask_until_answered(ClientRequest request, int tries) {
  std::optional<HttpResponse> response;
  for (int i = 0; i < tries; ++i) {
    response = co_await ask(request);
    if (answered(response)) break;
    const Site site{Point::Request, request.order, static_cast<std::uint32_t>(i)};
    co_await world_.pass(nullptr, world_.between(100ms, Duration(500 << std::min(i, 6)), site, 52));
  }
  co_return response;
}

ClientRequest Clients::submission(std::uint32_t number, std::int64_t more) const {
  const bool with_key = world_.scenario().orders[number].with_key;
  return {.order = number,
          .method = "POST",
          .target = "/orders",
          .key = with_key ? fmt::format("key-{}", number) : "",
          .body = body_of(number, more)};
}

std::string Clients::body_of(std::uint32_t number, std::int64_t more) const {
  const Scenario& scenario = world_.scenario();
  const OrderPlan& plan = scenario.orders[number];
  std::string body = fmt::format(R"({{"customerEmail":"{}","items":[)", email_of(number));
  auto out = std::back_inserter(body);
  for (const LinePlan& line : plan.lines) {
    if (&line != plan.lines.data()) body += ',';
    fmt::format_to(out, R"({{"sku":"{0}","name":"{0}","quantity":{1})", line.sku,
                   line.quantity + more);
    const bool known = std::ranges::any_of(
        scenario.products, [&](const ProductPlan& product) { return product.sku == line.sku; });
    if (!known) fmt::format_to(out, R"(,"price":{})", to_decimal(line.price, Currency::usd()));
    body += '}';
  }
  fmt::format_to(out,
                 R"(],"paymentMethod":"{}","shippingAddress":{{"line1":"{} street {}",)"
                 R"("city":"Ulm","country":"DE"}}}})",
                 token_of(plan.payment_method), kPersonalMark, number);
  return body;
}

}  // namespace orderflow::world
