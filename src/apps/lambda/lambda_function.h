#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "adapters/aws_home/aws_adapters.h"
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
                 std::unique_ptr<AwsAdapters> adapters);

  boost::asio::io_context& io_;
  const FunctionEntry& entry_;
  Log& log_;
  const std::unique_ptr<AwsAdapters> adapters_;
  Services services_;
  Api api_;
};

}  // namespace orderflow::lambda
