#include "adapters/sqlite/recent_orders.h"

namespace orderflow::sqlite {
namespace {

/// About 1.5 KB each.
constexpr std::size_t kHeldMax = 16'384;

bool newer(const OrderPtr& order, const OrderPtr& than) {
  return than == nullptr || order->version() > than->version();
}

}  // namespace

const RecentOrders::Entry* RecentOrders::find(const OrderId& id) {
  const auto at = held_.find(id);
  if (at == held_.end()) return nullptr;
  by_age_.splice(by_age_.end(), by_age_, at->second.age);
  return &at->second.entry;
}

RecentOrders::Held& RecentOrders::hold(const OrderPtr& order) {
  const auto [at, fresh] = held_.try_emplace(order->id());
  if (fresh) {
    at->second.age = by_age_.insert(by_age_.end(), order->id());
    if (held_.size() > kHeldMax) {
      held_.erase(by_age_.front());
      by_age_.pop_front();
    }
  }
  return at->second;
}

void RecentOrders::store_durable(const OrderPtr& order) {
  Entry& entry = hold(order).entry;
  if (newer(order, entry.latest)) entry.latest = order;
  if (newer(order, entry.durable)) entry.durable = order;
}

void RecentOrders::store_latest(const OrderPtr& order) {
  Entry& entry = hold(order).entry;
  if (newer(order, entry.latest)) entry.latest = order;
  unsettled_.push_back(order);
}

void RecentOrders::settle() {
  for (const OrderPtr& order : unsettled_) {
    const auto at = held_.find(order->id());
    if (at == held_.end()) continue;
    Entry& entry = at->second.entry;
    if (newer(order, entry.durable)) entry.durable = order;
  }
  unsettled_.clear();
}

void RecentOrders::roll_back() {
  for (const OrderPtr& order : unsettled_) forget(order->id());
  unsettled_.clear();
}

void RecentOrders::forget(const OrderId& id) {
  const auto at = held_.find(id);
  if (at == held_.end()) return;
  by_age_.erase(at->second.age);
  held_.erase(at);
}

}  // namespace orderflow::sqlite
