#include "proof/world/faulty_stores.h"

#include <fmt/format.h>

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

/// DynamoDB promises no bound; usually it is a second.
constexpr Duration kStaleAtMost = 1h;

}  // namespace

std::unexpected<Error> error_of(World& world, const Met& met) {
  if (met.is(Fault::Throttle)) return failure(ErrorCode::Throttled, "injected");
  const bool timeout = !met.is(Fault::FailBefore) || world.draw(met.site, 5) % 2 == 0;
  return failure(timeout ? ErrorCode::Timeout : ErrorCode::Unavailable, "injected");
}

Task<Result<Creation>> FaultyOrderStore::create(OrderPtr order,
                                                std::optional<Idempotency> idempotency) {
  const auto& [world, process, truth] = client_;
  const std::uint32_t number = number_by_email(order->body->customer_email);
  const Met met = co_await world.call(process, Point::Create, number);
  if (met.is(Fault::GroupLost)) {
    lose_group();
    co_return failure(ErrorCode::StorageFull, "injected");
  }
  if (met.fails_before()) co_return error_of(world, met);
  auto creation = co_await truth.create(std::move(order), idempotency);
  co_await world.answer(process, met);
  if (met.fails_after()) co_return error_of(world, met);
  co_return creation;
}

Task<Result<std::optional<Creation>>> FaultyOrderStore::find(Idempotency idempotency) {
  return client_.call(Point::Find, client_.truth.durable_orders.find(idempotency));
}

Task<Result<OrderPtr>> FaultyOrderStore::load(OrderId id, View view) {
  auto& [world, process, truth] = client_;
  const Point point = view == View::Recent ? Point::LoadRecent : Point::Load;
  MemoryOrderStore& store = view == View::Durable ? truth.durable_orders : truth.latest_orders;
  auto make_stale = [this, id](Result<OrderPtr>& order) {
    const auto& [stale, changed_at] = client_.truth.before.at(id);
    if (client_.world.now() - changed_at > kStaleAtMost) return;
    order = stale ? Result<OrderPtr>(stale) : failure(ErrorCode::NotFound, "injected");
  };
  return client_.call(point, world.number_of(id), store.load(id, view), make_stale);
}

Task<Result<CommitOutcome>> FaultyOrderStore::commit(std::uint32_t expected_version,
                                                     Transition transition) {
  const auto& [world, process, truth] = client_;
  const std::uint32_t number = world.number_of(transition.next->id());
  const bool waits = waits_for_the_disk(transition);
  const Met met = co_await world.call(process, Point::Commit, number);
  if (met.is(Fault::GroupLost) && waits) {
    lose_group();
    co_return failure(ErrorCode::StorageFull, "injected");
  }
  if (met.is(Fault::Refused)) {
    world.auditor().no_retry_can_help();
    co_return failure(ErrorCode::Refused, "injected");
  }
  if (met.fails_before()) co_return error_of(world, met);
  auto outcome = co_await truth.commit(expected_version, std::move(transition));
  if (outcome && *outcome != CommitOutcome::Committed) {
    const bool conflict = *outcome == CommitOutcome::VersionConflict;
    world.note(number, fmt::format("a commit on version {} is refused: {}", expected_version,
                                   conflict ? "version conflict" : "sold out"));
  }
  // A commit that does not wait for the disk was answered before its group was lost.
  if (met.is(Fault::GroupLost)) lose_group();
  flush_soon(met.site);
  co_await world.answer(process, met);
  if (met.fails_after()) co_return error_of(world, met);
  co_return outcome;
}

Task<Result<OrderPage>> FaultyOrderStore::list(OrderQuery query) {
  auto make_stale = [](Result<OrderPage>& page) {  // the index does not have the newest yet
    if (!page->orders.empty()) page->orders.erase(page->orders.begin());
  };
  return client_.call(Point::List, kNoOrder, client_.truth.durable_orders.list(std::move(query)),
                      make_stale);
}

Task<Result<std::vector<OverdueOrder>>> FaultyOrderStore::overdue(Timestamp due_before,
                                                                  std::int64_t limit) {
  return client_.call(Point::Overdue, kNoOrder,
                      client_.truth.durable_orders.overdue(due_before, limit),
                      [](auto& overdue) { overdue->clear(); });
}

Task<Result<ParkedPage>> FaultyOrderStore::parked(std::int64_t limit, std::string cursor) {
  return client_.call(Point::Parked, kNoOrder,
                      client_.truth.durable_orders.parked(limit, std::move(cursor)),
                      [](auto& page) { page->orders.clear(); });
}

Task<Result<std::vector<OpenOrder>>> FaultyOrderStore::open_orders(std::int64_t after,
                                                                   std::int64_t limit) {
  return client_.call(Point::OpenOrders, client_.truth.open_orders(after, limit));
}

void FaultyOrderStore::lose_group() {
  for (const OrderId& id : client_.truth.roll_back()) on_lost_(id);
}

void FaultyOrderStore::flush_soon(const Site& site) {
  auto& [world, process, truth] = client_;
  if (truth.volatile_count() == 0) return;
  const Duration most = world.draw(site, 7) % 8 == 0 ? 2s : 20ms;  // sometimes the disk is slow
  world.in(world.between(1ms, most, site, 6), &process, [&disk = truth] { disk.flush(); });
}

Task<Result<std::vector<std::optional<CatalogueEntry>>>> FaultyProductStore::catalogue(
    std::vector<std::string> skus, View view) {
  const auto& [world, process, truth] = client_;
  const Met met = co_await world.call(
      process, view == View::Recent ? Point::CatalogueRecent : Point::Catalogue, kNoOrder);
  if (met.is(Fault::Unreadable)) {
    world.auditor().no_retry_can_help();
    co_return failure(ErrorCode::Corrupt, "injected");
  }
  if (met.fails_before()) co_return error_of(world, met);
  auto entries = co_await truth.durable_products.catalogue(std::move(skus), view);
  if (entries && met.is(Fault::StaleRead)) {
    for (auto& entry : *entries) entry.reset();  // none was put yet
  }
  co_await world.answer(process, met);
  if (met.fails_after()) co_return error_of(world, met);
  co_return entries;
}

/// Never fails, since an order is the same without its answer.
Task<Result<std::vector<std::optional<std::string>>>> FaultyProductStore::similar(
    std::vector<std::string> skus) {
  return client_.truth.durable_products.similar(std::move(skus));
}

Task<Result<Product>> FaultyProductStore::get(std::string sku) {
  return client_.call(Point::GetProduct, client_.truth.durable_products.get(std::move(sku)));
}

Task<Result<Adjustment>> FaultyProductStore::adjust(std::string sku, std::int64_t quantity,
                                                    std::string reason,
                                                    std::optional<AdjustmentKey> key) {
  return client_.call(Point::AdjustStock,
                      client_.truth.adjust(std::move(sku), quantity, std::move(reason), key));
}

}  // namespace orderflow::world
