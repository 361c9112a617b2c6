// What a signed DynamoDB call costs the caller: GetItem over a kept connection, one after the
// other, as signed_call.py does with boto3. Both print the microseconds of CPU a call, system time
// included.
//
//   AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:PORT AWS_REGION=... bench_signed_call CALLS

#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "adapters/aws/aws_client.h"

namespace orderflow {
namespace {

constexpr const char* kGetItem =
    R"({"TableName":"orders","Key":{"id":{"S":"0199c000-0000-7000-8000-000000000001"}},)"
    R"("ConsistentRead":true})";
/// Connecting, credentials and the day's signing key are paid once, not by each call.
constexpr int kWarmUpCalls = 100;

double cpu_microseconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto microseconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return microseconds(used.ru_utime) + microseconds(used.ru_stime);
}

Task<int> call(AwsClient& client, int calls) {
  for (int i = 0; i < calls; ++i) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    const auto answer =
        co_await client.call(AwsService::DynamoDb, "DynamoDB_20120810.GetItem", kGetItem, deadline);
    if (!answer) {
      std::fprintf(stderr, "%s\n", answer.error().detail.c_str());
      co_return 1;
    }
  }
  co_return 0;
}

Task<int> measure(AwsClient& client, int calls) {
  int failed = co_await call(client, kWarmUpCalls);
  const double begin = cpu_microseconds();
  if (failed == 0) failed = co_await call(client, calls);
  std::printf("%.1f\n", (cpu_microseconds() - begin) / calls);
  co_return failed;
}

int run(int calls) {
  auto settings = AwsSettings::from_environment();
  if (!settings) {
    std::fprintf(stderr, "%s\n", settings.error().detail.c_str());
    return 1;
  }
  boost::asio::io_context io(1);
  AwsClient client(io.get_executor(), std::move(*settings));
  int status = 1;
  boost::asio::co_spawn(io, measure(client, calls),
                        [&status](std::exception_ptr thrown, int ended) {
                          if (thrown) std::rethrow_exception(thrown);
                          status = ended;
                        });
  io.run();
  return status;
}

}  // namespace
}  // namespace orderflow

int main(int argc, char** argv) { return orderflow::run(argc > 1 ? std::atoi(argv[1]) : 2000); }
