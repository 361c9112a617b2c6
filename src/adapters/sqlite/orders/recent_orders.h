#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <functional>

#include "order/model/order.h"

namespace orderflow::sqlite {

/// Orders that were lately stored, as the store last committed them: spares processors and the
/// clients that ask right after ordering the way to the database. Of the I/O thread. Since this
/// process alone writes the database, what is here is never behind it.
class RecentOrders {
 public:
  struct Entry {
    OrderPtr latest;   ///< may still be on its way to the disk
    OrderPtr durable;  ///< null where only `latest` is known
  };

  /// nullptr where it is not held; valid until the next call.
  [[nodiscard]] const Entry* find(const OrderId& id);
  /// A state that is on its way to the disk.
  void store_latest(const OrderPtr& order);
  /// A state that is on disk.
  void store_durable(const OrderPtr& order);
  /// `order` did not get to the disk: read anew what is there, unless something later is known.
  void forget(const OrderPtr& order);

 private:
  struct Held {
    Entry entry;
    std::uint64_t place = 0;
  };
  using Map = boost::unordered_flat_map<OrderId, Held, std::hash<OrderId>>;

  Entry& hold(const OrderId& id);
  void use(Map::value_type& held);
  void make_youngest(Map::value_type& held);
  void drop_oldest();

  /// Most reads of a large shop are of orders that are not here: this map says so with one cache
  /// line.
  Map held_;
  /// Ids in the order in which they were used, as far as that matters (see use()); the oldest has
  /// the place first_place_. One that was used again is in here twice and counts where its entry
  /// says.
  std::deque<OrderId> by_age_;
  std::uint64_t first_place_ = 0;
};

}  // namespace orderflow::sqlite
