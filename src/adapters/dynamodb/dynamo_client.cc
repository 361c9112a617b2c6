#include "adapters/dynamodb/dynamo_client.h"

#include <openssl/rand.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "adapters/aws/aws_json.h"
#include "base/backoff.h"
#include "base/check.h"

namespace orderflow {
namespace {

using dynamodb::kConditionFailed;
using dynamodb::kTransactionCancelled;

constexpr Backoff kBackoff{.base = std::chrono::milliseconds(25), .cap = std::chrono::seconds(1)};

/// An error that no caller handles. The detail holds AWS's name for it and nothing of the request.
std::unexpected<Error> operational(const AwsAnswer& answer) {
  const std::string& name = answer.error;
  // Above all, an item larger than 400 KB.
  if (name == "ValidationException") {
    return failure(ErrorCode::Refused, "DynamoDB refuses the request: " + name);
  }
  return failure(ErrorCode::Unavailable,
                 "DynamoDB: " + (name.empty() ? std::to_string(answer.status) : name));
}

Result<DynamoReply> read_reply(const AwsAnswer& answer) {
  if (!answer.ok() && answer.error != kConditionFailed && answer.error != kTransactionCancelled) {
    return operational(answer);
  }
  boost::json::value body = parse_json(answer.body);
  if (!body.is_object()) {
    return failure(ErrorCode::Unavailable, "DynamoDB's answer is no JSON object");
  }
  return DynamoReply{std::move(body), answer.error};
}

}  // namespace

DynamoClient::DynamoClient(AwsClient& client)
    : send_([&client](std::string_view operation, std::string body, Deadline deadline) {
        return client.call(AwsService::DynamoDb, "DynamoDB_20120810." + std::string(operation),
                           std::move(body), deadline);
      }) {}

Task<Result<DynamoReply>> DynamoClient::request(std::string_view operation, std::string body,
                                                Deadline deadline) {
  auto answer = co_await send_(operation, std::move(body), deadline);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return read_reply(*answer);
}

namespace dynamodb {

Task<bool> back_off(int attempt, Deadline deadline) {
  const Duration pause = kBackoff.wait(attempt);
  if (std::chrono::steady_clock::now() + pause >= deadline) co_return false;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, pause);
  (void)co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return true;
}

std::string new_write_token() {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, 11> random;
  CHECK(RAND_bytes(random.data(), random.size()) == 1);
  std::string token;
  for (const unsigned char byte : random) token += kLetters[byte & 63];
  return token;
}

}  // namespace dynamodb
}  // namespace orderflow
