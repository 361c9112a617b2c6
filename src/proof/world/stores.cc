#include "proof/world/stores.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

/// DynamoDB promises no bound; usually it is a second.
constexpr Duration kStaleAtMost = 1h;

void move(Stock& stock, StockMove move, std::int64_t quantity) {
  switch (move) {
    case StockMove::None:
      break;
    case StockMove::Reserve:
      stock.available -= quantity;
      stock.reserved += quantity;
      break;
    case StockMove::Release:
      stock.reserved -= quantity;
      stock.available += quantity;
      break;
    case StockMove::Ship:
      stock.reserved -= quantity;
      stock.shipped += quantity;
      break;
  }
}

/// What builds on a commit that was lost does not continue what is stored, whatever its number.
bool continues(const Order& next, const Order& stored) {
  const auto& before = stored.state.events;
  const auto& after = next.state.events;
  return after.size() > before.size() && std::equal(before.begin(), before.end(), after.begin());
}

/// Whether a commit is answered only once its group is on the disk, in the local home: what others
/// rest on, and what only the writer can decide (adapters/sqlite/orders/sqlite_order_store.cc).
bool waits_for_the_disk(const Transition& transition) {
  return transition.barrier || transition.stock_move == StockMove::Reserve;
}

/// As on DynamoDB: one id for a key.
OrderPtr with_id_of(const Idempotency& idempotency, const Order& order) {
  auto bytes = idempotency.key;
  bytes[6] = static_cast<std::uint8_t>(0x70U | (bytes[6] & 0x0fU));
  bytes[8] = static_cast<std::uint8_t>(0x80U | (bytes[8] & 0x3fU));
  OrderBody body = *order.body;
  body.id = OrderId(bytes);
  return std::make_shared<const Order>(
      Order{std::make_shared<const OrderBody>(std::move(body)), order.state});
}

}  // namespace

std::string email_of(std::uint32_t number) {
  return std::string(kPersonalMark) + "." + std::to_string(number) + "@example.com";
}

std::uint32_t number_by_email(std::string_view email) {
  std::uint32_t number = kNoOrder;
  const std::size_t dot = email.find('.');
  if (dot != std::string_view::npos) {
    std::from_chars(email.data() + dot + 1, email.data() + email.size(), number);
  }
  return number;
}

std::unexpected<Error> error_of(World& world, const Met& met) {
  if (met.is(Fault::Throttle)) return failure(ErrorCode::Throttled, "injected");
  const bool timeout = !met.is(Fault::FailBefore) || world.draw(met.site, 5) % 2 == 0;
  return failure(timeout ? ErrorCode::Timeout : ErrorCode::Unavailable, "injected");
}

Task<Result<Creation>> Truth::create(OrderPtr order, std::optional<Idempotency> idempotency) {
  flush();
  if (idempotency && world_.home() == Home::Serverless) order = with_id_of(*idempotency, *order);
  MemoryOrderStore store(latest);
  auto creation = co_await store.create(order, idempotency);
  if (!creation || creation->outcome != CreateOutcome::Created) co_return creation;
  const OrderId id = order->id();
  durable.orders.emplace(id, order);
  durable.orders_by_age.emplace(order->body->created_at, id);
  before[id] = {.order = nullptr, .changed_at = world_.now()};
  if (idempotency) durable.keys.emplace(idempotency->key, latest.keys.at(idempotency->key));
  const std::uint32_t number = number_by_email(order->body->customer_email);
  world_.name_order(id, number);
  world_.note(number, "is created");
  world_.auditor().created(number, *order);
  co_return creation;
}

Task<Result<CommitOutcome>> Truth::commit(std::uint32_t expected_version, Transition transition) {
  const OrderId id = transition.next->id();
  const auto found = latest.orders.find(id);
  // Only what the version can not tell: another version is for the store itself to refuse.
  if (found != latest.orders.end() && found->second->version() == expected_version &&
      !continues(*transition.next, *found->second)) {
    co_return CommitOutcome::VersionConflict;
  }
  const bool waits = waits_for_the_disk(transition) || world_.home() == Home::Serverless;
  const StockMove moved = transition.stock_move;
  MemoryOrderStore store(latest);
  auto outcome = co_await store.commit(expected_version, std::move(transition));
  if (outcome && *outcome == CommitOutcome::Committed) {
    group_.push_back({latest.orders.at(id), moved});
  }
  if (waits) flush();
  co_return outcome;
}

void Truth::flush(std::size_t count) {
  count = std::min(count, group_.size());
  for (std::size_t i = 0; i < count; ++i) make_durable(group_[i]);
  group_.erase(group_.begin(), group_.begin() + static_cast<std::ptrdiff_t>(count));
}

void Truth::make_durable(const Volatile& commit) {
  const Order& order = *commit.order;
  before.at(order.id()) = {.order = std::exchange(durable.orders.at(order.id()), commit.order),
                           .changed_at = world_.now()};
  world_.note(
      world_.number_of(order.id()),
      fmt::format("version {} is durable: {}", order.version(), to_string(order.state.status)));
  world_.auditor().committed(order);
  if (commit.move == StockMove::None) return;
  std::vector<Product> changed;
  for (const StockLine& line : order.state.events.back().stock) {
    Product& product = durable.products.at(line.sku);
    move(product.stock, commit.move, line.quantity);
    changed.push_back(product);
  }
  world_.auditor().stock_is(changed);
}

std::set<OrderId> Truth::roll_back() {
  std::set<OrderId> lost;
  for (const Volatile& commit : group_) {
    const OrderId& id = commit.order->id();
    lost.insert(id);
    latest.orders.at(id) = durable.orders.at(id);
    world_.note(world_.number_of(id), fmt::format("version {} is lost", commit.order->version()));
  }
  group_.clear();
  latest.products = durable.products;
  return lost;
}

void Truth::received(const std::string& sku, std::int64_t quantity) {
  durable.products = latest.products;
  if (quantity != 0) world_.auditor().received(sku, quantity);
  world_.auditor().stock_is({durable.products.at(sku)});
}

std::vector<OrderPtr> Truth::stored() const {
  std::vector<OrderPtr> orders;
  for (const auto& [at, id] : durable.orders_by_age) orders.push_back(durable.orders.at(id));
  return orders;
}

std::vector<Product> Truth::products() const {
  std::vector<Product> products;
  for (const auto& [sku, product] : durable.products) products.push_back(product);
  return products;
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
  // What does not wait was answered before its group was lost.
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
