#include "apps/lambda/function_table.h"

#include <algorithm>
#include <array>
#include <memory>

#include "api/problem.h"
#include "api/routes.h"
#include "api/target.h"
#include "base/check.h"
#include "base/json_writer.h"
#include "functions/order_recovery.h"
#include "functions/processors.h"
#include "apps/lambda/api_gateway_event.h"
#include "apps/lambda/batch.h"
#include "apps/lambda/sqs_event.h"

namespace orderflow::lambda {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kSubmission = "order-submission";
constexpr std::string_view kStatus = "order-status";
constexpr std::string_view kAdmin = "order-admin";

constexpr std::array<FunctionEntry, 7> kFunctions{{
    {kSubmission, Trigger::ApiGateway, {}},
    {kStatus, Trigger::ApiGateway, {}},
    {kAdmin, Trigger::ApiGateway, {}},
    {"payment-processor", Trigger::Queue, Stage::Payment},
    {"inventory-processor", Trigger::Queue, Stage::Inventory},
    {"fulfillment-processor", Trigger::Queue, Stage::Fulfillment},
    {"order-recovery", Trigger::Schedule, {}},
}};

/// Who answers a route of api/routes.cc.
constexpr std::string_view owner_of(std::string_view method, std::string_view pattern) {
  if (method == "POST" && pattern == "/orders") return kSubmission;
  if (method != "GET") return kAdmin;
  const bool status = pattern == "/orders/{orderId}" || pattern == "/orders/{orderId}/timeline" ||
                      pattern == "/healthz";
  return status ? kStatus : kAdmin;
}

Task<InvocationResult> answer_request(const FunctionEntry& entry, Surroundings around,
                                      const Invocation& invocation) {
  const auto request = read_api_gateway_event(invocation.event);
  std::string_view method;
  HttpResponse response;
  if (!request) {
    response = request.error();
  } else if (!answers(entry, request->method, request->target)) {
    method = request->method;
    response = problem_response(Problem::NotFound, "There is no such resource.");
  } else {
    method = request->method;
    HttpRequest http = request->http();
    http.is_admin = around.admins_by_jwt && request->passed_jwt_authorizer;
    response = co_await around.api.handle(std::move(http));
    // Cancelled at its last moment, it is not the request that was wrong.
    if (response.status >= 500 && steady_clock::now() >= invocation.deadline - kCancelMargin) {
      const std::string_view route = response.route;
      response = problem_response(Error{ErrorCode::Timeout, "the deadline came first"});
      response.route = route;
    }
  }
  if (!response.fault.empty()) {
    around.log.error("a request could not be served",
                     {{"route", response.route},
                      {"status", response.status},
                      {"detail", std::string_view(response.fault)}});
  }
  // Of every other request the API's access log has both.
  if (response.status >= 400) {
    around.log.note("route", std::string(response.route));
    around.log.note("status", response.status);
  }
  co_return api_gateway_response(response, method, invocation.request_id);
}

Task<InvocationResult> work_on_batch(const FunctionEntry& entry, Surroundings around,
                                     const Invocation& invocation) {
  auto records = read_sqs_event(invocation.event);
  if (!records) co_return std::unexpected(std::move(records.error()));
  around.log.note("records", static_cast<std::int64_t>(records->size()));
  const ProcessOrder process_order = [&services = around.services, stage = entry.stage](
                                         OrderId id) { return process(services, stage, id); };
  Batch batch(around.executor, around.log, entry.stage, process_order);
  const auto failed = co_await batch.run(std::move(*records), invocation.deadline - kStopMargin);
  around.log.tally().records_failed = static_cast<std::int64_t>(failed.size());
  co_return batch_response(failed);
}

/// Whatever the schedule sends: that it sends is all that is asked.
Task<InvocationResult> recover(Surroundings around) {
  const auto nudged = co_await recover_overdue(around.services);
  if (!nudged) {
    around.log.error("overdue orders could not be read", nudged.error());
    co_return std::unexpected(InvocationError{"Unavailable", nudged.error().detail});
  }
  around.log.note("nudged", *nudged);
  // The others are nudged; that it fails calls somebody to look at these.
  if (around.log.tally().orders_unreadable > 0) {
    co_return std::unexpected(InvocationError{"Corrupt", "some stored orders can not be read"});
  }
  std::string text;
  JsonWriter(text).begin_object().member("nudged", *nudged).end_object();
  co_return text;
}

}  // namespace

std::span<const FunctionEntry> function_table() { return kFunctions; }

const FunctionEntry* find_function(std::string_view handler) {
  const auto found = std::ranges::find(kFunctions, handler, &FunctionEntry::name);
  return found == kFunctions.end() ? nullptr : &*found;
}

bool answers(const FunctionEntry& entry, std::string_view method, std::string_view target) {
  if (method == "HEAD") method = "GET";
  Target parsed;
  // What is malformed is told so by the API, whichever function it comes to.
  if (!parsed.parse(target)) return true;
  for (const Route& route : routes()) {
    if (route.method == method && matches(route.pattern, parsed)) {
      return owner_of(route.method, route.pattern) == entry.name;
    }
  }
  return entry.name == kAdmin;
}

Function make_function(const FunctionEntry& entry, Surroundings around) {
  switch (entry.trigger) {
    case Trigger::ApiGateway:
      return [&entry, around](const Invocation& invocation) {
        return answer_request(entry, around, invocation);
      };
    case Trigger::Queue:
      return [&entry, around](const Invocation& invocation) {
        return work_on_batch(entry, around, invocation);
      };
    case Trigger::Schedule:
      return [around](const Invocation&) { return recover(around); };
  }
  UNREACHABLE(entry.trigger);
}

}  // namespace orderflow::lambda
