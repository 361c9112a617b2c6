#pragma once

#include <list>
#include <unordered_map>
#include <vector>

#include "order/order.h"

namespace orderflow::sqlite {

/// Orders that were lately stored, as the store last committed them: spares processors and the
/// clients that ask right after ordering the way to the database. Of the I/O thread. Since this
/// process alone writes the database, what is here is never behind it.
class RecentOrders {
 public:
  struct Entry {
    OrderPtr latest;
    OrderPtr durable;  ///< null while not even the creation is on disk
  };

  /// nullptr where it is not held; valid until the next call.
  [[nodiscard]] const Entry* find(const OrderId& id);

  /// A state that is on disk.
  void store_durable(const OrderPtr& order);
  /// A state whose group is not on disk yet; settle() or roll_back() tells what came of it.
  void store_latest(const OrderPtr& order);
  /// All of store_latest() is on disk now.
  void settle();
  /// Nothing of store_latest() since the last settle() happened.
  void roll_back();
  /// Somebody found it to be behind: read it anew.
  void forget(const OrderId& id);

 private:
  struct Held {
    Entry entry;
    std::list<OrderId>::iterator age;
  };
  Held& hold(const OrderPtr& order);

  std::unordered_map<OrderId, Held> held_;
  std::list<OrderId> by_age_;  ///< the one longest unused in front
  std::vector<OrderPtr> unsettled_;
};

}  // namespace orderflow::sqlite
