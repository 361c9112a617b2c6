#include <fmt/format.h>

#include <algorithm>

#include "adapters/sqlite/archive/sqlite_shop_archive.h"
#include "base/limits.h"
#include "functions/order_recovery.h"
#include "order/rules/due.h"
#include "proof/disk/disk_process.h"
#include "proof/world/auditor.h"
#include "tools/audit.h"

namespace orderflow::world {
namespace {

constexpr int kRecoveriesMax = 8;

/// An order may not be shown with one history and then with another.
bool goes_on_from(const Order& later, const Order& earlier) {
  return *later.body == *earlier.body && continues(later, earlier);
}

/// Whether the customer, the provider or the stock asked for the order's end.
bool asked_for(Status end, const Memory::OrderRequest& request, const Product* product) {
  const Wish& wish = request.wish;
  const bool declines = wish.payment_method.ends_with("eclined");
  switch (end) {
    case Status::Shipped:
      return !declines;
    case Status::PaymentDeclined:
      return declines;
    case Status::OutOfStock:
      return product != nullptr && product->stock.available < wish.quantity;
    case Status::Cancelled:
      return request.cancelled;
    default:
      return true;  // not an end: finish() has reported it
  }
}

}  // namespace

void DiskShop::show(const OrderPtr& order) {
  OrderPtr& shown = memory_.shown[order->id()];
  if (!shown) {
    shown = order;
    return;
  }
  const bool newer = order->version() > shown->version();
  if (!(newer ? goes_on_from(*order, *shown) : goes_on_from(*shown, *order))) {
    violate(fmt::format("D1: order {} was shown with another history", order->id().to_string()));
  }
  if (newer) shown = order;
}

/// The request that an order came from; beyond all requests where it came from none.
std::size_t DiskShop::request_of(const Order& order) {
  for (const auto& [name, value] : order.body->metadata) {
    if (name == kRequest) return std::stoul(value);
  }
  return std::string::npos;
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
  check_outcomes(all_orders());
}

std::vector<OrderPtr> DiskShop::all_orders() {
  return insist([this] { return life_->orders.list({.limit = kOrdersMax}); }).orders;
}

void DiskShop::inspect() {
  const auto orders = all_orders();
  findings_.audits += 1;
  findings_.orders += std::ssize(orders);
  findings_.answers += std::ssize(memory_.shown);
  check_orders(orders);
  check_stock();
  check_books();
}

void DiskShop::check_orders(const std::vector<OrderPtr>& orders) {
  std::map<std::size_t, OrderId> made_by;
  for (const OrderPtr& order : orders) {
    const std::string id = order->id().to_string();
    const std::size_t request = request_of(*order);
    if (request >= memory_.requests.size()) violate("D1: no request asked for order " + id);
    if (!made_by.emplace(request, order->id()).second) {
      violate(fmt::format("I1: request {} made two orders", request));
    }
    const auto shown = memory_.shown.find(order->id());
    if (shown != memory_.shown.end() && !goes_on_from(*order, *shown->second)) {
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

void DiskShop::check_outcomes(const std::vector<OrderPtr>& orders) {
  const auto page = insist([this] { return life_->products.list(kOrdersMax, ""); });
  for (const OrderPtr& order : orders) {
    const std::size_t number = request_of(*order);
    if (number >= memory_.requests.size()) continue;
    const Memory::OrderRequest& request = memory_.requests[number];
    const Wish& wish = request.wish;
    const auto product = std::ranges::find(page.products, wish.sku, &Product::sku);
    const Status status = order->state.status;
    if (asked_for(status, request, product == page.products.end() ? nullptr : &*product)) continue;
    violate(fmt::format("L1: order {} of {} {} for {} ended {}", order->id().to_string(),
                        wish.quantity, wish.sku, wish.payment_method, to_string(status)));
  }
}

void DiskShop::check_stock() {
  for (const auto& [sku, received] : memory_.stock) {
    const auto page = insist([this] { return life_->products.list(kOrdersMax, ""); });
    const auto product = std::ranges::find(page.products, sku, &Product::sku);
    if (product == page.products.end() || product->stock.received != received) {
      violate(fmt::format("D1: the {} of {} that were received are not there", received, sku));
    }
  }
}

void DiskShop::check_books() {
  const auto audit_folder = [this]() -> Result<AuditReport> {
    const auto shop = sqlite::open_shop_archive(folder_);
    return shop ? audit(**shop, memory_.now) : std::unexpected(shop.error());
  };
  auto report = audit_folder();
  for (int tries = 1; !report; report = audit_folder()) refused(report.error(), tries++);
  for (const CheckResult& check : report->checks()) {
    for (const std::string& example : check.examples)
      violate(std::string(check.name) + ": " + example);
  }
}

}  // namespace orderflow::world
