#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "apps/orderflow/home.h"
#include "apps/orderflow/serve.h"

namespace orderflow {

/// The AWS home, in a process that lives long: orders and products in DynamoDB, the queues in SQS,
/// all as the environment says (adapters/aws_home/aws_adapters.h). Any number of such processes, and
/// the Lambda functions, may share them. Payment and shipping are the sandbox's, with their books in
/// DynamoDB. Waits for the secrets that the environment names.
[[nodiscard]] Result<std::unique_ptr<Home>> open_aws_home(boost::asio::io_context& io,
                                                          const ServeOptions& options);

}  // namespace orderflow
