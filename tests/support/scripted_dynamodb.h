#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <deque>
#include <string>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "support/run.h"

namespace orderflow::dynamodb {

/// A DynamoDB that gives the scripted answers in order.
class ScriptedDynamoDb {
 public:
  struct Request {
    std::string operation;
    boost::json::object body;
  };
  using Answer = std::function<AwsAnswer(const Request&)>;

  ScriptedDynamoDb& then(Answer answer) {
    answers_.push_back(std::move(answer));
    return *this;
  }
  ScriptedDynamoDb& then(std::string body) {
    return then([body](const Request&) { return AwsAnswer{200, body, ""}; });
  }
  ScriptedDynamoDb& then_error(std::string error, std::string body = "{}") {
    return then([error, body](const Request&) { return AwsAnswer{400, body, error}; });
  }

  template <typename T>
  T run(Task<T> task) {
    T result = orderflow::run(io_, std::move(task));
    EXPECT_TRUE(answers_.empty()) << "not all of the script was asked for";
    return result;
  }
  DynamoClient& client() { return client_; }
  [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }

 private:
  Task<Result<AwsAnswer>> answer(std::string operation, std::string body) {
    requests_.push_back({operation, boost::json::parse(body).as_object()});
    if (answers_.empty()) co_return failure(ErrorCode::Timeout, "the script is at its end");
    const Answer next = std::move(answers_.front());
    answers_.pop_front();
    co_return next(requests_.back());
  }

  boost::asio::io_context io_{1};
  std::deque<Answer> answers_;
  std::vector<Request> requests_;
  DynamoClient client_{[this](std::string_view operation, std::string body, Deadline) {
    return answer(std::string(operation), std::move(body));
  }};
};

}  // namespace orderflow::dynamodb
