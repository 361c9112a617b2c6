#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <string>
#include <vector>

#include "adapters/aws/aws_client.h"
#include "adapters/sqs/sqs_work_queue.h"
#include "support/ports.h"
#include "support/run.h"
#include "support/scripted_server.h"

namespace orderflow::sqs {

inline const SqsQueueUrls kUrls = {"http://sqs/1/payment", "http://sqs/1/inventory",
                                   "http://sqs/1/fulfillment"};

/// An SQS on loopback that answers by a script and records its calls.
class ScriptedSqs {
 public:
  struct SqsCall {
    std::string action;  ///< "SendMessageBatch"
    boost::json::object body;

    [[nodiscard]] std::size_t entry_count() const { return body.at("Entries").as_array().size(); }
    [[nodiscard]] const boost::json::object& entry(std::size_t i) const {
      return body.at("Entries").at(i).as_object();
    }
  };

  explicit ScriptedSqs(boost::asio::io_context& io)
      : server_(io, [this](const ScriptedServer::Request& request) {
          const std::string target(request["x-amz-target"]);
          calls.push_back({.action = target.substr(target.find('.') + 1),
                           .body = boost::json::parse(request.body()).as_object()});
          return script(calls.back());
        }) {}

  [[nodiscard]] AwsSettings settings() const {
    ::setenv("AWS_ACCESS_KEY_ID", "test", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "test", 1);
    AwsSettings settings;
    settings.region = "us-east-1";
    settings.endpoint_url_sqs = server_.url();
    return settings;
  }

  [[nodiscard]] std::vector<SqsCall> calls_of(std::string_view action) const {
    std::vector<SqsCall> found;
    for (const SqsCall& call : calls) {
      if (call.action == action) found.push_back(call);
    }
    return found;
  }

  std::function<ScriptedReply(const SqsCall&)> script;
  std::vector<SqsCall> calls;

 private:
  ScriptedServer server_;
};

/// What SQS answers to a batch of which the entries in `failed` failed.
inline ScriptedReply batch_reply(const ScriptedSqs::SqsCall& call,
                                 const std::vector<std::size_t>& failed = {},
                                 bool sender_fault = false) {
  boost::json::array done;
  boost::json::array not_done;
  for (std::size_t i = 0; i < call.entry_count(); ++i) {
    const boost::json::value id = call.entry(i).at("Id");
    if (std::ranges::find(failed, i) == failed.end()) {
      done.push_back({{"Id", id}, {"MessageId", "m"}});
    } else {
      not_done.push_back({{"Id", id}, {"SenderFault", sender_fault}, {"Code", "InternalError"}});
    }
  }
  const boost::json::object body = {{"Successful", done}, {"Failed", not_done}};
  return ScriptedReply::answer(200, boost::json::serialize(body));
}

}  // namespace orderflow::sqs
