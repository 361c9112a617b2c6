#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// Every limit of orderflow. A request beyond one of them gets an error that names it.
namespace orderflow {

// What a client may send.
inline constexpr std::size_t kBodyBytesMax = 256 * 1024;
inline constexpr std::size_t kHeaderBytesMax = 16 * 1024;
inline constexpr std::size_t kUriBytesMax = 8 * 1024;
inline constexpr std::size_t kJsonDepthMax = 32;
inline constexpr std::size_t kJsonNumberBytesMax = 64;
inline constexpr std::size_t kJsonExponentDigitsMax = 9;  // without leading zeros
inline constexpr std::size_t kIdempotencyKeyBytesMax = 255;

// An order. A character is a code point of Unicode, as it is in the JSON schemas of the contract.
inline constexpr std::size_t kOrderLinesMax = 100;
inline constexpr std::int64_t kQuantityMax = 10'000;
inline constexpr std::int64_t kOrderTotalMinorMax = 1'000'000'000'000;
/// An item of DynamoDB has 400 KB. This is the order's share (order/model/stored_size.h); the rest is
/// for its events.
inline constexpr std::size_t kOrderStoredBytesMax = 300'000;
inline constexpr std::size_t kOrderEventsMax = 500;
/// What an event says of a step without a result; longer texts are cut.
inline constexpr std::size_t kProblemBytesMax = 128;
inline constexpr std::size_t kEmailCharactersMax = 254;  // RFC 5321, 4.5.3.1.3, less the brackets
inline constexpr std::size_t kNameCharactersMax = 256;
inline constexpr std::size_t kSkuCharactersMax = 256;
inline constexpr std::size_t kPaymentMethodCharactersMax = 255;
inline constexpr std::size_t kAddressFieldCharactersMax = 256;
inline constexpr std::size_t kMetadataEntriesMax = 50;
inline constexpr std::size_t kMetadataKeyCharactersMax = 64;
inline constexpr std::size_t kMetadataValueCharactersMax = 512;
inline constexpr std::size_t kReasonCharactersMax = 256;

// A product.
inline constexpr std::int64_t kStockMax = 1'000'000'000'000;

// Lists.
inline constexpr std::int64_t kPageLimitDefault = 50;
inline constexpr std::int64_t kPageLimitMax = 200;
/// A page of orders ends here, by stored_bytes_max(). As JSON within the JSON that Lambda answers it is up
/// to twice as long, and Lambda answers 6 MB at most. 200 products never come near that.
inline constexpr std::size_t kPageStoredBytesMax = 2 * 1024 * 1024;
/// Parked orders that GET /queues lists and one POST /queues/{queue}/retry looks at: the oldest.
inline constexpr std::int64_t kParkedListMax = 1000;
inline constexpr std::int64_t kRetryLimitDefault = 100;
inline constexpr std::int64_t kRetryLimitMax = 500;
inline constexpr std::size_t kRetryCursorCharactersMax = 200;

// Work without a result (decision 28): try n waits a random time in [0, base * 2^n], capped.
inline constexpr std::chrono::milliseconds kBackoffBase{200};
inline constexpr std::chrono::minutes kBackoffCap{15};  // the longest delay of SQS
/// An order is parked once a step had no result for this long. Less than the 24 hours for which
/// payment providers keep idempotency keys.
inline constexpr std::chrono::hours kPatience{20};
/// From then on an order without a result says that it is late.
inline constexpr std::chrono::minutes kLateAfter{10};
/// order-recovery nudges an order that has been due for this long: its nudge was lost.
inline constexpr std::chrono::milliseconds kOverdueGrace{30'000};

/// How long an Idempotency-Key is honoured, at the least.
inline constexpr std::chrono::hours kIdempotencyWindow{72};

}  // namespace orderflow
