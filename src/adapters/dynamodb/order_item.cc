#include "adapters/dynamodb/order_item.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>

#include "adapters/stored/stored_order.h"
#include "base/base64.h"
#include "base/check.h"
#include "order/model/customer_key.h"
#include "order/rules/due.h"

namespace orderflow::dynamodb {
namespace {

constexpr std::int64_t kItemVersion = 1;
constexpr std::size_t kSortDigits = 13;  // enough until the year 2286
constexpr std::size_t kIdLetters = 36;
constexpr std::size_t kDayLetters = 10;

/// An order on its way stays in the list that it is in, or in none: that is what costs nothing.
void relist(Update& update, const Transition& transition) {
  const Order& next = *transition.next;
  const Status status = next.state.status;
  if (next.state.attention) {
    update.set("listed", std::string("parked"));
  } else if (!terminal(next.state)) {
    if (transition.was_parked) {
      update.set("listed", open_list_of(next.id()));
    } else if (always_listed(status)) {
      // A void may still be due: an order that is on an open list stays there.
      update.set_if_absent("listed", ended_list(status));
    }
  } else if (status == Status::Shipped) {
    update.remove("listed");
  } else {
    update.set("listed", ended_list(status));
  }
}

std::unexpected<Error> corrupt() {
  return failure(ErrorCode::Corrupt, "a stored order is not as it was written");
}

}  // namespace

std::string customer_of(std::string_view email) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  const std::string key = customer_key(email);
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  std::string text = encode_base64({reinterpret_cast<const char*>(digest.data()), 16});
  text.resize(22);  // without padding
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::string day_of(Timestamp created) { return format_rfc3339(created).substr(0, kDayLetters); }

std::string sort_at(Timestamp at) {
  const std::string digits = std::to_string(std::max<std::int64_t>(epoch_ms(at), 0));
  if (digits.size() > kSortDigits) return std::string(kSortDigits, '9');
  return std::string(kSortDigits - digits.size(), '0') + digits;
}

std::string sort_of(const OrderBody& body) {
  return sort_at(body.created_at) + '#' + body.id.to_string();
}

std::optional<Timestamp> created_at(std::string_view sort) {
  if (sort.size() != kSortDigits + 1 + kIdLetters || sort[kSortDigits] != '#') return std::nullopt;
  std::uint64_t since_1970 = 0;  // no sign
  const auto [end, error] = std::from_chars(sort.data(), sort.data() + kSortDigits, since_1970);
  if (error != std::errc() || end != sort.data() + kSortDigits) return std::nullopt;
  return Timestamp(Duration(static_cast<std::int64_t>(since_1970)));
}

std::optional<OrderId> id_in(std::string_view sort) {
  return created_at(sort) ? OrderId::parse(sort.substr(kSortDigits + 1)) : std::nullopt;
}

std::string open_list(int shard) { return "open#" + std::to_string(shard); }
std::string open_list_of(const OrderId& id) { return open_list(id.bytes()[15] % kOpenShards); }
std::string ended_list(Status status) { return "ended#" + std::string(to_string(status)); }

bool always_listed(Status status) {
  return status == Status::PaymentDeclined || status == Status::OutOfStock ||
         status == Status::Cancelled;
}

OrderId derived_id(std::string_view id_key, const std::array<std::uint8_t, 16>& idempotency_key) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  unsigned int length = 0;
  CHECK(HMAC(EVP_sha256(), id_key.data(), static_cast<int>(id_key.size()), idempotency_key.data(),
             idempotency_key.size(), digest.data(), &length) != nullptr);
  std::array<std::uint8_t, 16> bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x80);  // version 8
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);  // variant 10
  return OrderId(bytes);
}

Binary binary_of(const std::array<std::uint8_t, 16>& fingerprint) {
  return {{reinterpret_cast<const char*>(fingerprint.data()), fingerprint.size()}};
}

Attributes order_key(const OrderId& id) { return {{"id", id.to_string()}}; }

Attributes order_item(const Order& order, const std::optional<Idempotency>& idempotency,
                      const std::string& write_token) {
  const OrderState& state = order.state;
  Attributes item = order_key(order.id());
  item.emplace_back("v", kItemVersion);
  item.emplace_back("version", std::int64_t{order.version()});
  item.emplace_back("status", std::string(to_string(state.status)));
  item.emplace_back("body", encode_body(*order.body));
  item.emplace_back("state", encode_state(state));
  item.emplace_back("w", write_token);
  if (state.due_at) item.emplace_back("due", epoch_ms(*state.due_at));
  if (idempotency) item.emplace_back("fingerprint", binary_of(idempotency->fingerprint));
  item.emplace_back("customer", customer_of(order.body->customer_email));
  item.emplace_back("day", day_of(order.body->created_at));
  item.emplace_back("sort", sort_of(*order.body));
  return item;
}

Result<OrderPtr> read_order(const DynamoItem& item) {
  const auto id = item.text("id");
  const auto parsed_id = id ? OrderId::parse(*id) : std::nullopt;
  const auto layout = item.number("v");
  const auto version = item.number("version");
  const auto body_text = item.text("body");
  const auto state_text = item.text("state");
  if (!parsed_id || layout != kItemVersion || !version || !body_text || !state_text) {
    return corrupt();
  }
  auto body = decode_body(*parsed_id, *body_text);
  if (!body) return std::unexpected(std::move(body.error()));
  auto state = decode_state(*state_text);
  if (!state) return std::unexpected(std::move(state.error()));
  auto order = std::make_shared<const Order>(
      Order{std::make_shared<const OrderBody>(std::move(*body)), std::move(*state)});
  if (std::cmp_not_equal(order->version(), *version)) return corrupt();
  return order;
}

Update order_update(std::string_view table, std::uint32_t expected_version,
                    const Transition& transition, const std::string& write_token) {
  const Order& next = *transition.next;
  const OrderState& state = next.state;
  Update update(table, order_key(next.id()));
  update.set("version", std::int64_t{next.version()});
  update.set("status", std::string(to_string(state.status)));
  update.set("state", encode_state(state)).set("w", write_token);
  if (state.due_at) {
    update.set("due", epoch_ms(*state.due_at));
  } else {
    update.remove("due");
  }
  relist(update, transition);
  update.only_if("version", "=", std::int64_t{expected_version});
  return update;
}

Update late_order_update(std::string_view table, const Order& order) {
  Update update(table, order_key(order.id()));
  update.set("listed", open_list_of(order.id()));
  update.only_if("version", "=", std::int64_t{order.version()});
  return update;
}

}  // namespace orderflow::dynamodb
