#include "adapters/sqlite/orders/queued_changes.h"

namespace orderflow::sqlite {
namespace {

/// Stock moves with the very step that says so, so those two steps stay apart.
bool may_absorb(const OrderChange& next, const QueuedChanges::Change& before) {
  return !before.barrier && before.row.stock_move == StockMove::None &&
         next.stock_move == StockMove::None && next.expected_version == before.row.version;
}

}  // namespace

QueuedChanges::ChangePtr QueuedChanges::add(OrderChange row, bool barrier) {
  auto change = std::make_shared<Change>(Change{std::move(row), barrier});
  ChangePtr& newest = newest_[change->row.id];
  if (newest && may_absorb(change->row, *newest)) {
    const std::lock_guard lock(mutex_);
    if (!newest->taken) {
      newest->absorbed = true;
      change->took_in = true;
      change->row.expected_version = newest->row.expected_version;
      change->row.from = newest->row.from;
      change->row.listed_before = newest->row.listed_before;
    }
  }
  newest = change;
  return change;
}

void QueuedChanges::remove(const ChangePtr& change) {
  const auto at = newest_.find(change->row.id);
  if (at != newest_.end() && at->second == change) newest_.erase(at);
}

bool QueuedChanges::take(Change& change) {
  const std::lock_guard lock(mutex_);
  change.taken = true;
  return !change.absorbed;
}

}  // namespace orderflow::sqlite
