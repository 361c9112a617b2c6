#pragma once

#include <signal.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/scripted_server.h"

namespace orderflow::lambda {

/// The Runtime API of Lambda by a script: it hands out the events that were added and records what
/// is posted. Without a further event it sends SIGTERM to this process, as Lambda does before it
/// ends one. Serves on a thread of its own until a test asks for what it has recorded.
class ScriptedRuntimeApi {
 public:
  struct Event {
    std::string request_id;
    std::string trace_id = {};
    std::string body = "{}";
    std::chrono::milliseconds time = std::chrono::seconds(30);  ///< until the deadline
    int post_status = 202;                                      ///< of the answer to this event
    bool close_after_event = false;                             ///< the connection, without a word
    bool close_after_post = false;
  };
  struct Post {
    std::string path;
    std::string error_type;
    std::string body;
  };

  ~ScriptedRuntimeApi() { stop(); }

  void add(Event event) { events_.push_back(std::move(event)); }
  void on_post(std::function<void()> observer) { on_post_ = std::move(observer); }
  void start() {
    thread_ = std::thread([this] { io_.run(); });
  }
  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] const std::vector<Post>& posts() {
    stop();
    return posts_;
  }
  [[nodiscard]] int connections() {
    stop();
    return server_.connections();
  }

 private:
  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  ScriptedReply answer(const ScriptedServer::Request& request) {
    if (request.method() == boost::beast::http::verb::post) return take_post(request);
    if (events_.empty()) {
      ::kill(::getpid(), SIGTERM);
      return ScriptedReply::hang();
    }
    current_ = events_.front();
    events_.pop_front();
    const auto deadline = std::chrono::floor<std::chrono::milliseconds>(
        std::chrono::system_clock::now() + current_.time);
    std::string headers =
        "lambda-runtime-aws-request-id: " + current_.request_id +
        "\r\nlambda-runtime-deadline-ms: " + std::to_string(deadline.time_since_epoch().count()) +
        "\r\n";
    if (!current_.trace_id.empty()) {
      headers += "Lambda-Runtime-Trace-Id: " + current_.trace_id + "\r\n";
    }
    return closing(ScriptedReply::answer(200, current_.body, headers), current_.close_after_event);
  }

  ScriptedReply take_post(const ScriptedServer::Request& request) {
    if (on_post_) on_post_();
    posts_.push_back({std::string(request.target()),
                      std::string(request["Lambda-Runtime-Function-Error-Type"]), request.body()});
    return closing(ScriptedReply::answer(std::exchange(current_.post_status, 202), ""),
                   current_.close_after_post);
  }

  static ScriptedReply closing(ScriptedReply reply, bool close) {
    if (close) reply.then = ScriptedReply::Then::Close;
    return reply;
  }

  boost::asio::io_context io_;
  std::deque<Event> events_;
  Event current_;
  std::function<void()> on_post_;
  std::vector<Post> posts_;
  ScriptedServer server_{io_, [this](const auto& request) { return answer(request); }};
  std::thread thread_;
};

}  // namespace orderflow::lambda
