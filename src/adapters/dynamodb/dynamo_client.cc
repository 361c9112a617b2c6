#include "adapters/dynamodb/dynamo_client.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>

#include "base/backoff.h"
#include "base/check.h"

namespace orderflow {
namespace {

using dynamodb::kConditionFailed;
using dynamodb::kTransactionCancelled;

namespace json = boost::json;

constexpr Backoff kBackoff{.base = std::chrono::milliseconds(25), .cap = std::chrono::seconds(1)};

bool busy_with_a_transaction(std::string_view error) {
  return error == "TransactionConflictException" || error == "TransactionInProgressException" ||
         error == "ReplicatedWriteConflictException";
}

/// An error that no caller handles. The detail holds AWS's name for it and nothing of the request.
std::unexpected<Error> operational(const AwsAnswer& answer) {
  const std::string& name = answer.error;
  if (name.contains("Throttl") || name.contains("LimitExceeded") ||
      name == "ProvisionedThroughputExceededException") {
    return failure(ErrorCode::Throttled, "DynamoDB: " + name);
  }
  // Above all, an item larger than 400 KB.
  if (name == "ValidationException") {
    return failure(ErrorCode::InvalidInput, "DynamoDB refuses the request: " + name);
  }
  return failure(ErrorCode::Unavailable,
                 "DynamoDB: " + (name.empty() ? std::to_string(answer.status) : name));
}

Result<DynamoReply> read_reply(const AwsAnswer& answer) {
  if (!answer.ok() && answer.error != kConditionFailed && answer.error != kTransactionCancelled) {
    return operational(answer);
  }
  boost::system::error_code problem;
  json::value body = json::parse(answer.body, problem);
  if (problem || !body.is_object()) {
    return failure(ErrorCode::Unavailable, "DynamoDB's answer is no JSON object");
  }
  return DynamoReply{std::move(body.as_object()), answer.error};
}

bool only_reads(std::string_view operation) {
  return operation == "GetItem" || operation == "BatchGetItem" || operation == "Query";
}

/// Adds a member to `body`, which is a JSON object.
void ask_for_cost(std::string& body) {
  CHECK(body.ends_with('}'));
  body.pop_back();
  body += R"(,"ReturnConsumedCapacity":"TOTAL"})";
}

double number_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_number() ? value->to_number<double>() : 0;
}

}  // namespace

DynamoClient::DynamoClient(AwsClient& client)
    : send_([&client](std::string_view operation, std::string body, Deadline deadline) {
        return client.call(AwsService::DynamoDb, "DynamoDB_20120810." + std::string(operation),
                           std::move(body), deadline);
      }) {}

Task<Result<DynamoReply>> DynamoClient::request(std::string_view operation, std::string body,
                                                Deadline deadline) {
  if (counting_) ask_for_cost(body);
  for (int attempt = 0;; ++attempt) {
    auto answer = co_await send_(operation, body, deadline);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    if (busy_with_a_transaction(answer->error)) {
      const bool again = co_await dynamodb::back_off(attempt, deadline);
      if (again) continue;
      co_return failure(ErrorCode::Throttled, "DynamoDB: " + answer->error);
    }
    auto reply = read_reply(*answer);
    if (reply && counting_) add_units(operation, reply->body);
    co_return reply;
  }
}

void DynamoClient::add_units(std::string_view operation, const json::object& body) {
  const auto add = [&](const json::value& consumed) {
    const auto* table = consumed.if_object();
    if (table == nullptr) return;
    if (operation == "TransactWriteItems") {
      spent_.write += number_at(*table, "WriteCapacityUnits");
      spent_.read += number_at(*table, "ReadCapacityUnits");
    } else {
      (only_reads(operation) ? spent_.read : spent_.write) += number_at(*table, "CapacityUnits");
    }
  };
  const auto* consumed = body.if_contains("ConsumedCapacity");
  if (consumed == nullptr) return;
  if (const auto* tables = consumed->if_array()) {
    for (const auto& table : *tables) add(table);
  } else {
    add(*consumed);
  }
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
