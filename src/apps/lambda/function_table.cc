#include "apps/lambda/function_table.h"

#include <algorithm>
#include <array>

#include "adapters/sqs/sqs_batch.h"
#include "adapters/system/system_timers.h"
#include "api/problem.h"
#include "api/routes.h"
#include "apps/lambda/api_gateway_event.h"
#include "apps/lambda/sqs_event.h"
#include "base/check.h"
#include "base/json_writer.h"
#include "functions/order_recovery.h"
#include "functions/take_step.h"

namespace orderflow::lambda {
namespace {

using std::chrono::steady_clock;

constexpr std::array<FunctionEntry, 7> kFunctions{{
    {kOrderSubmission, Trigger::ApiGateway, {}},
    {kOrderStatus, Trigger::ApiGateway, {}},
    {kOrderAdmin, Trigger::ApiGateway, {}},
    {"payment-processor", Trigger::Queue, Stage::Payment},
    {"inventory-processor", Trigger::Queue, Stage::Inventory},
    {"fulfillment-processor", Trigger::Queue, Stage::Fulfillment},
    {"order-recovery", Trigger::Schedule, {}},
}};

Task<InvocationResult> answer_request(const Surroundings& around, const Invocation& invocation) {
  const auto request = read_api_gateway_event(invocation.event);
  HttpResponse response;
  if (request) {
    HttpRequest http = request->http();
    const bool bears_token = http.authorization.has_value();
    http.is_admin = around.admins_by_jwt && request->passed_jwt_authorizer;
    response = co_await around.api.handle(std::move(http));
    if (response.status == 401 && bears_token) around.log.count("WrongAdminTokens");
    // A call that is cancelled shortly before the deadline may fail with any error. The cause is the
    // deadline, so the answer says that.
    if (response.status >= 500 && steady_clock::now() >= invocation.deadline - kCancelMargin) {
      const std::string_view route = response.route;
      response = problem_response(Error{ErrorCode::Timeout, "the deadline came first"});
      response.route = route;
    }
  } else {
    response = request.error();
  }
  if (!response.error_detail.empty()) {
    around.log.error("a request could not be served",
                     {{"route", response.route},
                      {"status", response.status},
                      {"detail", std::string_view(response.error_detail)}});
  }
  // For all other requests the access log of API Gateway has both.
  if (response.status >= 400) {
    around.log.note("route", std::string(response.route));
    around.log.note("status", response.status);
  }
  co_return api_gateway_response(response, request ? request->rest.method : "",
                                 invocation.request_id);
}

Task<InvocationResult> work_on_batch(const FunctionEntry& entry, const Surroundings& around,
                                     const Invocation& invocation) {
  auto records = read_sqs_event(invocation.event);
  if (!records) co_return std::unexpected(std::move(records.error()));
  around.log.note("records", static_cast<std::int64_t>(records->size()));
  around.expect_orders(records->size());
  SqsWork work{.take_step = [&services = around.services](
                                Stage stage, OrderId id) { return take_step(services, stage, id); },
               .give_up =
                   [&services = around.services](Stage stage, OrderId id, Error error) {
                     return give_up(services, stage, id, std::move(error));
                   },
               .deliveries_max = around.deliveries_max};
  ReportError report = [&log = around.log](std::string_view message, const Error& error,
                                           LogFields fields) { log.error(message, error, fields); };
  SystemTimers timers(around.executor);
  const auto result = co_await run_sqs_batch(around.executor, timers, entry.stage, std::move(work),
                                             std::move(report), std::move(*records),
                                             invocation.deadline - kStopMargin);
  const std::int64_t failed = std::ssize(result.failed);
  if (result.stopped) {
    around.log.warn("stopped before the deadline; what is left comes again", {{"failed", failed}});
  }
  around.log.count("RecordsFailed", failed);
  co_return batch_response(result.failed);
}

/// The content of the schedule's event does not matter.
Task<InvocationResult> recover(const Surroundings& around) {
  const auto nudged = co_await recover_overdue(around.services);
  if (!nudged) {
    around.log.error("overdue orders could not be read", nudged.error());
    co_return std::unexpected(InvocationError{"Unavailable", nudged.error().detail});
  }
  around.log.note("nudged", *nudged);
  // The readable orders have been nudged. The failed invocation raises an alarm for the others.
  if (around.log.has_counted(kOrdersUnreadable)) {
    co_return std::unexpected(InvocationError{"Corrupt", "some stored orders cannot be read"});
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

Task<InvocationResult> handle(const FunctionEntry& entry, const Surroundings& around,
                              const Invocation& invocation) {
  around.end_by(invocation.deadline - kStopMargin);  // leaves time to answer
  switch (entry.trigger) {
    case Trigger::ApiGateway:
      return answer_request(around, invocation);
    case Trigger::Queue:
      return work_on_batch(entry, around, invocation);
    case Trigger::Schedule:
      return recover(around);
  }
  UNREACHABLE(entry.trigger);
}

}  // namespace orderflow::lambda
