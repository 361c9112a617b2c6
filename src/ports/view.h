#pragma once

namespace orderflow {

/// Which state a read may show.
enum class View {
  /// All of it is durable: what the outside world may be told.
  Durable,
  /// The newest that was committed here, even if its group has not reached the disk yet. Only for a
  /// processor, since whatever it commits on top reaches the disk later still, or not at all.
  Latest,
  /// As Latest, but perhaps of a moment ago, when what was asked for may not even have been there.
  /// Half the price of the others on DynamoDB, elsewhere the same. Only where acting on an older
  /// state does no harm: a commit on it is refused, and an effect has its idempotency key.
  Recent,
};

}  // namespace orderflow
