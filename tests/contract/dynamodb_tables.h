#pragma once

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "adapters/aws/aws_client.h"
#include "support/run.h"

namespace orderflow {

/// Tables of one test, deleted after it, on the DynamoDB that the environment names as for the
/// programs (AwsSettings): DynamoDB Local, as a rule. ORDERFLOW_TEST_TABLES has the shapes of the
/// tables, {"orders": members of a CreateTable, ...}.
class Tables {
 public:
  explicit Tables(boost::asio::io_context& io)
      : io_(io), client_(io.get_executor(), AwsSettings::from_environment().value()) {}
  ~Tables() {
    for (const std::string& name : names_) (void)call("DeleteTable", {{"TableName", name}});
  }

  /// Returns the name of a new table. `shape`: "orders", "products" or "simulated".
  std::string make(const std::string& shape) {
    static int made = 0;
    names_.push_back("contract-" + std::to_string(::getpid()) + "-" + std::to_string(++made));
    const auto shapes = boost::json::parse(std::getenv("ORDERFLOW_TEST_TABLES"));
    boost::json::object request = shapes.at(shape).as_object();
    request["TableName"] = names_.back();
    request["BillingMode"] = "PAY_PER_REQUEST";
    const auto answer = call("CreateTable", request);
    if (!answer) throw std::runtime_error(answer.error().detail);
    if (!answer->ok()) throw std::runtime_error(answer->body);
    return names_.back();
  }
  AwsClient& client() { return client_; }

 private:
  Result<AwsAnswer> call(const std::string& operation, const boost::json::object& request) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    return run(io_, client_.call(AwsService::DynamoDb, "DynamoDB_20120810." + operation,
                                 boost::json::serialize(request), deadline));
  }

  boost::asio::io_context& io_;
  AwsClient client_;
  std::vector<std::string> names_;
};

}  // namespace orderflow
