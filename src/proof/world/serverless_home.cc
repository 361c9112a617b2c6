#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>

#include "adapters/sqs/nudge_message.h"
#include "functions/order_recovery.h"
#include "functions/take_step.h"
#include "proof/world/homes.h"

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeLimit = 30s;
constexpr Duration kVisibilityTimeout = 60s;
constexpr Duration kDelayMax = 15min;  // of SQS
constexpr Duration kRecoveryInterval = 1min;
constexpr int kReceivesMax = 5;
constexpr std::size_t kBatchMax = 10;

constexpr std::string_view kVersion1 = "\"v\":1";
constexpr std::string_view kVersion2 = "\"v\":2";

struct Message {
  Stage stage{};
  std::uint32_t order = kNoOrder;
  std::string body;
  int receives = 0;
};
using MessageId = std::uint64_t;

/// What one invocation was given.
struct Batch {
  Stage stage{};
  std::vector<MessageId> messages;
  std::map<OrderId, std::vector<MessageId>> by_order;
  std::set<MessageId> failed;
  std::size_t open = 0;
};

/// Functions that live for one invocation, at most `workers` at once, and a queue service.
class ServerlessSide final : public SimulatedHome {
 public:
  ServerlessSide(World& world, Truth& truth, Outside& outside, std::uint64_t seed)
      : world_(world), truth_(truth), outside_(outside), seed_(seed) {
    clocks_.resize(static_cast<std::size_t>(std::max(1, world.scenario().workers)));
    world_.on_death([this](Process& process) { end(process); });
  }

  void start() override {
    world_.in(kRecoveryInterval, nullptr, [this] {
      Program& program = invoke();
      world_.start(recover(program));
      start();
    });
  }

  void serve(const ExchangePtr& exchange) override {
    Program& program = invoke();
    world_.start(program.serve(exchange, [&program] { program.alive = false; }));
  }

  void suffer(const Met& met) override {
    if (!moves_clock(met)) {
      for (const auto& program : programs_) world_.kill(*program);
      return;
    }
    clocks_[world_.draw(met.site, 41) % clocks_.size()] = clock_jump(world_, met);
  }

  void repair() override {
    std::ranges::fill(clocks_, Duration::zero());
    for (const auto& program : programs_) program->clock_ahead = Duration::zero();
    for (const MessageId id : std::exchange(dead_letters_, {})) {
      const auto message = messages_.find(id);
      if (message == messages_.end())
        continue;  // a worker that had it from before was done after all
      message->second.receives = 0;
      show(id, 0ms);
    }
  }

 private:
  Program& invoke() {
    const auto number = static_cast<std::uint32_t>(programs_.size());
    auto send = [this](Stage stage, const OrderId& order, Duration delay) {
      this->send(stage, world_.number_of(order), sqs::write_message({stage, order}), delay);
    };
    programs_.push_back(std::make_unique<Program>(
        world_, truth_, outside_, send, [](const OrderId&) {}, Random::mix(seed_ + number)));
    Program& program = *programs_.back();
    const Site site{Point::Deliver, kNoOrder, number};
    const std::size_t worker = world_.draw(site, 42) % clocks_.size();
    program.number = static_cast<int>(worker);
    program.clock_ahead = clocks_[worker];
    world_.in(kTimeLimit, &program, [this, &program] { world_.kill(program); });
    return program;
  }

  Task<void> recover(Program& program) {
    const auto nudged = co_await recover_overdue(program.services);
    if (!nudged) world_.auditor().wrote("error", nudged.error().detail);
    program.alive = false;
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
      if (message == messages_.end()) return;  // worked on by another worker meanwhile
      const Stage stage = message->second.stage;
      ready_[static_cast<std::size_t>(stage)].push_back(id);
      world_.in(10ms, nullptr, [this, stage] { pump(stage); });
    });
  }

  void pump(Stage stage) {
    auto& ready = ready_[static_cast<std::size_t>(stage)];
    if (ready.empty() || batches_.size() >= clocks_.size()) return;
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
    const Message message = messages_.at(id);
    FaultSet possible = possible_faults(Home::Serverless, Point::Deliver);
    if (!world_.scenario().two_versions) possible &= ~set_of(Fault::MessageNewer);
    const Met met = world_.meet(Point::Deliver, message.order, possible);
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

  /// Only the newer program knows version 2.
  Result<sqs::NudgeMessage> read(const Program& program, std::string body) const {
    const bool is_old = world_.scenario().two_versions && program.number % 2 == 1;
    const std::size_t at = body.find(kVersion2);
    if (at != std::string::npos && !is_old) body.replace(at, kVersion2.size(), kVersion1);
    return sqs::read_message(body);
  }

  void work_on(Stage stage, std::vector<MessageId> messages, bool crashes) {
    Program& program = invoke();
    Batch& batch = batches_[&program];
    batch.stage = stage;
    batch.messages = std::move(messages);
    for (const MessageId id : batch.messages) {
      const auto message = read(program, messages_.at(id).body);
      if (message) {
        batch.by_order[message->order].push_back(id);
      } else {
        world_.auditor().wrote("error", message.error().detail);
        batch.failed.insert(id);
      }
    }
    if (crashes) return world_.kill(program);
    batch.open = batch.by_order.size();
    if (batch.open == 0) return finish(program);
    for (const auto& [order, ids] : batch.by_order) world_.start(work(program, stage, order));
  }

  Task<void> work(Program& program, Stage stage, OrderId order) {
    const auto result = co_await take_step(program.services, stage, order);
    if (!program.alive) co_return;
    Batch& batch = batches_.at(&program);
    if (!result) {
      world_.auditor().wrote("error", result.error().detail);
      for (const MessageId id : batch.by_order.at(order)) batch.failed.insert(id);
    }
    if (--batch.open == 0) finish(program);
  }

  /// The batch is answered: what failed comes again, the rest is deleted.
  void finish(Program& program) {
    for (const MessageId id : batches_.at(&program).messages) {
      if (!batches_.at(&program).failed.contains(id)) messages_.erase(id);
    }
    program.alive = false;
    end(program);
  }

  /// What the invocation has not deleted becomes visible again.
  void end(Process& process) {
    const auto found = batches_.find(&process);
    if (found == batches_.end()) return;
    const Batch batch = std::move(found->second);
    batches_.erase(found);
    for (const MessageId id : batch.messages) {
      if (messages_.contains(id)) show(id, kVisibilityTimeout);
    }
    world_.in(1ms, nullptr, [this] {
      for (int stage = 0; stage < kStageCount; ++stage) pump(static_cast<Stage>(stage));
    });
  }

  World& world_;
  Truth& truth_;
  Outside& outside_;
  std::uint64_t seed_;
  std::vector<Duration> clocks_;                    ///< of each worker: how far ahead
  std::vector<std::unique_ptr<Program>> programs_;  ///< every invocation there was
  std::map<MessageId, Message> messages_;           ///< all that is not deleted
  std::array<std::deque<MessageId>, kStageCount> ready_;
  std::vector<MessageId> dead_letters_;
  std::map<const Process*, Batch> batches_;  ///< being worked on; never iterated
  MessageId newest_ = 0;
};

}  // namespace

std::unique_ptr<SimulatedHome> make_serverless_home(World& world, Truth& truth, Outside& outside,
                                                    std::uint64_t seed) {
  return std::make_unique<ServerlessSide>(world, truth, outside, seed);
}

}  // namespace orderflow::world
