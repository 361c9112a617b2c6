#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "base/result.h"
#include "order/model/order.h"

namespace orderflow::sqlite {

/// What is known of an order without reading the database.
struct RecentOrder {
  OrderPtr latest;   ///< may still be on its way to the disk
  OrderPtr durable;  ///< null where only `latest` is known
};

/// A commit that was answered before it was stored was not stored: `error` says why, and is null where
/// another change of the order came first.
using OnLost = std::function<void(const OrderId&, const Error* error)>;

inline constexpr std::size_t kRecentOrdersBytesMax = 64 * 1024 * 1024;

/// The orders that were stored last, at most 16,384 of them and at most `bytes_max` bytes, whichever
/// is reached first; beyond both, only what is still on its way to the disk. They save processors, and
/// clients that ask right after ordering, a read of the database. Only this process writes the
/// database, so what is here is never older than what is stored. Used on the I/O thread only.
class RecentOrders {
 public:
  explicit RecentOrders(std::size_t bytes_max = kRecentOrdersBytesMax) : bytes_max_(bytes_max) {}

  /// nullptr where the order is not known here; valid until the next call.
  [[nodiscard]] const RecentOrder* find(const OrderId& id);
  /// Entries of the list by age, which has each order at least once.
  [[nodiscard]] std::size_t ages() const { return by_age_.size(); }
  /// A state that is on its way to the disk.
  void store_latest(const OrderPtr& order);
  /// A state that is on disk.
  void store_durable(const OrderPtr& order);
  /// `order` did not reach the disk. Unless a later state is known, the order is read anew.
  void forget(const OrderPtr& order);

  void notify_lost(OnLost on_lost) { on_lost_ = std::move(on_lost); }
  void report_lost(const OrderId& id, const Error* error) const {
    if (on_lost_) on_lost_(id, error);
  }

 private:
  struct Held {
    RecentOrder order;
    std::uint64_t place = 0;
    std::size_t bytes = 0;  ///< of `order`, as counted in bytes_
  };
  using Map = boost::unordered_flat_map<OrderId, Held, std::hash<OrderId>>;

  Map::value_type& hold(const OrderId& id);
  void weigh(Held& held);
  void use(Map::value_type& held);
  void make_youngest(Map::value_type& held);
  void make_room();
  void drop_oldest();

  /// A flat map, since most reads of a large shop are of orders that are not here: it answers that
  /// with one cache line.
  Map held_;
  /// Ids in the order in which they were used, as far as that matters (see use()). The oldest has
  /// the place first_place_. An id that was used again stands here twice; the place in its entry
  /// says which of them counts.
  std::deque<OrderId> by_age_;
  std::uint64_t first_place_ = 0;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  OnLost on_lost_;
};

}  // namespace orderflow::sqlite
