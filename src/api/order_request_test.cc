#include "api/order_request.h"

#include <gtest/gtest.h>

#include "api/product_request.h"
#include "base/limits.h"

namespace orderflow {
namespace {

constexpr std::string_view kItem = R"({"name":"Widget","price":29.99,"quantity":2})";

std::string order_with_item(std::string_view item) {
  return R"({"customerEmail":"test@example.com","items":[)" + std::string(item) + "]}";
}
std::string order_with(std::string_view members) {
  return R"({"customerEmail":"test@example.com","items":[)" + std::string(kItem) + "]," +
         std::string(members) + "}";
}

Valid<OrderDraft> read(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  if (!document) throw std::invalid_argument(document.error().problem);
  return read_order(document->root());
}

std::vector<std::string> pointers(std::string_view text) {
  std::vector<std::string> out;
  const auto draft = read(text);
  if (draft) return out;
  for (const FieldError& error : draft.error()) out.push_back(error.pointer);
  return out;
}

using Pointers = std::vector<std::string>;

TEST(OrderRequest, ReadsTheSmallestBody) {
  const auto draft = read(order_with_item(kItem));
  ASSERT_TRUE(draft);
  EXPECT_EQ(draft->customer_email, "test@example.com");
  ASSERT_EQ(draft->lines.size(), 1u);
  EXPECT_EQ(draft->lines[0].sku, "Widget");  // the name
  EXPECT_EQ(draft->lines[0].name, "Widget");
  EXPECT_EQ(draft->lines[0].price, 2999);
  EXPECT_EQ(draft->lines[0].quantity, 2);
  EXPECT_EQ(draft->currency, Currency::usd());
  EXPECT_EQ(draft->payment_method, "pm_card_visa");
  EXPECT_FALSE(draft->shipping_address);
  EXPECT_TRUE(draft->metadata.empty());
}

TEST(OrderRequest, ReadsEveryOptionalMember) {
  const auto draft = read(R"({"customerEmail":"a@b","currency":"JPY","paymentMethod":"pm_x",
      "items":[{"sku":"S/1","name":"N","quantity":1}],
      "shippingAddress":{"name":"A","line1":"1 Way","line2":"","city":"C","region":"R",
                         "postalCode":"1","country":"DE"},
      "metadata":{"z":"1","a":""}})");
  ASSERT_TRUE(draft);
  EXPECT_EQ(draft->currency.code(), "JPY");
  EXPECT_EQ(draft->payment_method, "pm_x");
  EXPECT_EQ(draft->lines[0].sku, "S/1");
  EXPECT_FALSE(draft->lines[0].price);
  EXPECT_EQ(*draft->shipping_address, (Address{"A", "1 Way", "", "C", "R", "1", "DE"}));
  EXPECT_EQ(draft->metadata,
            (std::vector<std::pair<std::string, std::string>>{{"a", ""}, {"z", "1"}}));
}

TEST(OrderRequest, RefusesBadItems) {
  const std::pair<std::string_view, Pointers> cases[] = {
      {R"({"name":"W","price":1,"quantity":0})", {"/items/0/quantity"}},
      {R"({"name":"W","price":1,"quantity":-1})", {"/items/0/quantity"}},
      {R"({"name":"W","price":1,"quantity":1.5})", {"/items/0/quantity"}},
      {R"({"name":"W","price":1,"quantity":1e400})", {"/items/0/quantity"}},
      {R"({"name":"W","price":1,"quantity":9223372036854775808})", {"/items/0/quantity"}},
      {R"({"name":"W","price":1,"quantity":10001})", {"/items/0/quantity"}},
      {R"({"name":"W","price":1,"quantity":"1"})", {"/items/0/quantity"}},
      {R"({"name":"W","price":1,"quantity":true})", {"/items/0/quantity"}},
      {R"({"name":"W","price":1,"quantity":null})", {"/items/0/quantity"}},
      {R"({"name":"W","price":1})", {"/items/0/quantity"}},
      {R"({"name":"W","price":-0.01,"quantity":1})", {"/items/0/price"}},
      {R"({"name":"W","price":"29.99","quantity":1})", {"/items/0/price"}},
      {R"({"name":"W","price":1e400,"quantity":1})", {"/items/0/price"}},
      {R"({"name":"W","price":29.999,"quantity":1})", {"/items/0/price"}},
      {R"({"name":"W","price":null,"quantity":1})", {"/items/0/price"}},
      {R"({"name":"","price":1,"quantity":1})", {"/items/0/name"}},
      {R"({"name":7,"price":1,"quantity":1})", {"/items/0/name"}},
      {R"({"price":1,"quantity":1})", {"/items/0/name"}},
      {R"({"name":"a\u0000b","price":1,"quantity":1})", {"/items/0/name"}},
      {R"({"name":"W","sku":"a\u0000b","price":1,"quantity":1})", {"/items/0/sku"}},
      {R"({"name":"W","sku":"","price":1,"quantity":1})", {"/items/0/sku"}},
      {R"({"name":"W","price":1,"qty":1})", {"/items/0/qty", "/items/0/quantity"}},
      {R"({"name":"W","price":1,"quantity":1,"__proto__":{}})", {"/items/0/__proto__"}},
      {R"({"name":"W","price":1,"quantity":1,"a/b~c":1})", {"/items/0/a~1b~0c"}},
      {"7", {"/items/0"}},
      {"[]", {"/items/0"}},
  };
  for (const auto& [item, expected] : cases) {
    EXPECT_EQ(pointers(order_with_item(item)), expected) << item;
  }
  EXPECT_EQ(pointers(order_with_item(R"({"quantity":1,"name":")" + std::string(257, 'x') + "\"}")),
            Pointers{"/items/0/name"});
}

