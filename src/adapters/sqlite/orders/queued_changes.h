#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <memory>
#include <mutex>

#include "adapters/sqlite/orders/order_rows.h"

namespace orderflow::sqlite {

/// Changes of orders on their way to the writer. Nobody waits for a change without a barrier, so
/// while one is still queued the next change of its order may take it in: the writer then stores
/// both steps as one row. What is stored is never a state in between that the queue order would not
/// allow.
class QueuedChanges {
 public:
  struct Change {
    OrderChange row;
    bool barrier = false;
    bool taken = false;     ///< by the writer: it can not be changed any more
    bool absorbed = false;  ///< the next change stands for this one
    bool took_in = false;   ///< the one before it, which nobody waits for. Of the I/O thread
  };
  using ChangePtr = std::shared_ptr<Change>;

  /// On the I/O thread: queues a change, and lets it take in the one before it where it may.
  ChangePtr add(OrderChange row, bool barrier);
  /// On the I/O thread: the writer is done with it.
  void remove(const ChangePtr& change);
  /// On the writer's thread: false where there is nothing to do.
  bool take(Change& change);

 private:
  std::mutex mutex_;  ///< of `taken` and `absorbed`
  boost::unordered_flat_map<OrderId, ChangePtr, std::hash<OrderId>> newest_;
};

}  // namespace orderflow::sqlite
