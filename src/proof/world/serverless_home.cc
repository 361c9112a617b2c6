#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>

#include "adapters/sqs/nudge_message.h"
#include "adapters/sqs/sqs_batch.h"
#include "functions/order_recovery.h"
#include "functions/take_step.h"
#include "proof/world/world_home.h"

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeLimit = 30s;
constexpr Duration kStopMargin = 1s;  // as in apps/lambda/invocation.h
constexpr Duration kVisibilityTimeout = 60s;
constexpr Duration kDelayMax = 15min;  // of SQS
constexpr Duration kLambdaRecoveryInterval = 1min;
constexpr int kReceivesMax = 5;
constexpr std::size_t kBatchMax = 10;

constexpr std::string_view kVersion1 = "\"v\":1";
constexpr std::string_view kVersion2 = "\"v\":2";

struct StoredMessage {
  Stage stage{};
  std::uint32_t order = kNoOrder;
  std::string body;
  int receives = 0;
};
using MessageId = std::uint64_t;

/// What one invocation was given, and the orders whose step it recorded.
struct Received {
  std::vector<MessageId> messages;
  std::set<OrderId> recorded;
};

/// Functions that live for one invocation, at most `workers` at once, and a queue service.
class ServerlessWorldHome final : public WorldHome {
 public:
  ServerlessWorldHome(World& world, Truth& truth, Outside& outside)
      : WorldHome(world, truth, outside) {
    clocks_.resize(static_cast<std::size_t>(std::max(1, world.scenario().workers)));
    world_.on_death([this](Process& process) { end(process); });
  }

  void start() override {
    world_.in(kLambdaRecoveryInterval, nullptr, [this] {
      Program& program = invoke();
      world_.start(recover(program));
      start();
    });
  }

  void serve(const ExchangePtr& exchange) override {
    Program& program = invoke();
    world_.start(program.serve(exchange, [&program] { program.alive = false; }));
  }

  void kill() override {
    for (const auto& program : programs_) world_.kill(*program);
  }

  void set_clock(Duration ahead, std::uint64_t drawn) override {
    clocks_[drawn % clocks_.size()] = ahead;
  }

  void repair() override {
    std::ranges::fill(clocks_, Duration::zero());
    for (const auto& program : programs_) program->clock_ahead = Duration::zero();
    for (const MessageId id : std::exchange(dead_letters_, {})) {
      const auto message = messages_.find(id);
      // A worker that received it before may have deleted it after all.
      if (message == messages_.end()) continue;
      message->second.receives = 0;
      show(id, 0ms);
    }
  }

 private:
  Program& invoke() {
    const auto number = static_cast<std::uint32_t>(programs_.size());
    auto put = [this](Stage stage, OrderId order, Duration delay) {
      return this->put(stage, order, delay);
    };
    programs_.push_back(std::make_unique<Program>(world_, truth_, outside_, put,
                                                  Random::mix(world_.seed() + number)));
    Program& program = *programs_.back();
    const Site site{Point::Receive, kNoOrder, number};
    const std::size_t worker = world_.draw(site, 42) % clocks_.size();
    program.number = static_cast<int>(worker);
    program.clock_ahead = clocks_[worker];
    world_.in(kTimeLimit, &program, [this, &program] { world_.kill(program); });
    return program;
  }

  Task<void> recover(Program& program) {
    program.report(co_await recover_overdue(program.services));
    program.alive = false;
  }

  Task<Result<void>> put(Stage stage, OrderId order, Duration delay) {
    send(stage, world_.number_of(order), sqs::write_message({stage, order}), delay);
    co_return Result<void>{};
  }

  void send(Stage stage, std::uint32_t order, std::string body, Duration delay) {
    world_.auditor().wrote("message", body);
    const MessageId id = ++newest_;
    messages_[id] = {stage, order, std::move(body)};
    show(id, std::min(delay, kDelayMax));
  }

  /// Makes the message visible to workers after a while.
  void show(MessageId id, Duration delay) {
    world_.in(delay, nullptr, [this, id] {
      const auto message = messages_.find(id);
      if (message == messages_.end()) return;  // another worker has deleted it meanwhile
      const Stage stage = message->second.stage;
      ready_[static_cast<std::size_t>(stage)].push_back(id);
      world_.in(10ms, nullptr, [this, stage] { pump(stage); });
    });
  }

  void pump(Stage stage) {
    auto& ready = ready_[static_cast<std::size_t>(stage)];
    if (ready.empty() || received_.size() >= clocks_.size()) return;
    std::vector<MessageId> messages;
    std::vector<MessageId> to_two;
    bool crashes = false;
    while (!ready.empty() && messages.size() < kBatchMax) {
      const MessageId id = ready.front();
      ready.pop_front();
      if (messages_.contains(id)) receive(id, messages, to_two, crashes);
    }
    if (!messages.empty()) work_on(stage, std::move(messages), crashes);
    if (!to_two.empty()) work_on(stage, std::move(to_two), false);
  }

