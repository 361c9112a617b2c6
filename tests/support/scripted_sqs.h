#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/aws/aws_client.h"
#include "support/ports.h"
#include "support/run.h"

namespace orderflow::sqs {

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
  struct SqsReply {
    int status = 200;
    std::string body = "{}";
  };
  /// nullopt: no reply for as long as the client waits.
  using Script = std::function<std::optional<SqsReply>(const SqsCall&)>;

  explicit ScriptedSqs(boost::asio::io_context& io)
      : acceptor_(io, {boost::asio::ip::address_v4::loopback(), 0}) {
    boost::asio::co_spawn(io, accept_all(), boost::asio::detached);
  }

  [[nodiscard]] AwsSettings settings() const {
    ::setenv("AWS_ACCESS_KEY_ID", "test", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "test", 1);
    AwsSettings settings;
    settings.region = "us-east-1";
    settings.endpoint_url_sqs =
        "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    return settings;
  }

  [[nodiscard]] std::vector<SqsCall> calls_of(std::string_view action) const {
    std::vector<SqsCall> found;
    for (const SqsCall& call : calls) {
      if (call.action == action) found.push_back(call);
    }
    return found;
  }

  Script script;
  std::vector<SqsCall> calls;

 private:
  using Socket = boost::asio::ip::tcp::socket;

  Task<void> accept_all() {
    for (;;) {
      Socket socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      boost::asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)),
                            boost::asio::detached);
    }
  }

  /// Ends by an exception when the client closes.
  Task<void> serve(Socket socket) {
    namespace http = boost::beast::http;
    boost::beast::flat_buffer buffer;
    for (;;) {
      http::request<http::string_body> request;
      co_await http::async_read(socket, buffer, request, boost::asio::use_awaitable);
      const std::string target(request["x-amz-target"]);
      calls.push_back({.action = target.substr(target.find('.') + 1),
                       .body = boost::json::parse(request.body()).as_object()});
      const std::optional<SqsReply> reply = script(calls.back());
      if (!reply) {
        co_await http::async_read(socket, buffer, request, boost::asio::use_awaitable);
      }
      http::response<http::string_body> response(static_cast<http::status>(reply->status), 11);
      response.set(http::field::content_type, "application/x-amz-json-1.0");
      response.body() = reply->body;
      response.prepare_payload();
      co_await http::async_write(socket, response, boost::asio::use_awaitable);
    }
  }

  boost::asio::ip::tcp::acceptor acceptor_;
};

/// What SQS answers to a batch of which the entries in `failed` failed.
inline ScriptedSqs::SqsReply batch_reply(const ScriptedSqs::SqsCall& call,
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
  return {.body = boost::json::serialize(body)};
}

}  // namespace orderflow::sqs
