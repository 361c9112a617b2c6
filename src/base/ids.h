#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace orderflow {

/// A UUID (RFC 9562). Ours are version 7: 48 bits of milliseconds, a 12-bit counter, 62 random
/// bits.
class OrderId {
 public:
  OrderId() = default;
  explicit OrderId(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}

  /// Reads the 36-letter form, hex digits in either case. nullopt for anything else.
  [[nodiscard]] static std::optional<OrderId> parse(std::string_view text);

  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  /// The version nibble: 7 for ids that orderflow made.
  [[nodiscard]] int version() const { return bytes_[6] >> 4; }
  /// 36 letters, lower case.
  [[nodiscard]] std::string to_string() const;
  void append_to(std::string& out) const;

  friend auto operator<=>(const OrderId&, const OrderId&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace orderflow

template <>
struct std::hash<orderflow::OrderId> {
  std::size_t operator()(const orderflow::OrderId& id) const noexcept {
    // The last eight bytes are random in every id we make, so they are the hash.
    std::uint64_t low;
    __builtin_memcpy(&low, id.bytes().data() + 8, sizeof low);
    return low;
  }
};
