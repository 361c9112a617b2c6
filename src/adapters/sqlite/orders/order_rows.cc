#include "adapters/sqlite/orders/order_rows.h"

#include <openssl/sha.h>

#include <algorithm>

#include "order/rules/due.h"

namespace orderflow::sqlite {
namespace {

constexpr int kCounterBits = 12;
constexpr std::uint64_t kCounterMask = (1U << kCounterBits) - 1;

std::uint64_t big_endian(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

std::int64_t seq_of(const OrderId& id) {
  const std::uint64_t high = big_endian(id.bytes().data());
  return static_cast<std::int64_t>((high >> 16) << kCounterBits | (high & kCounterMask));
}

std::int64_t tail_of(const OrderId& id) {
  return static_cast<std::int64_t>(big_endian(id.bytes().data() + 8));
}

OrderId id_of(std::int64_t seq, std::int64_t tail) {
  const auto s = static_cast<std::uint64_t>(seq);
  const std::uint64_t high = (s >> kCounterBits) << 16 | 0x7000U | (s & kCounterMask);
  std::array<std::uint8_t, 16> bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(tail) >> (56 - 8 * i));
  }
  return OrderId(bytes);
}

std::int64_t seq_at(Timestamp at) {
  return std::max<std::int64_t>(at.time_since_epoch().count(), 0) << kCounterBits;
}

std::int64_t customer_hash(std::string_view email) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(email.data()), email.size(), digest.data());
  return static_cast<std::int64_t>(big_endian(digest.data()));
}

std::optional<int> listed(const OrderState& state) {
  if (!terminal(state)) return state.attention ? kListedParked : kListedOpen;
  if (state.status == Status::Shipped) return std::nullopt;
  return kListedEnded + static_cast<int>(state.status);
}

bool ended(std::optional<int> listed) { return !listed || *listed >= kListedEnded; }

}  // namespace orderflow::sqlite
