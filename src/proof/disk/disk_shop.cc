#include "proof/disk/disk_shop.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "functions/order_admin.h"
#include "functions/order_status.h"
#include "functions/order_submission.h"
#include "functions/take_step.h"
#include "order/rules/due.h"
#include "proof/disk/disk_process.h"

namespace orderflow::world {
namespace {

namespace asio = boost::asio;

/// One fault is injected, so the second try should succeed; a store that has to roll back first may
/// need one more.
constexpr int kTriesUntilAnswered = 4;
constexpr Minor kPrice = 1'250;
constexpr Duration kRedelivery{1'000};
/// A thread that copies its log when it is idle in real time would make the number of steps depend
/// on how busy the machine is.
constexpr std::chrono::hours kNeverIdle{24};

std::optional<Idempotency> key_of(const Wish& wish, std::size_t request) {
  if (!wish.with_key) return std::nullopt;
  Idempotency idempotency;
  idempotency.key[0] = static_cast<std::uint8_t>(request + 1);
  idempotency.fingerprint[0] = idempotency.key[0];
  return idempotency;
}

/// What came back from a few calls that did not wait for one another.
struct Haste {
  std::vector<Error> errors;
  std::vector<OrderPtr> seen;  ///< by customers, while steps were on their way to the disk
};

Task<Haste> work_without_waiting(Services& services, Nudges& nudges, Memory& memory) {
  Haste haste;
  while (!nudges.empty()) {
    memory.now = std::max(memory.now, nudges.next_at());
    DiskNudge nudge = nudges.pop();
    auto done = co_await take_step(services, nudge.stage, nudge.order);
    auto looked = co_await get_order(services, nudge.order);
    if (looked) haste.seen.push_back(std::move(*looked));
    if (done) continue;
    haste.errors.push_back(done.error());
    // What is dropped here, order-recovery finds.
    if (++nudge.tries < kTriesUntilAnswered) nudges.add(nudge, kRedelivery);
  }
  co_return haste;
}

}  // namespace

DiskShop::DiskShop(LyingDisk& disk, std::filesystem::path folder, Memory& memory,
                   Findings& findings)
    : disk_(disk), folder_(std::move(folder)), memory_(memory), findings_(findings) {
  open();
  resume();
}

DiskShop::~DiskShop() { close(); }

void DiskShop::open() {
  for (int tries = 1;; ++tries) {
    auto database =
        sqlite::ShopDatabase::open(io_.get_executor(), folder_, {.idle_after = kNeverIdle});
    if (!database) {
      refused(database.error(), tries);
      continue;
    }
    auto books = SqliteSandboxBooks::open(io_.get_executor(), folder_ / "simulated.db", kNeverIdle);
    if (books) {
      life_ = std::make_unique<Life>(std::move(*database), std::move(*books), memory_);
      return;
    }
    refused(books.error(), tries);
  }
}

void DiskShop::close() {
  life_.reset();
  io_.restart();
  io_.run();
}

Services& DiskShop::services() { return life_->services; }

/// As the local home does at its start.
void DiskShop::resume() {
  const auto orders = insist([this] { return life_->orders.open_orders(0, kOrdersMax); });
  for (const OpenOrder& order : orders) {
    if (!order.due) continue;
    const Duration delay = std::max(Duration::zero(), order.due->at - memory_.now);
    life_->nudges.add({order.due->stage, order.id}, delay);
  }
}

void DiskShop::refused(const Error& error, int tries) {
  if (disk_.stopped()) throw Stopped{};
  if (!retryable(error.code)) violate("a refusal that no waiting mends: " + error.detail);
  if (disk_.full() && life_) {
    for (const auto& [id, order] : memory_.shown) {
      const auto read = run(get_order(services(), id));
      if (!read) violate("with a full disk an order cannot be read: " + read.error().detail);
    }
    const auto page = run(life_->orders.list({.limit = kOrdersMax}));
    if (!page) violate("with a full disk orders cannot be listed: " + page.error().detail);
  }
  disk_.free_space();
  if (tries < kTriesUntilAnswered) return;
  violate("it does not recover: " + error.detail);
  throw Stopped{};
}

void DiskShop::put(const std::string& sku, std::int64_t available) {
  const CatalogueEntry entry{.name = sku, .price = kPrice};
  const auto put = insist([&] { return life_->products.put(sku, entry, available, {}); });
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
  Memory::OrderRequest& request = memory_.requests[number];
  memory_.now += Duration(1);
  const Wish& wish = request.wish;
  OrderDraft draft{.customer_email = "customer@example.com",
                   .lines = {{wish.sku, wish.sku, kPrice, wish.quantity}},
                   .payment_method = wish.payment_method,
                   .metadata = {{kRequest, std::to_string(number)}}};
  auto answer = run(submit_order(services(), std::move(draft), key_of(wish, number)));
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
  memory_.requests[request].cancelled = true;
  for (int tries = 1;; ++tries) {
    const auto order = run(cancel_order(services(), id, "changed my mind"));
    if (order) return show(*order);
    if (order.error().code == ErrorCode::Conflict) return;  // it was too late
    refused(order.error(), tries);
  }
}

void DiskShop::work_on_next() {
  memory_.now = std::max(memory_.now, life_->nudges.next_at());
  DiskNudge nudge = life_->nudges.pop();
  const auto done = run(take_step(services(), nudge.stage, nudge.order));
  if (done) return;
  ++nudge.tries;
  life_->nudges.add(nudge, kRedelivery);
  refused(done.error(), nudge.tries);
}

void DiskShop::work() {
  while (!life_->nudges.empty()) work_on_next();
}

void DiskShop::work_until(std::size_t request, Status status) {
  const OrderId id = memory_.requests[request].answered.value();
  while (!life_->nudges.empty()) {
    const OrderPtr order = insist([&] { return get_order(services(), id); });
    show(order);
    if (order->state.status == status) return;
    work_on_next();
  }
}

void DiskShop::hurry() {
  const Haste haste = run(work_without_waiting(services(), life_->nudges, memory_));
  for (const OrderPtr& order : haste.seen) show(order);
  if (!haste.errors.empty()) refused(haste.errors.front(), 1);
}

void DiskShop::race() {
  std::vector<Error> errors;
  while (!life_->nudges.empty() && life_->nudges.next_at() <= memory_.now) {
    const DiskNudge nudge = life_->nudges.pop();
    asio::co_spawn(io_, take_step(services(), nudge.stage, nudge.order),
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
    sqlite::SqliteConnection(folder_ / "orderflow.db", {}).execute("PRAGMA wal_checkpoint");
  } catch (const sqlite::SqliteError& failure) {
    refused(failure.error(), 1);  // the store would try again at its next commit
  }
}

void DiskShop::restart() {
  close();
  if (disk_.stopped()) throw Stopped{};
  open();
  resume();
}

}  // namespace orderflow::world