TEST(OrderRequest, RefusesBadMembers) {
  const std::pair<std::string_view, Pointers> cases[] = {
      {R"("currency":"XXX")", {"/currency"}},
      {R"("currency":"usd")", {"/currency"}},
      {R"("currency":null)", {"/currency"}},
      {R"("status":"SHIPPED")", {"/status"}},
      {R"("__proto__":{})", {"/__proto__"}},
      {R"("paymentMethod":"")", {"/paymentMethod"}},
      {R"("paymentMethod":"pm x")", {"/paymentMethod"}},
      {R"("paymentMethod":"pm\r\nx")", {"/paymentMethod"}},
      {R"("shippingAddress":"here")", {"/shippingAddress"}},
      {R"("shippingAddress":{"line1":"","city":"C","country":"Germany","zip":"1"})",
       {"/shippingAddress/zip", "/shippingAddress/line1", "/shippingAddress/country"}},
      {R"("metadata":{"a":1,"b\u0000":"x","c":"\u0000","":"x"})",
       {"/metadata/a", std::string("/metadata/b\0", 12), "/metadata/c", "/metadata/"}},
      {R"("metadata":[])", {"/metadata"}},
  };
  for (const auto& [members, expected] : cases) {
    EXPECT_EQ(pointers(order_with(members)), expected) << members;
  }
  EXPECT_EQ(pointers(R"({"currency":"JPY","customerEmail":"a@b",
                         "items":[{"name":"W","price":5.5,"quantity":1}]})"),
            Pointers{"/items/0/price"});
  EXPECT_EQ(pointers(R"({"customerEmail":"a@b","items":[]})"), Pointers{"/items"});
  EXPECT_EQ(pointers(R"({"customerEmail":"a@b","items":{}})"), Pointers{"/items"});
  EXPECT_EQ(pointers("{}"), (Pointers{"/customerEmail", "/items"}));
}

TEST(OrderRequest, RefusesInvalidEmails) {
  const std::string_view bad[] = {"",       "@",      "a@",         "@b",
                                  "ab",     "a@b@c",  "a b@c",      "a@b\\r\\nBcc: x",
                                  "a@b\\n", "\\ta@b", "a@b\\u007f", "a@b\\u0000"};
  for (const std::string_view email : bad) {
    EXPECT_EQ(pointers(R"({"customerEmail":")" + std::string(email) + R"(","items":[)" +
                       std::string(kItem) + "]}"),
              Pointers{"/customerEmail"})
        << email;
  }
  const auto of_length = [](std::size_t bytes) {
    return R"({"customerEmail":"a@)" + std::string(bytes - 2, 'b') + R"(","items":[)" +
           std::string(kItem) + "]}";
  };
  EXPECT_EQ(pointers(of_length(kEmailBytesMax)), Pointers{});
  EXPECT_EQ(pointers(of_length(kEmailBytesMax + 1)), Pointers{"/customerEmail"});
}

TEST(OrderRequest, AcceptsUnusualButValidValues) {
  const std::string_view items[] = {
      R"({"name":"W","price":29.9,"quantity":1})",
      R"({"name":"W","price":29.90,"quantity":1})",
      R"({"name":"W","price":29.9000,"quantity":1})",
      R"({"name":"W","price":3e1,"quantity":1})",
      R"({"name":"W","price":0,"quantity":10000})",
      R"({"name":"W","price":1,"quantity":2.0})",
      R"({"name":"W","price":1,"quantity":2e0})",
      R"({"name":"W","price":1,"quantity":1},{"name":"W","price":1,"quantity":1})",
  };
  for (const std::string_view item : items) EXPECT_EQ(pointers(order_with_item(item)), Pointers{});

  const std::string name = "\xF0\x9F\x9B\x92 \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D";  // a cart, shalom
  const auto draft = read(order_with_item("{\"name\":\"" + name + "\",\"quantity\":1}"));
  ASSERT_TRUE(draft);
  EXPECT_EQ(draft->lines[0].name, name);
}

