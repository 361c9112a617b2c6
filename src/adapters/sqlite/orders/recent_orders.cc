#include "adapters/sqlite/orders/recent_orders.h"

namespace orderflow::sqlite {
namespace {

/// About 1.5 KB each.
constexpr std::size_t kHeldMax = 16'384;

void keep_newer(OrderPtr& held, const OrderPtr& order) {
  if (held == nullptr || order->version() > held->version()) held = order;
}

}  // namespace

const RecentOrders::Entry* RecentOrders::find(const OrderId& id) {
  const auto at = held_.find(id);
  if (at == held_.end()) return nullptr;
  use(*at);
  return &at->second.entry;
}

RecentOrders::Entry& RecentOrders::hold(const OrderId& id) {
  const auto [at, fresh] = held_.try_emplace(id);
  fresh ? make_youngest(*at) : use(*at);
  return at->second.entry;
}

/// An order moves to the young end from the older half only: one that is used ten times in a
/// millisecond stays in its place, and nothing but its entry is touched.
void RecentOrders::use(Map::value_type& held) {
  const std::uint64_t age = first_place_ + by_age_.size() - held.second.place;
  if (age > kHeldMax / 2) make_youngest(held);
}

void RecentOrders::make_youngest(Map::value_type& held) {
  held.second.place = first_place_ + by_age_.size();
  by_age_.push_back(held.first);
  while (held_.size() > kHeldMax || by_age_.size() > 2 * kHeldMax) drop_oldest();
}

/// Erases no other entry, and moves none.
void RecentOrders::drop_oldest() {
  const auto at = held_.find(by_age_.front());
  if (at != held_.end() && at->second.place == first_place_) held_.erase(at);
  by_age_.pop_front();
  ++first_place_;
}

void RecentOrders::store_latest(const OrderPtr& order) {
  keep_newer(hold(order->id()).latest, order);
}

void RecentOrders::store_durable(const OrderPtr& order) {
  Entry& entry = hold(order->id());
  keep_newer(entry.latest, order);
  keep_newer(entry.durable, order);
}

void RecentOrders::forget(const OrderPtr& order) {
  const auto at = held_.find(order->id());
  if (at == held_.end()) return;
  const OrderPtr& latest = at->second.entry.latest;
  if (latest != order && latest->version() >= order->version()) return;
  held_.erase(at);
}

}  // namespace orderflow::sqlite
