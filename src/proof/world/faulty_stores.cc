#include "proof/world/faulty_stores.h"

#include <fmt/format.h>

#include <utility>

#include "order/rules/due.h"

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
  const std::uint32_t number = number_by_email(order->body->customer_email);
  const Met met = co_await world_.call(process_, Point::Create, number);
  if (met.is(Fault::GroupLost)) {
    lose_group();
    co_return failure(ErrorCode::StorageFull, "injected");
  }
  if (met.fails_before()) co_return error_of(world_, met);
  auto creation = co_await truth_.create(std::move(order), idempotency);
  co_await world_.answer(process_, met);
  if (met.fails_after()) co_return error_of(world_, met);
  co_return creation;
}

Task<Result<std::optional<Creation>>> FaultyOrderStore::find(Idempotency idempotency) {
  const Met met = co_await world_.call(process_, Point::Find, kNoOrder);
  if (met.fails_before()) co_return error_of(world_, met);
  MemoryOrderStore store(truth_.durable);
  auto found = co_await store.find(idempotency);
  co_await world_.answer(process_, met);
  co_return found;
}

Task<Result<OrderPtr>> FaultyOrderStore::load(OrderId id, View view) {
  const Point point = view == View::Recent ? Point::LoadRecent : Point::Load;
  const Met met = co_await world_.call(process_, point, world_.number_of(id));
  if (met.fails_before()) co_return error_of(world_, met);
  MemoryOrderStore store(view == View::Durable ? truth_.durable : truth_.latest);
  auto order = co_await store.load(id, view);
  if (order && met.is(Fault::StaleRead)) {
    const auto& [stale, changed_at] = truth_.before.at(id);
    if (world_.now() - changed_at <= kStaleAtMost) {
      order = stale ? Result<OrderPtr>(stale) : failure(ErrorCode::NotFound, "injected");
    }
  }
  co_await world_.answer(process_, met);
  co_return order;
}

Task<Result<CommitOutcome>> FaultyOrderStore::commit(std::uint32_t expected_version,
                                                     Transition transition) {
  const std::uint32_t number = world_.number_of(transition.next->id());
  const bool waits = waits_for_the_disk(transition);
  const Met met = co_await world_.call(process_, Point::Commit, number);
  if (met.is(Fault::GroupLost) && waits) {
    lose_group();
    co_return failure(ErrorCode::StorageFull, "injected");
  }
  if (met.fails_before()) co_return error_of(world_, met);
  auto outcome = co_await truth_.commit(expected_version, std::move(transition));
  if (outcome && *outcome != CommitOutcome::Committed) {
    const bool conflict = *outcome == CommitOutcome::VersionConflict;
    world_.note(number, fmt::format("a commit on version {} is refused: {}", expected_version,
                                    conflict ? "version conflict" : "sold out"));
  }
  // A commit that does not wait for the disk was answered before its group was lost.
  if (met.is(Fault::GroupLost)) lose_group();
  flush_soon(met.site);
  co_await world_.answer(process_, met);
  if (met.fails_after()) co_return error_of(world_, met);
  co_return outcome;
}

Task<Result<OrderPage>> FaultyOrderStore::list(OrderQuery query) {
  const Met met = co_await world_.call(process_, Point::List, kNoOrder);
  if (met.fails_before()) co_return error_of(world_, met);
  MemoryOrderStore store(truth_.durable);
  auto page = co_await store.list(std::move(query));
  if (page && met.is(Fault::StaleRead) && !page->orders.empty()) {
    page->orders.erase(page->orders.begin());  // the index does not have the newest yet
  }
  co_await world_.answer(process_, met);
  co_return page;
}

Task<Result<std::vector<OverdueOrder>>> FaultyOrderStore::overdue(Timestamp due_before,
                                                                  std::int64_t limit) {
  const Met met = co_await world_.call(process_, Point::Overdue, kNoOrder);
  if (met.fails_before()) co_return error_of(world_, met);
  MemoryOrderStore store(truth_.durable);
  auto overdue = co_await store.overdue(due_before, limit);
  if (overdue && met.is(Fault::StaleRead)) overdue->clear();
  co_await world_.answer(process_, met);
  co_return overdue;
}

