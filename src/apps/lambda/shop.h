#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "adapters/aws/client.h"
#include "adapters/aws/deployment.h"
#include "adapters/dynamodb/database.h"
#include "adapters/dynamodb/order_store.h"
#include "adapters/dynamodb/product_store.h"
#include "adapters/dynamodb/sandbox_books.h"
#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "adapters/sqs/sqs_work_queue.h"
#include "adapters/system/system_clock.h"
#include "adapters/system/system_ids.h"
#include "api/api.h"
#include "functions/services.h"
#include "apps/lambda/counted_order_store.h"
#include "apps/lambda/function_table.h"

namespace orderflow::lambda {

/// Every adapter of the AWS home, wired to the functions: made once a process, used by all of its
/// invocations. Nothing here speaks to the network before it is used.
class Shop {
 public:
  /// Reads the environment, and the secrets that it names over the network. An error says which
  /// variable is missing or wrong.
  [[nodiscard]] static Result<std::unique_ptr<Shop>> open(boost::asio::io_context& io,
                                                          const FunctionEntry& entry, Log& log);

  /// Must not outlive the shop.
  [[nodiscard]] Function function();

 private:
  Shop(boost::asio::io_context& io, const FunctionEntry& entry, Log& log,
       std::unique_ptr<aws::Client> client, const aws::Deployment& deployment);

  boost::asio::io_context& io_;
  const FunctionEntry& entry_;
  Log& log_;
  const bool admins_by_jwt_;
  std::unique_ptr<aws::Client> client_;
  SystemClock clock_;
  SystemIds ids_;
  dynamodb::Database database_;
  DynamoOrderStore stored_orders_;
  CountedOrderStore orders_;
  DynamoProductStore products_;
  DynamoSandboxBooks ledger_;
  SandboxGateway gateway_;
  SandboxCarrier carrier_;
  SqsWorkQueue queue_;
  Services services_;
  Api api_;
};

}  // namespace orderflow::lambda
