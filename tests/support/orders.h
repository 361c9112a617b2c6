#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "order/model/stored_size.h"
#include "order/rules/transitions.h"

// Orders for tests.
namespace orderflow {

/// Some moment, to which tests add seconds.
inline constexpr Timestamp kStart{Duration{1'790'000'000'000}};

/// A UUID version 7 at `at`, different for each `number`.
inline OrderId id_at(Timestamp at, std::uint32_t number) {
  std::array<std::uint8_t, 16> bytes{};
  const auto ms = static_cast<std::uint64_t>(at.time_since_epoch().count());
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  bytes[6] = 0x70;
  bytes[8] = 0x80;
  for (std::size_t i = 0; i < 4; ++i)
    bytes[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return OrderId(bytes);
}

/// One line of 2 Widgets for 59.98 USD, received at kStart + `number` seconds.
inline OrderBody body(std::uint32_t number, std::string customer = "test@example.com") {
  const Timestamp at = kStart + std::chrono::seconds(number);
  return {.id = id_at(at, number),
          .created_at = at,
          .customer_email = std::move(customer),
          .lines = {{"Widget", "Widget", 2999, 2, 5998}},
          .total = 5998,
          .payment_method = "pm_card_visa"};
}
inline OrderPtr received(OrderBody body) {
  return std::make_shared<const Order>(receive(std::move(body)));
}
inline OrderPtr received(std::uint32_t number) { return received(body(number)); }

/// An order about as large as one may be when it is accepted.
inline OrderPtr largest_order(std::uint32_t number) {
  OrderBody large = body(number);
  large.lines.clear();
  // A control character is one byte of a name and six of its JSON.
  const std::string name(kNameCharactersMax, '\x01');
  for (std::size_t i = 0; i < kOrderLinesMax; ++i) {
    std::string sku = std::to_string(i % (kOrderLinesMax - 1));  // DynamoDB takes 99 different ones
    sku.resize(kSkuCharactersMax, 'x');
    large.lines.push_back({std::move(sku), name, 1, 1, 1});
  }
  large.total = static_cast<Minor>(kOrderLinesMax);
  const std::string value(kMetadataValueCharactersMax, '"');
  for (std::size_t i = 10; i < kMetadataEntriesMax; ++i) {
    large.metadata.emplace_back(std::to_string(i), value);
  }
  CHECK(stored_bytes_max(large) <= kOrderStoredBytesMax);
  CHECK(stored_bytes_max(large) > kOrderStoredBytesMax * 9 / 10);
  return received(std::move(large));
}

/// The transition of a decision that is known to be legal.
inline Transition legal(const Decision& decision) {
  CHECK(decision.has_value());
  return *decision;
}

}  // namespace orderflow