Task<Result<std::vector<OrderPtr>>> FaultyOrderStore::parked(std::int64_t limit) {
  const Met met = co_await world_.call(process_, Point::Parked, kNoOrder);
  if (met.fails_before()) co_return error_of(world_, met);
  MemoryOrderStore store(truth_.durable);
  auto parked = co_await store.parked(limit);
  if (parked && met.is(Fault::StaleRead)) parked->clear();
  co_await world_.answer(process_, met);
  co_return parked;
}

Task<Result<std::vector<OpenOrder>>> FaultyOrderStore::open_orders(std::int64_t after,
                                                                   std::int64_t limit) {
  const Met met = co_await world_.call(process_, Point::OpenOrders, kNoOrder);
  if (met.fails_before()) co_return error_of(world_, met);
  std::vector<OpenOrder> open;
  std::int64_t seq = 0;
  for (const OrderPtr& order : truth_.stored()) {
    const auto step = due(order->state);
    if (++seq > after && step) open.push_back({order->id(), step, seq});
    if (std::cmp_equal(open.size(), limit)) break;
  }
  co_await world_.answer(process_, met);
  co_return open;
}

void FaultyOrderStore::lose_group() {
  for (const OrderId& id : truth_.roll_back()) on_lost_(id);
}

void FaultyOrderStore::flush_soon(const Site& site) {
  if (truth_.volatile_count() == 0) return;
  const Duration most = world_.draw(site, 7) % 8 == 0 ? 2s : 20ms;  // sometimes the disk is slow
  world_.in(world_.between(1ms, most, site, 6), &process_, [this] { truth_.flush(); });
}

Task<Result<std::vector<std::optional<CatalogueEntry>>>> FaultyProductStore::catalogue(
    std::vector<std::string> skus, View view) {
  const Point point = view == View::Recent ? Point::CatalogueRecent : Point::Catalogue;
  const Met met = co_await world_.call(process_, point, kNoOrder);
  if (met.fails_before()) co_return error_of(world_, met);
  MemoryProductStore store(truth_.durable);
  auto entries = co_await store.catalogue(std::move(skus), view);
  if (entries && met.is(Fault::StaleRead)) {
    for (auto& entry : *entries) entry.reset();  // none was put yet
  }
  co_await world_.answer(process_, met);
  co_return entries;
}

Task<Result<Product>> FaultyProductStore::get(std::string sku) {
  const Met met = co_await world_.call(process_, Point::GetProduct, kNoOrder);
  if (met.fails_before()) co_return error_of(world_, met);
  MemoryProductStore store(truth_.durable);
  auto product = co_await store.get(std::move(sku));
  co_await world_.answer(process_, met);
  co_return product;
}

Task<Result<ProductStore::Put>> FaultyProductStore::put(std::string sku, CatalogueEntry entry,
                                                        std::optional<std::int64_t> available) {
  const Met met = co_await world_.call(process_, Point::PutProduct, kNoOrder);
  if (met.fails_before()) co_return error_of(world_, met);
  truth_.flush();
  const auto before = truth_.latest.products.find(sku);
  const std::int64_t had =
      before == truth_.latest.products.end() ? 0 : before->second.stock.received;
  MemoryProductStore store(truth_.latest);
  auto put = co_await store.put(sku, std::move(entry), available);
  if (put) truth_.received(sku, put->product.stock.received - had);
  co_await world_.answer(process_, met);
  if (met.fails_after()) co_return error_of(world_, met);
  co_return put;
}

Task<Result<Product>> FaultyProductStore::adjust(std::string sku, std::int64_t quantity,
                                                 std::string reason) {
  const Met met = co_await world_.call(process_, Point::AdjustStock, kNoOrder);
  if (met.fails_before()) co_return error_of(world_, met);
  truth_.flush();
  MemoryProductStore store(truth_.latest);
  auto product = co_await store.adjust(sku, quantity, std::move(reason));
  if (product) truth_.received(sku, quantity);
  co_await world_.answer(process_, met);
  if (met.fails_after()) co_return error_of(world_, met);
  co_return product;
}

Task<Result<ProductPage>> FaultyProductStore::list(std::int64_t limit, std::string cursor) {
  MemoryProductStore store(truth_.durable);
  co_return co_await store.list(limit, std::move(cursor));
}

}  // namespace orderflow::world
