#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "adapters/aws/aws_client.h"
#include "adapters/aws_home/aws_resources.h"
#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/order_store.h"
#include "adapters/dynamodb/product_store.h"
#include "adapters/dynamodb/sandbox_books.h"
#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "adapters/sqs/sqs_work_queue.h"
#include "adapters/system/system_clock.h"
#include "adapters/system/system_ids.h"

namespace orderflow {

struct AwsAdapterSettings {
  SqsWorkQueueSettings queue;
  Duration payment_latency{};
  Duration carrier_latency{};
};

/// Every adapter of the AWS home, wired together once: `orderflow serve --store aws` and the Lambda
/// functions both use this. Used on the thread of `io` only.
struct AwsAdapters {
  /// Reads the environment (aws_settings.h, aws_resources.h), and the secrets that it names over
  /// the network, for which it runs `io`; where it names none, nothing is sent. InvalidInput names
  /// the variable that is missing or wrong; Unavailable or Timeout where a secret cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<AwsAdapters>> open(boost::asio::io_context& io,
                                                                 AwsAdapterSettings settings);

  AwsAdapters(boost::asio::io_context& io, std::unique_ptr<AwsClient> client,
              AwsResources resources, AwsAdapterSettings settings);
  AwsAdapters(const AwsAdapters&) = delete;
  AwsAdapters& operator=(const AwsAdapters&) = delete;

  const AwsResources resources;
  const std::unique_ptr<AwsClient> client;
  SystemClock clock;
  SystemIds ids;
  DynamoClient dynamo;
  DynamoOrderStore orders;
  DynamoProductStore products;
  DynamoSandboxBooks books;
  SandboxGateway gateway;
  SandboxCarrier carrier;
  SqsWorkQueue queue;
};

}  // namespace orderflow
