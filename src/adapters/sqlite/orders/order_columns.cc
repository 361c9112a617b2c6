#include "adapters/sqlite/orders/order_columns.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "adapters/sqlite/engine/schema.h"
#include "base/uuid7.h"
#include "order/model/customer_key.h"
#include "order/rules/due.h"

namespace orderflow::sqlite {

std::int64_t seq_of(const OrderId& id) { return static_cast<std::int64_t>(uuid_ticks(id)); }
std::int64_t tail_of(const OrderId& id) { return static_cast<std::int64_t>(uuid_tail(id)); }

OrderId id_of(std::int64_t seq, std::int64_t tail) {
  return uuid7(static_cast<std::uint64_t>(seq), static_cast<std::uint64_t>(tail));
}

bool names_row(const OrderId& id, Timestamp created_at) {
  return id.version() == 7 && seq_of(id) > 0 && time_of_seq(seq_of(id)) == created_at;
}

std::int64_t seq_at(Timestamp at) {
  return std::max<std::int64_t>(epoch_ms(at) << kUuidCounterBits, 1);
}

Timestamp time_of_seq(std::int64_t seq) { return Timestamp(Duration(seq >> kUuidCounterBits)); }

std::int64_t customer_hash(std::string_view email) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  const std::string key = customer_key(email);
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  return static_cast<std::int64_t>(load_big_endian(std::span(digest).first<8>()));
}

std::optional<int> listed(const OrderState& state) {
  if (!terminal(state)) return state.attention ? kListedParked : kListedOpen;
  if (state.status == Status::Shipped) return std::nullopt;
  return kListedEnded + static_cast<int>(state.status);
}

bool ended(std::optional<int> listed) { return !listed || *listed >= kListedEnded; }

}  // namespace orderflow::sqlite
