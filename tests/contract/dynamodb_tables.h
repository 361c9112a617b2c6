#pragma once

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "adapters/aws/aws_client.h"
#include "base/json_writer.h"
#include "support/run.h"

// Tables for tests on the DynamoDB whose endpoint the environment variable ORDERFLOW_TEST_DYNAMODB
// names: DynamoDB Local, as a rule.
namespace orderflow {

inline AwsSettings dynamodb_settings() {
  const char* endpoint = std::getenv("ORDERFLOW_TEST_DYNAMODB");
  if (endpoint == nullptr) throw std::runtime_error("ORDERFLOW_TEST_DYNAMODB names no endpoint");
  ::setenv("AWS_ACCESS_KEY_ID", "test", 0);
  ::setenv("AWS_SECRET_ACCESS_KEY", "test", 0);
  AwsSettings settings;
  settings.region = "us-east-1";
  settings.endpoint_url_dynamodb = endpoint;
  return settings;
}

/// A table, by the names of its keys; an index is named after its hash key, "by_<hash>".
struct TableKeys {
  std::string hash;
  std::string range;  ///< empty for none
  std::vector<std::string> index_hashes;
  std::string index_range;
};

inline void write_keys(JsonWriter& out, const std::string& hash, const std::string& range) {
  out.key("KeySchema").begin_array();
  out.begin_object().member("AttributeName", hash).member("KeyType", "HASH").end_object();
  if (!range.empty()) {
    out.begin_object().member("AttributeName", range).member("KeyType", "RANGE").end_object();
  }
  out.end_array();
}

inline std::string create_table(const std::string& name, const TableKeys& keys) {
  std::set<std::string> attributes(keys.index_hashes.begin(), keys.index_hashes.end());
  attributes.insert({keys.hash, keys.range, keys.index_range});
  attributes.erase("");
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("TableName", name).member("BillingMode", "PAY_PER_REQUEST");
  out.key("AttributeDefinitions").begin_array();
  for (const std::string& attribute : attributes) {
    out.begin_object().member("AttributeName", attribute).member("AttributeType", "S").end_object();
  }
  out.end_array();
  write_keys(out, keys.hash, keys.range);
  if (!keys.index_hashes.empty()) {
    out.key("GlobalSecondaryIndexes").begin_array();
    for (const std::string& hash : keys.index_hashes) {
      out.begin_object().member("IndexName", "by_" + hash);
      write_keys(out, hash, keys.index_range);
      out.key("Projection").begin_object().member("ProjectionType", "KEYS_ONLY").end_object();
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
  return text;
}

inline const TableKeys kOrders{"id", "", {"listed", "customer", "day"}, "sort"};
inline const TableKeys kProducts{"sku", "entry", {"kind"}, "sku"};
inline const TableKeys kSimulated{"id", "", {}, ""};

/// Tables of one test, deleted after it.
class Tables {
 public:
  explicit Tables(boost::asio::io_context& io)
      : io_(io), client_(io.get_executor(), dynamodb_settings()) {}
  ~Tables() {
    for (const std::string& name : names_) {
      std::string body;
      JsonWriter(body).begin_object().member("TableName", name).end_object();
      (void)call("DeleteTable", std::move(body));
    }
  }

  std::string make(const TableKeys& keys) {
    static int made = 0;
    names_.push_back("contract-" + std::to_string(::getpid()) + "-" + std::to_string(++made));
    const auto answer = call("CreateTable", create_table(names_.back(), keys));
    if (!answer) throw std::runtime_error(answer.error().detail);
    if (!answer->ok()) throw std::runtime_error(answer->body);
    return names_.back();
  }
  AwsClient& client() { return client_; }

 private:
  Result<AwsAnswer> call(std::string_view operation, std::string body) {
    const std::string target = "DynamoDB_20120810." + std::string(operation);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    return run(io_, client_.call(AwsService::DynamoDb, target, std::move(body), deadline));
  }

  boost::asio::io_context& io_;
  AwsClient client_;
  std::vector<std::string> names_;
};

}  // namespace orderflow
