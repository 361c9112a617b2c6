#include "adapters/sqlite/orders/recent_orders.h"

namespace orderflow::sqlite {
namespace {

/// About 1.5 KB each.
constexpr std::size_t kHeldMax = 16'384;

void keep_newer(OrderPtr& held, const OrderPtr& order) {
  if (held == nullptr || order->version() > held->version()) held = order;
}

}  // namespace

const RecentOrder* RecentOrders::find(const OrderId& id) {
  const auto at = held_.find(id);
  if (at == held_.end()) return nullptr;
  use(*at);
  return &at->second.order;
}

RecentOrder& RecentOrders::hold(const OrderId& id) {
  const auto [at, fresh] = held_.try_emplace(id);
  fresh ? make_youngest(*at) : use(*at);
  return at->second.order;
}

/// An order moves to the young end from the older half only. So an order that is used ten times in
/// a millisecond keeps its place, and its use touches no other memory than its entry.
void RecentOrders::use(Map::value_type& held) {
  const std::uint64_t age = first_place_ + by_age_.size() - held.second.place;
  if (age > kHeldMax / 2) make_youngest(held);
}

void RecentOrders::make_youngest(Map::value_type& held) {
  held.second.place = first_place_ + by_age_.size();
  by_age_.push_back(held.first);
  while (held_.size() > kHeldMax || by_age_.size() > 2 * kHeldMax) drop_oldest();
}

/// References to other entries stay valid.
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
  RecentOrder& recent = hold(order->id());
  keep_newer(recent.latest, order);
  keep_newer(recent.durable, order);
}

void RecentOrders::forget(const OrderPtr& order) {
  const auto at = held_.find(order->id());
  if (at == held_.end()) return;
  const OrderPtr& latest = at->second.order.latest;
  if (latest != order && latest->version() >= order->version()) return;  // a later state is known
  held_.erase(at);
}

}  // namespace orderflow::sqlite
