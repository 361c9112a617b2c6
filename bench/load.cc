// A load generator: one thread, N connections, each asks again as soon as it is answered (a closed
// loop). Prints one line of JSON. Costs about 3 us a request, so that the server is what is
// measured.

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "backlog.h"
#include "connection.h"
#include "histogram.h"
#include "requests.h"

namespace orderflow::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Settings {
  std::uint16_t port = 0;
  std::size_t connections = 64;
  double warmup_seconds = 1;
  double seconds = 5;
  std::int64_t requests_max = INT64_MAX;
  int expected_status = 200;
  bool follow_backlog = false;  ///< until every order that was acknowledged is shipped
  std::string ids_out;          ///< a file for the ids of the orders, one a line
};

Clock::duration clock_duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

class Load {
 public:
  Load(const Settings& settings, Requests& requests)
      : settings_(settings),
        requests_(requests),
        asked_at_(settings.connections),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < settings.connections; ++i) {
      watch(connections_.emplace_back(settings.port).fd(), i);
    }
    if (settings.follow_backlog) {
      backlog_.emplace(settings.port);
      watch(backlog_->fd(), kBacklog);
    }
    if (!settings.ids_out.empty()) ids_out_.open(settings.ids_out);
  }
  ~Load() { close(epoll_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void run() {
    measure_from_ = Clock::now() + clock_duration(settings_.warmup_seconds);
    measure_to_ = measure_from_ + clock_duration(settings_.seconds);
    for (std::size_t i = 0; i < connections_.size(); ++i) ask(i, Clock::now());
    while (under_way_ > 0) turn();
    ended_ = std::min(Clock::now(), measure_to_);
    cpu_seconds_ = cpu_seconds();
    if (backlog_) wait_until_shipped();
  }

  void print() const {
    const double seconds = Seconds(ended_ - measure_from_).count();
    const auto us = [this](double q) {
      return static_cast<double>(latencies_.quantile(q).count()) / 1e3;
    };
    fmt::print(R"({{"requests":{},"seconds":{:.3f},"per_second":{:.1f},)", measured_, seconds,
               static_cast<double>(measured_) / seconds);
    fmt::print(R"("p50_us":{:.1f},"p99_us":{:.1f},"p999_us":{:.1f},)", us(0.5), us(0.99),
               us(0.999));
    if (backlog_) print_backlog();
    fmt::print(R"("answered":{},"errors":{},"client_cpu_us":{:.2f}}})", answered_, errors_,
               1e6 * cpu_seconds_ / static_cast<double>(answered_));
    fmt::print("\n");
  }

  [[nodiscard]] bool clean() const { return errors_ == 0; }

 private:
  static constexpr std::size_t kBacklog = SIZE_MAX;
  static constexpr int kTurnMilliseconds = 100;
  static constexpr int kSilentTurnsMax = 300;

  void watch(int fd, std::size_t index) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void ask(std::size_t index, Clock::time_point now) {
    if (asked_ == settings_.requests_max) return;
    asked_at_[index] = now;
    connections_[index].send(requests_.next());
    ++under_way_;
    ++asked_;
  }

  void turn() {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(epoll_, events.data(), events.size(), kTurnMilliseconds);
    silent_turns_ = count > 0 ? 0 : silent_turns_ + 1;
    if (silent_turns_ == kSilentTurnsMax) throw std::runtime_error("the server fell silent");
    for (int i = 0; i < count; ++i) {
      const std::size_t index = events[static_cast<std::size_t>(i)].data.u64;
      index == kBacklog ? on_backlog() : on_readable(index);
    }
    if (backlog_) backlog_->ask_when_due(Clock::now());
  }

  void on_readable(std::size_t index) {
    const auto answer = connections_[index].receive();
    if (!answer) return;
    const auto now = Clock::now();
    --under_way_;
    count(*answer, now - asked_at_[index], now);
    if (now < measure_to_) ask(index, now);
  }

  void count(const Answer& answer, Clock::duration latency, Clock::time_point now) {
    ++answered_;
    if (answer.status != settings_.expected_status) {
      if (++errors_ == 1) fmt::print(stderr, "{}\n{}\n", answer.head, answer.body);
      return;
    }
    if (now >= measure_from_ && now < measure_to_) {
      ++measured_;
      latencies_.add(latency);
    }
    if (ids_out_.is_open()) ids_out_ << order_id(answer.head) << '\n';
  }

  static std::string_view order_id(std::string_view head) {
    static constexpr std::string_view kLocation = "Location: /orders/";
    const auto at = head.find(kLocation);
    if (at == head.npos) throw std::runtime_error("a 201 without Location");
    const auto id = head.substr(at + kLocation.size());
    return id.substr(0, id.find("\r\n"));
  }

  [[nodiscard]] std::int64_t acknowledged() const { return answered_ - errors_; }

  void on_backlog() {
    const auto now = Clock::now();
    const auto sample = backlog_->receive(acknowledged(), now);
    if (sample && now >= measure_from_ && now < measure_to_) samples_.push_back(*sample);
  }

  void wait_until_shipped() {
    const auto start = Clock::now();
    while (backlog_->ask(acknowledged()).shipped < acknowledged()) {
      if (Clock::now() - start > std::chrono::minutes(1)) {
        throw std::runtime_error("acknowledged orders are not shipped a minute later");
      }
    }
    settle_seconds_ = Seconds(Clock::now() - start).count();
  }

  void print_backlog() const {
    if (samples_.size() < 2) throw std::runtime_error("too short to follow the backlog");
    const auto &first = samples_.front(), &last = samples_.back();
    const double seconds = Seconds(last.at - first.at).count();
    std::int64_t backlog_max = 0;
    for (const auto& sample : samples_) {
      backlog_max = std::max(backlog_max, sample.open);
    }
    fmt::print(R"("acknowledged_per_second":{:.1f},"shipped_per_second":{:.1f},)",
               static_cast<double>(last.acknowledged - first.acknowledged) / seconds,
               static_cast<double>(last.shipped - first.shipped) / seconds);
    fmt::print(R"("backlog_max":{},"settle_seconds":{:.4f},)", backlog_max, settle_seconds_);
  }

  const Settings& settings_;
  Requests& requests_;
  std::vector<Connection> connections_;
  std::vector<Clock::time_point> asked_at_;  ///< by connection
  std::optional<Backlog> backlog_;
  std::ofstream ids_out_;
  int epoll_;
  int silent_turns_ = 0;

  Clock::time_point measure_from_, measure_to_, ended_;
  std::int64_t asked_ = 0, under_way_ = 0, answered_ = 0, errors_ = 0;
  std::int64_t measured_ = 0;  ///< accepted between measure_from_ and measure_to_
  Histogram latencies_;
  std::vector<Backlog::Sample> samples_;
  double cpu_seconds_ = 0, settle_seconds_ = 0;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int run(int argc, char** argv) {
  Settings settings;
  std::string ids;
  bool keyed = false;
  CLI::App app("Loads an orderflow on this machine and prints what it did as JSON.");
  app.add_option("--port", settings.port)->required();
  app.add_option("--connections", settings.connections);
  app.add_option("--warmup", settings.warmup_seconds, "seconds before it counts");
  app.add_option("--seconds", settings.seconds, "how long it counts");
  app.add_option("--requests", settings.requests_max, "stop after so many");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_subcommand("healthz", "GET /healthz");
  auto* post = app.add_subcommand("post", "POST /orders");
  post->add_flag("--keyed", keyed, "each with an Idempotency-Key");
  post->add_flag("--follow", settings.follow_backlog, "until every order is shipped");
  post->add_option("--ids-out", settings.ids_out, "a file for the ids of the orders");
  auto* get = app.add_subcommand("get", "GET /orders/{orderId}, at random");
  get->add_option("--ids", ids, "a file with one id a line")->required();
  CLI11_PARSE(app, argc, argv);

  if (post->parsed()) settings.expected_status = 201;
  const auto requests = post->parsed()  ? post_requests(keyed)
                        : get->parsed() ? order_requests(read_file(ids))
                                        : healthz_requests();
  Load load(settings, *requests);
  load.run();
  load.print();
  return load.clean() ? 0 : 1;
}

}  // namespace
}  // namespace orderflow::bench

int main(int argc, char** argv) {
  try {
    return orderflow::bench::run(argc, argv);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "bench_load: {}\n", problem.what());
    return 1;
  }
}
