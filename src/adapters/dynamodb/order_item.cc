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

void relist(Update& update, const Order& next) {
  const int shard = shard_of(next.id());
  if (next.state.attention) {
    update.set("listed", shard_of_list(kParkedList, shard));
  } else if (always_listed(next.state.status)) {
    update.set("listed", shard_of_list(ended_list(next.state.status), shard));
  } else {
    update.remove("listed");
  }
}

std::string look_at(const OrderId& id, Timestamp at) { return sort_at(at) + '#' + id.to_string(); }

/// True where the step that is due now, or the one before it, was put off: only then may the `look`
/// of the order be later than its step is due.
bool was_put_off(std::uint32_t expected_version, const OrderState& next) {
  std::uint32_t version = next.version();
  for (auto event = next.events.rbegin(); event != next.events.rend(); ++event) {
    if (event->type == EventType::WorkDeferred) return true;
    if (version <= expected_version) return false;  // this was the last event before the commit
    version -= static_cast<std::uint32_t>(event->count);
  }
  return false;
}

void reopen(Update& update, std::uint32_t expected_version, const Transition& transition) {
  const Order& next = *transition.next;
  const auto step = due(next.state);
  if (!step) {
    update.remove("open").remove("look");
  } else if (transition.was_parked || was_put_off(expected_version, next.state)) {
    update.set("open", shard_of_list("", shard_of(next.id())));
    update.set("look", look_at(next.id(), step->at));
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

std::string shard_of_list(std::string_view list, int shard) {
  std::string name(list);
  if (!name.empty()) name += '#';
  return name + std::to_string(shard);
}

int shard_of(const OrderId& id) { return id.bytes()[15] % kShards; }

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
  if (idempotency) {
    item.emplace_back("key", binary_of(idempotency->key));
    item.emplace_back("fingerprint", binary_of(idempotency->fingerprint));
  }
  item.emplace_back("customer", customer_of(order.body->customer_email));
  const std::string shard = shard_of_list("", shard_of(order.id()));
  item.emplace_back("shard", shard);
  item.emplace_back("sort", sort_of(*order.body));
  if (const auto step = due(state)) {
    item.emplace_back("open", shard);
    item.emplace_back("look", look_at(order.id(), step->at));
  }
  return item;
}

Result<OrderPtr> read_order(const DynamoItem& item) {
  const auto id = item.text("id");
  const auto parsed_id = id ? OrderId::parse(*id) : std::nullopt;
  const auto body_text = item.text("body");
  if (!parsed_id || !body_text) return corrupt();
  auto body = decode_body(*parsed_id, *body_text);
  if (!body) return std::unexpected(std::move(body.error()));
  auto state = read_state(item);
  if (!state) return std::unexpected(std::move(state.error()));
  return std::make_shared<const Order>(
      Order{std::make_shared<const OrderBody>(std::move(*body)), std::move(*state)});
}

Result<OrderState> read_state(const DynamoItem& item) {
  const auto layout = item.number("v");
  const auto version = item.number("version");
  const auto text = item.text("state");
  if (layout != kItemVersion || !version || !text) return corrupt();
  auto state = decode_state(*text);
  if (!state) return std::unexpected(std::move(state.error()));
  if (std::cmp_not_equal(state->version(), *version)) return corrupt();
  return state;
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
  relist(update, next);
  reopen(update, expected_version, transition);
  update.only_if("version", "=", std::int64_t{expected_version});
  return update;
}

}  // namespace orderflow::dynamodb
