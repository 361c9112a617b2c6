#include "proof/world/program.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/uuid7.h"

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kAuthorization = "Bearer the-token-of-the-admin";

}  // namespace

Task<Result<void>> FaultyQueue::nudge(Stage stage, OrderId order, Duration delay) {
  const Met met = co_await world_.call(process_, Point::Nudge, world_.number_of(order));
  if (met.fails_before()) co_return error_of(world_, met);
  if (met.is(Fault::MessageDelayed)) delay += world_.between(10s, 10min, met.site, 20);
  Result<void> nudged;
  if (!met.is(Fault::MessageLost)) nudged = co_await put_(stage, order, delay);
  if (met.is(Fault::MessageDoubled)) {
    nudged = co_await put_(stage, order, delay + world_.between(0s, 30s, met.site, 21));
  }
  co_await world_.answer(process_, met);
  if (met.fails_after()) co_return error_of(world_, met);
  co_return nudged;
}

OrderId SeededIds::next_order_id(Timestamp now) {
  ticks_ = std::max(ticks_ + 1, static_cast<std::uint64_t>(epoch_ms(now)) << kUuidCounterBits);
  return uuid7(ticks_, random_tail(random_.next()));
}

Program::Program(World& world, Truth& truth, Outside& outside, PutNudge put, std::uint64_t seed)
    : world_(world),
      timers(world, *this),
      orders({world, *this, truth}),
      products_({world, *this, truth}),
      queue_(world, *this, std::move(put)),
      gateway_({world, *this, outside}),
      carrier_({world, *this, outside}),
      clock_(world, *this),
      ids_(seed),
      services{orders,   products_, queue_, gateway_,
               carrier_, clock_,    ids_,   world.scenario().unknown_sku},
      api_(services, ApiSettings{.admin_token = std::string(kAdminToken)}) {}

Task<void> Program::serve(ExchangePtr exchange, std::function<void()> done) {
  const ClientRequest& asked = exchange->request;
  HttpRequest request{.method = asked.method,
                      .target = asked.target,
                      .authorization = kAuthorization,
                      .body = asked.body};
  if (!asked.body.empty()) request.content_type = "application/json";
  if (!asked.key.empty()) request.idempotency_keys.emplace_back(asked.key);
  HttpResponse response = co_await api_.handle(std::move(request));
  if (!alive) co_return;
  if (response.status >= 400) world_.auditor().wrote("problem", response.body);
  if (!response.error_detail.empty()) world_.auditor().wrote("fault", response.error_detail);
  world_.note(asked.order,
              fmt::format("{} {} is answered {}", asked.method, asked.target, response.status));
  world_.auditor().responded(asked, response.status, response.body);
  exchange->response = std::move(response);
  const Site site{Point::Respond, asked.order, 0};
  world_.in(world_.between(1ms, 30ms, site, static_cast<std::uint64_t>(world_.now().count())),
            nullptr, [exchange] { exchange->end(); });
  done();
}

ReportError Program::report_errors() {
  return [this](std::string_view, const Error& error, LogFields) {
    world_.auditor().wrote("error", error.detail);
  };
}

}  // namespace orderflow::world
