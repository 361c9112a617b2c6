#include "api/order_request.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "api/body_reader.h"
#include "base/limits.h"
#include "order/model/customer_key.h"
#include "order/model/texts.h"

namespace orderflow {
namespace {

constexpr std::string_view kPaymentMethodDefault = "pm_card_visa";

/// Reads the body of POST /orders member by member.
class OrderBodyReader {
 public:
  explicit OrderBodyReader(const JsonValue& body) : order_(body, root_, errors_) {}

  Valid<OrderDraft> read() {
    order_.allow_only(
        {"customerEmail", "items", "currency", "paymentMethod", "shippingAddress", "metadata"});
    read_email();
    currency_ = order_.currency("currency");
    if (currency_) draft_.currency = *currency_;
    read_items();
    read_payment_method();
    read_address();
    read_metadata();
    if (!errors_.empty()) return std::unexpected(errors_.take());
    return std::move(draft_);
  }

 private:
  void read_email() {
    const auto email = order_.string("customerEmail", kEmailCharactersMax, Presence::Required);
    if (!email) return;
    if (!is_plausible_email(*email)) {
      order_.reject("customerEmail", "must be an e-mail address, such as name@example.com");
      return;
    }
    draft_.customer_email = *email;
  }

  void read_items() {
    const JsonValue* items = order_.member("items", JsonKind::Array, Presence::Required);
    if (!items) return;
    const std::size_t count = items->child_count();
    if (count < 1 || count > kOrderLinesMax) {
      order_.reject("items", "must have from 1 to " + std::to_string(kOrderLinesMax) + " items");
      return;
    }
    draft_.lines.reserve(count);
    const BodyPath at_items{&root_, "items"};
    std::size_t index = 0;
    for (const JsonValue& item : *items) read_item(item, {&at_items, {}, index++});
  }

  void read_item(const JsonValue& item, const BodyPath& at) {
    if (item.kind() != JsonKind::Object) {
      errors_.add(at, "must be an object, not " + std::string(describe(item.kind())));
      return;
    }
    ObjectReader reader(item, at, errors_);
    reader.allow_only({"sku", "name", "price", "quantity"});
    const auto name = reader.string("name", kNameCharactersMax, Presence::Required);
    const auto sku = reader.string("sku", kSkuCharactersMax, Presence::Optional);
    if (sku && is_dot_segment(*sku)) reader.reject("sku", R"(must not be "." or "..")");
    const auto price = reader.amount("price", currency_, Presence::Optional);
    const auto quantity = reader.integer("quantity", 1, kQuantityMax, Presence::Required);
    DraftLine& line = draft_.lines.emplace_back();
    line.name = name.value_or("");
    line.sku = sku.value_or(line.name);
    line.price = price;
    line.quantity = quantity.value_or(0);
  }

  void read_payment_method() {
    const auto method =
        order_.string("paymentMethod", kPaymentMethodCharactersMax, Presence::Optional);
    if (method && !is_token(*method)) {
      order_.reject("paymentMethod", "must be a token of printable ASCII without spaces");
    }
    draft_.payment_method = method.value_or(kPaymentMethodDefault);
  }

  void read_address() {
    const JsonValue* value = order_.member("shippingAddress", JsonKind::Object, Presence::Optional);
    if (!value) return;
    const BodyPath at{&root_, "shippingAddress"};
    ObjectReader reader(*value, at, errors_);
    reader.allow_only({"name", "line1", "line2", "city", "region", "postalCode", "country"});
    const auto field = [&reader](std::string_view name, Presence presence) {
      const Blank blank = presence == Presence::Required ? Blank::Refused : Blank::Allowed;
      return std::string(
          reader.string(name, kAddressFieldCharactersMax, presence, blank).value_or(""));
    };
    draft_.shipping_address = Address{.name = field("name", Presence::Optional),
                                      .line1 = field("line1", Presence::Required),
                                      .line2 = field("line2", Presence::Optional),
                                      .city = field("city", Presence::Required),
                                      .region = field("region", Presence::Optional),
                                      .postal_code = field("postalCode", Presence::Optional),
                                      .country = field("country", Presence::Required)};
    const std::string& country = draft_.shipping_address->country;
    if (!country.empty() && !is_country_code(country)) {
      reader.reject("country", "must be two capital letters (ISO 3166-1), such as DE");
    }
  }

  void read_metadata() {
    const JsonValue* value = order_.member("metadata", JsonKind::Object, Presence::Optional);
    if (!value) return;
    if (value->child_count() > kMetadataEntriesMax) {
      order_.reject("metadata",
                    "must have at most " + std::to_string(kMetadataEntriesMax) + " members");
      return;
    }
    const BodyPath at{&root_, "metadata"};
    for (const JsonValue& entry : *value) read_metadata_entry(entry, {&at, entry.name()});
    std::ranges::sort(draft_.metadata);
  }

  void read_metadata_entry(const JsonValue& entry, const BodyPath& at) {
    if (entry.kind() != JsonKind::String) {
      errors_.add(at, "must be a string, not " + std::string(describe(entry.kind())));
    } else if (check_string(entry.name(), kMetadataKeyCharactersMax, Blank::Refused, at, errors_) &&
               check_string(entry.text(), kMetadataValueCharactersMax, Blank::Allowed, at,
                            errors_)) {
      draft_.metadata.emplace_back(entry.name(), entry.text());
    }
  }

  const BodyPath root_{};
  FieldErrors errors_;
  ObjectReader order_;
  std::optional<Currency> currency_;
  OrderDraft draft_;
};

std::array<std::uint8_t, 16> short_sha256(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::array<std::uint8_t, 16> first;
  std::memcpy(first.data(), digest, first.size());
  return first;
}

}  // namespace

Valid<OrderDraft> read_order(const JsonValue& body) { return OrderBodyReader(body).read(); }

std::array<std::uint8_t, 16> scoped_key(std::string_view scope, std::string_view key) {
  std::string scoped(scope);
  scoped += '\0';
  scoped += key;
  return short_sha256(scoped);
}

Idempotency idempotency_of(std::string_view customer_email, std::string_view key,
                           const JsonValue& body) {
  std::string canonical;
  append_canonical(canonical, body);
  return {.key = scoped_key(mailbox_key(customer_email), key),
          .fingerprint = short_sha256(canonical)};
}

Valid<std::string> read_cancellation(const JsonValue& body) {
  const BodyPath root;
  FieldErrors errors;
  ObjectReader reader(body, root, errors);
  reader.allow_only({"reason"});
  const auto reason = reader.string("reason", kReasonCharactersMax, Presence::Optional);
  if (!errors.empty()) return std::unexpected(errors.take());
  return std::string(reason.value_or(kCancelReasonDefault));
}

Valid<RetryQuery> read_retry_query(const JsonValue& body) {
  const BodyPath root;
  FieldErrors errors;
  ObjectReader reader(body, root, errors);
  reader.allow_only({"reason", "limit", "cursor"});
  const auto reason = reader.string("reason", kReasonCharactersMax, Presence::Optional);
  const auto limit = reader.integer("limit", 1, kRetryLimitMax, Presence::Optional);
  const auto cursor = reader.string("cursor", kRetryCursorCharactersMax, Presence::Optional);
  if (!errors.empty()) return std::unexpected(errors.take());
  return RetryQuery{.reason = std::string(reason.value_or("")),
                    .limit = limit.value_or(kRetryLimitDefault),
                    .cursor = std::string(cursor.value_or(""))};
}

}  // namespace orderflow
