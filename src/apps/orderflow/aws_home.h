#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "apps/orderflow/home.h"
#include "apps/orderflow/serve.h"

namespace orderflow {

/// The AWS home, in a process that lives long: orders and products in DynamoDB, the queues in SQS,
/// all as the environment says (adapters/aws/client.h, deployment.h). Any number of such processes,
/// and the Lambda functions, may share them. Payment and shipping are the sandbox's, with its books
/// in DynamoDB.
///
/// Waits for the secrets that the environment names. InvalidInput with the name of the variable
/// that is missing or wrong; Unavailable or Timeout where a secret cannot be read.
[[nodiscard]] Result<std::unique_ptr<Home>> open_aws_home(boost::asio::io_context& io,
                                                          const ServeOptions& options);

}  // namespace orderflow
