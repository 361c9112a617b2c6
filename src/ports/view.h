#pragma once

namespace orderflow {

/// Which state of the shop a read shows.
enum class View {
  /// Durable state only. Answers to clients are made of it.
  Durable,
  /// The latest commit, even if it has not reached the disk yet. Only for processors: what they
  /// commit on top of it reaches the disk after it, or not at all.
  Latest,
  /// As Latest, but possibly a moment old: a new order or product may be missing. Costs half of the
  /// others on DynamoDB; elsewhere it is the same as Latest. Only where acting on an older state
  /// does no harm: a commit on it is refused, and an effect has its idempotency key.
  Recent,
};

}  // namespace orderflow
