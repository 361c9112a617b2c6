#include "adapters/sqlite/recent_orders.h"

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
  by_age_.splice(by_age_.end(), by_age_, at->second.age);
  return &at->second.entry;
}

RecentOrders::Entry& RecentOrders::hold(const OrderId& id) {
  const auto [at, fresh] = held_.try_emplace(id);
  if (fresh) {
    at->second.age = by_age_.insert(by_age_.end(), id);
    if (held_.size() > kHeldMax) {
      held_.erase(by_age_.front());
      by_age_.pop_front();
    }
  }
  return at->second.entry;
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
  by_age_.erase(at->second.age);
  held_.erase(at);
}

}  // namespace orderflow::sqlite