TEST(OrderRequest, CountsLinesAndMetadata) {
  const auto lines = [](int count) {
    std::string items(kItem);
    for (int i = 1; i < count; ++i) items += "," + std::string(kItem);
    return order_with_item(items);
  };
  EXPECT_EQ(pointers(lines(100)), Pointers{});
  EXPECT_EQ(pointers(lines(101)), Pointers{"/items"});
  const auto metadata = [](int count) {
    std::string entries = R"("0":"x")";
    for (int i = 1; i < count; ++i) entries += ",\"" + std::to_string(i) + "\":\"x\"";
    return order_with("\"metadata\":{" + entries + "}");
  };
  EXPECT_EQ(pointers(metadata(50)), Pointers{});
  EXPECT_EQ(pointers(metadata(51)), Pointers{"/metadata"});
}

TEST(OrderRequest, CollectsAllErrorsUpToALimit) {
  EXPECT_EQ(pointers(R"({"customerEmail":"nobody","currency":"XXX","x":1,
      "items":[{"name":"W","price":1,"quantity":0},{"name":"","price":"1","quantity":1}]})"),
            (Pointers{"/x", "/customerEmail", "/currency", "/items/0/quantity", "/items/1/name",
                      "/items/1/price"}));
  std::string items = "{}";
  for (int i = 1; i < 100; ++i) items += ",{}";
  EXPECT_EQ(pointers(order_with_item(items)).size(), 100u);
}

TEST(OrderRequest, NeverRepeatsAValue) {
  const auto draft = read(R"({"customerEmail":"secret address","paymentMethod":"secret token",
      "currency":"secret","items":[{"name":"W","price":"secret","quantity":"secret"}],
      "shippingAddress":{"line1":"x","city":"y","country":"secret"}})");
  ASSERT_FALSE(draft);
  EXPECT_EQ(draft.error().size(), 6u);
  for (const FieldError& error : draft.error()) {
    EXPECT_EQ(error.detail.find("secret"), std::string::npos) << error.detail;
  }
}

TEST(OrderRequest, EqualJsonHasTheSameFingerprint) {
  const auto of = [](std::string_view email, std::string_view key, std::string_view text) {
    const auto document = JsonDocument::parse(text);
    return idempotency_of(email, key, document->root());
  };
  const auto first = of("a@b", "k", R"({"x":29.9,"y":[1]})");
  EXPECT_EQ(first, of("a@b", "k", " { \"y\" : [1.0], \"\\u0078\" : 29.90 } "));
  EXPECT_NE(first.fingerprint, of("a@b", "k", R"({"x":29.91,"y":[1]})").fingerprint);
  EXPECT_NE(first.key, of("a@c", "k", "{}").key);
  EXPECT_NE(first.key, of("a@b", "l", "{}").key);
  EXPECT_EQ(first.key, of("a@b", "k", "{}").key);
}

TEST(ProductRequest, ReadsAndRefuses) {
  const auto put = [](std::string_view text) {
    const auto document = JsonDocument::parse(text);
    return read_product(document->root());
  };
  const auto product = put(R"({"name":"Widget","price":1.250,"currency":"KWD","available":5})");
  ASSERT_TRUE(product);
  EXPECT_EQ(product->entry.price, 1250);
  EXPECT_EQ(product->available, 5);
  EXPECT_FALSE(put(R"({"name":"W","price":1})")->available);
  for (const std::string_view bad :
       {R"({})", R"({"name":"W"})", R"({"name":"W","price":-1})", R"({"name":"W","price":1e11})",
        R"({"name":"W","price":1,"available":-1})", R"({"name":"W","price":1,"available":null})",
        R"({"name":"W","price":1,"stock":1})", R"({"name":"W","price":5.5,"currency":"JPY"})"}) {
    EXPECT_FALSE(put(bad)) << bad;
  }
}

TEST(AdjustmentRequest, ReadsAndRefuses) {
  const auto adjust = [](std::string_view text) {
    const auto document = JsonDocument::parse(text);
    return read_adjustment(document->root());
  };
  EXPECT_EQ(adjust(R"({"quantity":-3,"reason":"broken"})")->quantity, -3);
  for (const std::string_view bad :
       {R"({})", R"({"quantity":1})", R"({"quantity":0,"reason":"x"})",
        R"({"quantity":1,"reason":""})", R"({"quantity":1.5,"reason":"x"})",
        R"({"quantity":1e13,"reason":"x"})"}) {
    EXPECT_FALSE(adjust(bad)) << bad;
  }
}

}  // namespace
}  // namespace orderflow