  void receive(MessageId id, std::vector<MessageId>& batch, std::vector<MessageId>& to_two,
               bool& crashes) {
    if (++messages_.at(id).receives > kReceivesMax) {
      dead_letters_.push_back(id);
      return;
    }
    const StoredMessage message = messages_.at(id);
    FaultSet possible = possible_faults(HomeKind::Serverless, Point::Receive);
    if (!world_.scenario().two_versions) possible &= ~set_of(Fault::MessageNewer);
    const Met met = world_.meet(Point::Receive, message.order, possible);
    if (met.is(Fault::MessageDelayed)) {
      return show(id, world_.between(1min, 10min, met.site, 43));
    }
    batch.push_back(id);
    if (met.is(Fault::CrashBefore)) crashes = true;
    if (met.is(Fault::MessageToTwo)) to_two.push_back(id);
    if (met.is(Fault::MessageNewer)) make_newer(messages_.at(id).body);
    if (met.is(Fault::MessageDoubled)) {
      send(message.stage, message.order, message.body, world_.between(0s, 5min, met.site, 44));
    }
    if (met.is(Fault::MessagePoisoned)) {
      batch.push_back(++newest_);
      messages_[newest_] = {message.stage, kNoOrder, "{\"v\":1,\"stage\":"};
    }
  }

  static void make_newer(std::string& body) {
    const std::size_t at = body.find(kVersion1);
    if (at != std::string::npos) body.replace(at, kVersion1.size(), kVersion2);
  }

  /// The message as the program sees it. Only the newer program knows version 2.
  std::string body_for(const Program& program, std::string body) const {
    const bool is_old = world_.scenario().two_versions && program.number % 2 == 1;
    const std::size_t at = body.find(kVersion2);
    if (at != std::string::npos && !is_old) body.replace(at, kVersion2.size(), kVersion1);
    return body;
  }

  void work_on(Stage stage, std::vector<MessageId> messages, bool crashes) {
    Program& program = invoke();
    std::vector<SqsRecord> records;
    for (const MessageId id : messages) {
      const StoredMessage& message = messages_.at(id);
      records.push_back({std::to_string(id), body_for(program, message.body), message.receives});
    }
    received_[&program].messages = std::move(messages);
    if (crashes) return world_.kill(program);
    world_.start(run_batch(program, stage, std::move(records)));
  }

  /// What work_on_batch() of apps/lambda/function_table.cc does.
  Task<void> run_batch(Program& program, Stage stage, std::vector<SqsRecord> records) {
    SqsWork work{
        .take_step = [this, &program](Stage at, OrderId order) { return step(program, at, order); },
        .give_up = [this, &program](
                       Stage at, OrderId order,
                       Error error) { return give_up(program, at, order, std::move(error)); },
        .deliveries_max = kReceivesMax};
    const SteadyTime stop_at = program.timers.now() + kTimeLimit - kStopMargin;
    const auto result =
        co_await run_sqs_batch(world_.executor(), program.timers, stage, std::move(work),
                               program.report_errors(), records, stop_at);
    if (result.stopped) world_.note(kNoOrder, "a batch is stopped before its deadline");
    settle(program, records, {result.failed.begin(), result.failed.end()});
  }

  Task<Result<void>> step(Program& program, Stage stage, OrderId order) {
    auto result = co_await take_step(program.services, stage, order);
    if (result) received_.at(&program).recorded.insert(order);
    co_return result;
  }

  Task<Result<void>> give_up(Program& program, Stage stage, OrderId order, Error error) {
    world_.auditor().given_up(order);
    world_.note(world_.number_of(order), "its message fails on the last delivery");
    auto result = co_await orderflow::give_up(program.services, stage, order, std::move(error));
    if (result) received_.at(&program).recorded.insert(order);
    co_return result;
  }

  /// The batch is answered: what failed comes again, the rest is deleted.
  void settle(Program& program, const std::vector<SqsRecord>& records,
              const std::set<std::string>& failed) {
    const Received& received = received_.at(&program);
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (failed.contains(records[i].message_id)) continue;
      const auto message = sqs::read_message(records[i].body);
      if (!message || !received.recorded.contains(message->order)) {
        world_.violate("N1", fmt::format("message {} is deleted, its step not recorded",
                                         records[i].message_id));
      }
      messages_.erase(received.messages[i]);
    }
    program.alive = false;
    end(program);
  }

  /// What the invocation has not deleted becomes visible again.
  void end(Process& process) {
    const auto found = received_.find(&process);
    if (found == received_.end()) return;
    const Received received = std::move(found->second);
    received_.erase(found);
    for (const MessageId id : received.messages) {
      if (messages_.contains(id)) show(id, kVisibilityTimeout);
    }
    world_.in(1ms, nullptr, [this] {
      for (int stage = 0; stage < kStageCount; ++stage) pump(static_cast<Stage>(stage));
    });
  }

  std::vector<Duration> clocks_;                    ///< of each worker: how far ahead
  std::vector<std::unique_ptr<Program>> programs_;  ///< every invocation there was
  std::map<MessageId, StoredMessage> messages_;     ///< all that is not deleted
  std::array<std::deque<MessageId>, kStageCount> ready_;
  std::vector<MessageId> dead_letters_;
  std::map<const Process*, Received> received_;  ///< being worked on; never iterated
  MessageId newest_ = 0;
};

}  // namespace

std::unique_ptr<WorldHome> make_serverless_home(World& world, Truth& truth, Outside& outside) {
  return std::make_unique<ServerlessWorldHome>(world, truth, outside);
}

}  // namespace orderflow::world
