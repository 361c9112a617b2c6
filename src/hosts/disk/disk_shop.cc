#include "hosts/disk/disk_shop.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "adapters/simulated/simulated_carrier.h"
#include "adapters/simulated/simulated_gateway.h"
#include "adapters/sqlite/order_store.h"
#include "adapters/sqlite/product_store.h"
#include "adapters/sqlite/simulated_ledger.h"
#include "base/check.h"
#include "base/limits.h"
#include "functions/order_admin.h"
#include "functions/order_recovery.h"
#include "functions/order_status.h"
#include "functions/order_submission.h"
#include "functions/processors.h"
#include "hosts/server/audit.h"
#include "hosts/simulator/random.h"
#include "order/due.h"

namespace orderflow::simulator {
namespace {

namespace asio = boost::asio;

/// One fault is injected, so the second try should succeed; a store that has to roll back first may
/// need one more.
constexpr int kTriesUntilAnswered = 4;
constexpr int kRecoveriesMax = 8;
constexpr std::int64_t kOrdersMax = 100;
constexpr Minor kPrice = 1'250;
constexpr Duration kRedelivery{1'000};
constexpr const char* kRequest = "request";  ///< the request's number, in the order's metadata

struct Nudge {
  Stage stage{};
  OrderId order;
  int tries = 0;
};

/// Nudges in memory, by the time they are for and then by age.
class Nudges final : public WorkQueue {
 public:
  explicit Nudges(const Memory& memory) : memory_(memory) {}

  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override {
    add({stage, order}, delay);
    co_return Result<void>{};
  }
  Task<Result<std::vector<QueueDepth>>> depths() override { co_return std::vector<QueueDepth>{}; }

  void add(Nudge nudge, Duration delay) { waiting_.emplace(memory_.now + delay, nudge); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] Timestamp next_at() const { return waiting_.begin()->first; }
  Nudge pop() { return waiting_.extract(waiting_.begin()).mapped(); }

 private:
  const Memory& memory_;
  std::multimap<Timestamp, Nudge> waiting_;
};

class MemoryClock final : public Clock {
 public:
  explicit MemoryClock(const Memory& memory) : memory_(memory) {}
  Timestamp now() override { return memory_.now; }

 private:
  const Memory& memory_;
};

class CountedIds final : public Ids {
 public:
  explicit CountedIds(Memory& memory) : memory_(memory) {}

  OrderId next_order_id(Timestamp now) override {
    const std::uint64_t number = ++memory_.ids;
    const auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
    const std::uint64_t head = ms << 16 | 0x7000 | (number & 0xfff);
    const std::uint64_t tail = Random::mix(number) >> 2 | std::uint64_t{1} << 63;
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
      bytes[i] = static_cast<std::uint8_t>(head >> (56 - 8 * i));
      bytes[8 + i] = static_cast<std::uint8_t>(tail >> (56 - 8 * i));
    }
    return OrderId(bytes);
  }
  double jitter() override { return 0.5; }

 private:
  Memory& memory_;
};

OrderDraft draft_of(const Wish& wish, std::size_t request) {
  return {.customer_email = "customer@example.com",
          .lines = {{wish.sku, wish.sku, kPrice, wish.quantity}},
          .payment_method = wish.payment_method,
          .metadata = {{kRequest, std::to_string(request)}}};
}

std::optional<Idempotency> key_of(const Wish& wish, std::size_t request) {
  if (!wish.with_key) return std::nullopt;
  Idempotency idempotency;
  idempotency.key[0] = static_cast<std::uint8_t>(request + 1);
  idempotency.fingerprint[0] = idempotency.key[0];
  return idempotency;
}

/// The request that an order came from; beyond all requests where it came from none.
std::size_t request_of(const Order& order) {
  for (const auto& [name, value] : order.body->metadata) {
    if (name == kRequest) return std::stoul(value);
  }
  return std::string::npos;
}

/// Nobody may be shown one history and then another.
bool continues(const Order& later, const Order& earlier) {
  const auto& before = earlier.state.events;
  const auto& after = later.state.events;
  return *later.body == *earlier.body && after.size() >= before.size() &&
         std::equal(before.begin(), before.end(), after.begin());
}

Task<bool> work_without_waiting(Services& services, Nudges& nudges, Memory& memory,
                                std::vector<Error>& errors) {
  while (!nudges.empty()) {
    memory.now = std::max(memory.now, nudges.next_at());
    Nudge nudge = nudges.pop();
    auto done = co_await process(services, nudge.stage, nudge.order);
    if (done) continue;
    errors.push_back(done.error());
    // What is dropped here, order-recovery finds.
    if (++nudge.tries < kTriesUntilAnswered) nudges.add(nudge, kRedelivery);
  }
  co_return true;
}

}  // namespace

/// What dies with the process.
struct DiskShop::Process {
  Process(std::unique_ptr<sqlite::Database> opened, std::unique_ptr<SimulatedLedger> books,
          Memory& memory)
      : database(std::move(opened)),
        ledger(std::move(books)),
        clock(memory),
        ids(memory),
        orders(*database),
        products(*database, clock),
        gateway(*ledger),
        carrier(*ledger),
        nudges(memory),
        services{orders, products, nudges, gateway, carrier, clock, ids} {}

