#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "api/api.h"
#include "apps/lambda/invocation.h"
#include "apps/lambda/log.h"
#include "functions/services.h"
#include "order/model/step.h"

namespace orderflow::lambda {

/// What invokes a function.
enum class Trigger : std::uint8_t { ApiGateway, Queue, Schedule };

struct FunctionEntry {
  std::string_view name;  ///< the value of _HANDLER
  Trigger trigger;
  Stage stage;  ///< where the trigger is a queue
};

/// Every function: order-submission, order-status, order-admin, payment-processor,
/// inventory-processor, fulfillment-processor, order-recovery.
[[nodiscard]] std::span<const FunctionEntry> function_table();

/// null where there is no such function.
[[nodiscard]] const FunctionEntry* find_function(std::string_view handler);

/// What a function works with. Made once a process; outlives every invocation.
struct Surroundings {
  boost::asio::any_io_executor executor;
  Services& services;
  Api& api;  ///< answers the routes of this function only
  Log& log;
  /// Ends what the services do for an invocation in time.
  std::function<void(std::chrono::steady_clock::time_point)> end_by;
  /// Tells the queue how many orders a batch has: it waits for no more nudges than that.
  std::function<void(std::size_t)> expect_orders;
  /// Requests that passed the JWT authorizer of API Gateway are admin requests.
  bool admins_by_jwt = false;
  int deliveries_max = 10;  ///< of a message of a queue, before SQS gives it up
};

/// Handles one event, as its function's trigger sends it. The arguments outlive the task.
Task<InvocationResult> handle(const FunctionEntry& entry, const Surroundings& around,
                              const Invocation& invocation);

}  // namespace orderflow::lambda
