#pragma once

#include <list>
#include <unordered_map>

#include "order/order.h"

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
    std::list<OrderId>::iterator age;
  };
  Entry& hold(const OrderId& id);

  std::unordered_map<OrderId, Held> held_;
  std::list<OrderId> by_age_;  ///< the one longest unused in front
};

}  // namespace orderflow::sqlite
