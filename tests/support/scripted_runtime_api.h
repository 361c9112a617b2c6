#pragma once

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// For *_test.cc only.
namespace orderflow::lambda {

/// The Runtime API of Lambda by a script: it hands out the events that were added and records what is
/// posted. Without a further event it sends SIGTERM to this process, as Lambda does before it ends one.
/// On loopback, on a thread of its own.
class ScriptedRuntimeApi {
 public:
  struct Event {
    std::string request_id;
    std::string trace_id = {};
    std::string body = "{}";
    std::chrono::milliseconds time = std::chrono::seconds(30);  ///< until the deadline
    unsigned post_status = 202;                                 ///< of the answer to this event
    bool close_after_event = false;                             ///< the connection, without a word
    bool close_after_post = false;
  };
  struct Post {
    std::string path;
    std::string error_type;
    std::string body;
  };

  ~ScriptedRuntimeApi() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket wake(io);
    boost::system::error_code ignored;
    wake.connect(acceptor_.local_endpoint(), ignored);
    wake.close(ignored);
    thread_.join();
  }

  void add(Event event) { events_.push_back(std::move(event)); }
  void on_post(std::function<void()> observer) { on_post_ = std::move(observer); }
  void start() {
    thread_ = std::thread([this] { serve(); });
  }
  [[nodiscard]] std::string address() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  [[nodiscard]] std::vector<Post> posts() {
    const std::lock_guard lock(mutex_);
    return posts_;
  }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  void serve() {
    while (!stopping_) {
      boost::asio::ip::tcp::socket socket(io_);
      acceptor_.accept(socket);
      if (stopping_) return;
      ++connections_;
      boost::beast::flat_buffer buffer;
      boost::system::error_code ec;
      for (bool open = true; open && !stopping_;) {
        boost::beast::http::request_parser<boost::beast::http::string_body> parser;
        parser.body_limit(boost::none);
        boost::beast::http::read(socket, buffer, parser, ec);
        if (ec) break;
        open = answer(socket, parser.get());
      }
    }
  }

  /// False where the connection is to be closed.
  bool answer(boost::asio::ip::tcp::socket& socket, const Request& request) {
    Response response;
    response.version(11);
    bool open = true;
    if (request.method() == boost::beast::http::verb::post) {
      open = take_post(request, response);
    } else if (events_.empty()) {
      ::kill(::getpid(), SIGTERM);
      return true;  // the client closes, without an answer
    } else {
      current_ = events_.front();
      events_.pop_front();
      const auto deadline = std::chrono::system_clock::now() + current_.time;
      response.set("lambda-runtime-aws-request-id", current_.request_id);
      response.set("lambda-runtime-deadline-ms",
                   std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                                      deadline.time_since_epoch())
                                      .count()));
      if (!current_.trace_id.empty()) response.set("Lambda-Runtime-Trace-Id", current_.trace_id);
      response.body() = current_.body;
      open = !current_.close_after_event;
    }
    response.prepare_payload();
    boost::beast::http::write(socket, response);
    return open;
  }

  bool take_post(const Request& request, Response& response) {
    if (on_post_) on_post_();
    const std::lock_guard lock(mutex_);
    posts_.push_back({std::string(request.target()),
                      std::string(request["Lambda-Runtime-Function-Error-Type"]), request.body()});
    response.result(std::exchange(current_.post_status, 202));
    return !current_.close_after_post;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  std::deque<Event> events_;
  Event current_;
  std::function<void()> on_post_;
  std::mutex mutex_;
  std::vector<Post> posts_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace orderflow::lambda
