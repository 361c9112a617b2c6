#include "adapters/sqlite/orders/recent_orders.h"

namespace orderflow::sqlite {
namespace {

constexpr std::size_t kHeldMax = 16'384;

std::size_t heap_bytes(const std::string& text) {
  return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

/// The memory that an order takes, its body too. Allocators round up: by an eighth at most.
std::size_t memory_bytes(const Order& order) {
  const OrderBody& body = *order.body;
  std::size_t bytes = sizeof(Order) + sizeof(OrderBody) + heap_bytes(body.customer_email) +
                      heap_bytes(body.payment_method) + body.lines.capacity() * sizeof(Line) +
                      body.metadata.capacity() * sizeof(body.metadata[0]) +
                      order.state.events.capacity() * sizeof(Event);
  for (const Line& line : body.lines) bytes += heap_bytes(line.sku) + heap_bytes(line.name);
  for (const auto& [name, value] : body.metadata) bytes += heap_bytes(name) + heap_bytes(value);
  if (body.shipping_address) {
    const auto& [name, line1, line2, city, region, postal_code, country] = *body.shipping_address;
    for (const auto* field : {&name, &line1, &line2, &city, &region, &postal_code, &country}) {
      bytes += heap_bytes(*field);
    }
  }
  for (const Event& event : order.state.events) {
    bytes += heap_bytes(event.detail) + event.stock.capacity() * sizeof(StockLine);
    for (const StockLine& line : event.stock) bytes += heap_bytes(line.sku);
  }
  return bytes;
}

/// Dropped now, its latest state would be unknown until it is on disk.
bool is_on_its_way(const RecentOrder& order) {
  return order.durable == nullptr || order.durable->version() < order.latest->version();
}

void keep_newer(OrderPtr& held, const OrderPtr& order) {
  if (held == nullptr || order->version() > held->version()) held = order;
}

}  // namespace

const RecentOrder* RecentOrders::find(const OrderId& id) {
  const auto at = held_.find(id);
  if (at == held_.end()) return nullptr;
  use(*at);
  make_room();  // bounds by_age_; this order is among the youngest, so it stays
  return &at->second.order;
}

RecentOrders::Map::value_type& RecentOrders::hold(const OrderId& id) {
  const auto [at, fresh] = held_.try_emplace(id);
  fresh ? make_youngest(*at) : use(*at);
  return *at;
}

/// Counts the memory of what is held of one order, and drops others where that is too much.
void RecentOrders::weigh(Held& held) {
  const std::size_t bytes = memory_bytes(*held.order.latest);
  bytes_ += bytes - held.bytes;
  held.bytes = bytes;
  make_room();
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
}

/// Drops the oldest until the rest fits: one round at most, since what is on its way stays.
void RecentOrders::make_room() {
  for (std::size_t left = by_age_.size(); left > 0; --left) {
    const bool fits =
        held_.size() <= kHeldMax && by_age_.size() <= 2 * kHeldMax && bytes_ <= bytes_max_;
    if (fits) return;
    drop_oldest();
  }
}

void RecentOrders::drop_oldest() {
  const auto at = held_.find(by_age_.front());
  const bool counts = at != held_.end() && at->second.place == first_place_;
  by_age_.pop_front();
  ++first_place_;
  if (!counts) return;
  if (is_on_its_way(at->second.order)) return make_youngest(*at);
  bytes_ -= at->second.bytes;
  held_.erase(at);
}

void RecentOrders::store_latest(const OrderPtr& order) {
  Held& held = hold(order->id()).second;
  keep_newer(held.order.latest, order);
  weigh(held);
}

void RecentOrders::store_durable(const OrderPtr& order) {
  Held& held = hold(order->id()).second;
  keep_newer(held.order.latest, order);
  keep_newer(held.order.durable, order);
  weigh(held);
}

void RecentOrders::forget(const OrderPtr& order) {
  const auto at = held_.find(order->id());
  if (at == held_.end()) return;
  const OrderPtr& latest = at->second.order.latest;
  if (latest != order && latest->version() >= order->version()) return;  // a later state is known
  bytes_ -= at->second.bytes;
  held_.erase(at);
}

}  // namespace orderflow::sqlite
