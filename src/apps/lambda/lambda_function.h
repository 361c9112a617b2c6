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
#include "apps/lambda/function_table.h"
#include "functions/services.h"

namespace orderflow::lambda {

/// One function of the system on Lambda: the adapters of the AWS home and the API, made once a
/// process and used by all of its invocations.
class LambdaFunction {
 public:
  /// Reads the environment, and over the network the secrets that it names. An error names the
  /// variable that is missing or wrong.
  [[nodiscard]] static Result<std::unique_ptr<LambdaFunction>> open(boost::asio::io_context& io,
                                                                    const FunctionEntry& entry,
                                                                    Log& log);

  /// What the runtime calls for each event. Must not outlive this.
  [[nodiscard]] Function handler();

 private:
  LambdaFunction(boost::asio::io_context& io, const FunctionEntry& entry, Log& log,
                 std::unique_ptr<aws::Client> client, const aws::Deployment& deployment);

  boost::asio::io_context& io_;
  const FunctionEntry& entry_;
  Log& log_;
  const bool admins_by_jwt_;
  std::unique_ptr<aws::Client> client_;
  SystemClock clock_;
  SystemIds ids_;
  dynamodb::Database database_;
  DynamoOrderStore orders_;
  DynamoProductStore products_;
  DynamoSandboxBooks ledger_;
  SandboxGateway gateway_;
  SandboxCarrier carrier_;
  SqsWorkQueue queue_;
  Services services_;
  Api api_;
};

}  // namespace orderflow::lambda