  std::unique_ptr<sqlite::Database> database;
  std::unique_ptr<SimulatedLedger> ledger;
  MemoryClock clock;
  CountedIds ids;
  SqliteOrderStore orders;
  SqliteProductStore products;
  SimulatedGateway gateway;
  SimulatedCarrier carrier;
  Nudges nudges;
  Services services;
};

DiskShop::DiskShop(LyingDisk& disk, std::filesystem::path folder, Memory& memory,
                   std::vector<std::string>& violations)
    : disk_(disk), folder_(std::move(folder)), memory_(memory), violations_(violations) {
  open();
  resume();
}

DiskShop::~DiskShop() { close(); }

/// Returns when the task is done and all that it set off has reached the store.
template <typename T>
T DiskShop::run(Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(io_, std::move(task), [&result](std::exception_ptr problem, T value) {
    if (problem) std::rethrow_exception(problem);
    result.emplace(std::move(value));
  });
  io_.restart();
  io_.run();
  CHECK(result);
  return std::move(*result);
}

/// Asks until there is an answer.
template <typename Ask>
auto DiskShop::insist(Ask ask) {
  for (int tries = 1;; ++tries) {
    auto answer = run(ask());
    if (answer) return std::move(*answer);
    refused(answer.error(), tries);
  }
}

void DiskShop::open() {
  for (int tries = 1;; ++tries) {
    auto database = sqlite::Database::open(io_.get_executor(), folder_);
    if (!database) {
      refused(database.error(), tries);
      continue;
    }
    auto ledger = SimulatedLedger::open(io_.get_executor(), folder_ / "simulated.db");
    if (ledger) {
      process_ = std::make_unique<Process>(std::move(*database), std::move(*ledger), memory_);
      return;
    }
    refused(ledger.error(), tries);
  }
}

void DiskShop::close() {
  process_.reset();
  io_.restart();
  io_.run();
}

Services& DiskShop::services() { return process_->services; }

/// As the local home does at its start.
void DiskShop::resume() {
  const auto orders = insist([this] { return process_->orders.open_orders(0, kOrdersMax); });
  for (const sqlite::OpenOrder& order : orders) {
    if (!order.due) continue;
    const Duration delay = std::max(Duration::zero(), order.due->at - memory_.now);
    process_->nudges.add({order.due->stage, order.id}, delay);
  }
}

void DiskShop::refused(const Error& error, int tries) {
  if (disk_.stopped()) throw Stopped{};
  if (!retryable(error.code)) violate("a refusal that no waiting mends: " + error.detail);
  if (disk_.full() && process_) {
    for (const auto& [id, order] : memory_.shown) {
      const auto read = run(get_order(services(), id));
      if (!read) violate("with a full disk an order can not be read: " + read.error().detail);
    }
    const auto page = run(process_->orders.list({.limit = kOrdersMax}));
    if (!page) violate("with a full disk orders can not be listed: " + page.error().detail);
  }
  disk_.free_space();
  if (tries < kTriesUntilAnswered) return;
  violate("it does not recover: " + error.detail);
  throw Stopped{};
}

void DiskShop::put(const std::string& sku, std::int64_t available) {
  const CatalogueEntry entry{.name = sku, .price = kPrice};
  const auto put = insist([&] { return process_->products.put(sku, entry, available); });
  memory_.stock[sku] = put.product.stock.received;
}

std::size_t DiskShop::order(const Wish& wish) {
  for (int tries = 1;; ++tries) {
    if (tries == 1 || !wish.with_key) memory_.requests.push_back({wish, std::nullopt});
    const std::size_t request = memory_.requests.size() - 1;
    if (submit(request, tries)) return request;
  }
}

void DiskShop::order_again(std::size_t request) {
  for (int tries = 1; !submit(request, tries);) ++tries;
}

bool DiskShop::submit(std::size_t number, int tries) {
  Memory::Request& request = memory_.requests[number];
  memory_.now += Duration(1);
  auto answer =
      run(submit_order(services(), draft_of(request.wish, number), key_of(request.wish, number)));
  if (!answer) {
    refused(answer.error(), tries);
    return false;
  }
  const auto* submission = std::get_if<Submission>(&*answer);
  if (submission == nullptr) {
    violate(fmt::format("I1: request {} was good and is none any more", number));
    return true;
  }
  const OrderId id = submission->order->id();
  if (request.answered && (*request.answered != id || !submission->replayed)) {
    violate(fmt::format("I1: request {} made order {} and then {}", number,
                        request.answered->to_string(), id.to_string()));
  }
  request.answered = id;
  show(submission->order);
  return true;
}

void DiskShop::cancel(std::size_t request) {
  const OrderId id = memory_.requests[request].answered.value();
  for (int tries = 1;; ++tries) {
    const auto order = run(cancel_order(services(), id, "changed my mind"));
    if (order) return show(*order);
    if (order.error().code == ErrorCode::Conflict) return;  // it was too late
    refused(order.error(), tries);
  }
}

void DiskShop::show(const OrderPtr& order) {
  OrderPtr& shown = memory_.shown[order->id()];
  if (!shown) {
    shown = order;
    return;
  }
  const bool newer = order->version() > shown->version();
  if (!(newer ? continues(*order, *shown) : continues(*shown, *order))) {
    violate(fmt::format("D1: order {} was shown with another history", order->id().to_string()));
  }
  if (newer) shown = order;
}

void DiskShop::work_on_next() {
  memory_.now = std::max(memory_.now, process_->nudges.next_at());
  Nudge nudge = process_->nudges.pop();
  const auto done = run(process(services(), nudge.stage, nudge.order));
  if (done) return;
  ++nudge.tries;
  process_->nudges.add(nudge, kRedelivery);
  refused(done.error(), nudge.tries);
}

void DiskShop::work() {
  while (!process_->nudges.empty()) work_on_next();
}

void DiskShop::work_until(std::size_t request, Status status) {
  const OrderId id = memory_.requests[request].answered.value();
  while (!process_->nudges.empty()) {
    const OrderPtr order = insist([&] { return get_order(services(), id); });
    show(order);
    if (order->state.status == status) return;
    work_on_next();
  }
}

void DiskShop::hurry() {
  std::vector<Error> errors;
  run(work_without_waiting(services(), process_->nudges, memory_, errors));
  if (!errors.empty()) refused(errors.front(), 1);
}

void DiskShop::race() {
  std::vector<Error> errors;
  while (!process_->nudges.empty() && process_->nudges.next_at() <= memory_.now) {
    const Nudge nudge = process_->nudges.pop();
    asio::co_spawn(io_, process(services(), nudge.stage, nudge.order),
                   [&errors](std::exception_ptr problem, const Result<void>& done) {
                     if (problem) std::rethrow_exception(problem);
                     if (!done) errors.push_back(done.error());
                   });
  }
  io_.restart();
  io_.run();
  if (!errors.empty()) refused(errors.front(), 1);
}

void DiskShop::checkpoint() {
  try {
    sqlite::Connection(folder_ / "orderflow.db", {}).execute("PRAGMA wal_checkpoint");
  } catch (const sqlite::Failure& failure) {
    refused(failure.error(), 1);  // the store would try again at its next commit
  }
}

void DiskShop::restart() {
  close();
  if (disk_.stopped()) throw Stopped{};
  open();
  resume();
}

void DiskShop::finish() {
  for (int recoveries = 0;; ++recoveries) {
    work();
    const auto orders = all_orders();
    if (std::ranges::all_of(orders, [](const auto& order) { return terminal(order->state); })) {
      break;
    }
    if (recoveries == kRecoveriesMax) {
      for (const OrderPtr& order : orders) {
        if (terminal(order->state)) continue;
        violate(fmt::format("L1: order {} stays {}", order->id().to_string(),
                            to_string(order->state.status)));
      }
      break;
    }
    memory_.now += kOverdueGrace + Duration(1);
    insist([this] { return recover_overdue(services()); });
  }
  for (std::size_t i = 0; i < memory_.requests.size(); ++i) {
    if (memory_.requests[i].wish.with_key) order_again(i);
  }
  work();
}

std::vector<OrderPtr> DiskShop::all_orders() {
  return insist([this] { return process_->orders.list({.limit = kOrdersMax}); }).orders;
}

void DiskShop::inspect() {
  check_orders(all_orders());
  check_stock();
  check_books();
}

void DiskShop::check_orders(const std::vector<OrderPtr>& orders) {
  std::map<std::size_t, OrderId> made_by;
  for (const OrderPtr& order : orders) {
    const std::string id = order->id().to_string();
    const std::size_t request = request_of(*order);
    if (request >= memory_.requests.size()) violate("D1: nobody asked for order " + id);
    if (!made_by.emplace(request, order->id()).second) {
      violate(fmt::format("I1: request {} made two orders", request));
    }
    const auto shown = memory_.shown.find(order->id());
    if (shown != memory_.shown.end() && !continues(*order, *shown->second)) {
      violate(fmt::format("D1: order {} was shown at version {}, its version {} is another history",
                          id, shown->second->version(), order->version()));
    }
  }
  for (const auto& [id, order] : memory_.shown) {
    const auto stored = made_by.find(request_of(*order));
    if (stored == made_by.end() || stored->second != id) {
      violate(fmt::format("D1: order {} was answered and is gone", id.to_string()));
    }
  }
  for (const OrderPtr& order : orders) memory_.shown[order->id()] = order;
}

void DiskShop::check_stock() {
  for (const auto& [sku, received] : memory_.stock) {
    const auto product = run(process_->products.get(sku));
    if (!product && disk_.stopped()) throw Stopped{};
    if (!product || product->stock.received != received) {
      violate(fmt::format("D1: the {} of {} that were received are not there", received, sku));
    }
  }
}

void DiskShop::check_books() {
  const auto report = audit(folder_);
  if (disk_.stopped()) throw Stopped{};
  if (!report) return violate("the audit can not read the shop: " + report.error().detail);
  for (const CheckResult& check : report->checks) {
    for (const std::string& example : check.examples) violate(check.name + ": " + example);
  }
}

}  // namespace orderflow::simulator
