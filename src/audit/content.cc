#include "audit/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "base/limits.h"
#include "order/model/stored_size.h"
#include "order/model/texts.h"

namespace orderflow {
namespace {

/// Keeps the first problem that it is told of.
class Problem {
 public:
  template <typename... Args>
  void require(bool holds, fmt::format_string<Args...> otherwise, Args&&... args) {
    if (holds || !what_.empty()) return;
    what_ = fmt::format(otherwise, std::forward<Args>(args)...);
  }
  /// `pointer` names the text in an export. False where something is wrong so far.
  bool text(std::string_view pointer, std::string_view text, std::size_t characters_max,
            Blank blank = Blank::Refused) {
    const std::string problem = text_problem(text, characters_max, blank);
    require(problem.empty(), "{}: {}", pointer, problem);
    return what_.empty();
  }
  std::string take() { return std::move(what_); }

 private:
  std::string what_;
};

std::string sku_problem(std::string_view sku) {
  if (is_dot_segment(sku)) return R"(must not be "." or "..")";
  return text_problem(sku, kSkuCharactersMax, Blank::Refused);
}

void check_lines(Problem& problem, const OrderBody& body) {
  problem.require(!body.lines.empty() && body.lines.size() <= kOrderLinesMax,
                  "/items: must be 1 to {}", kOrderLinesMax);
  Minor total = 0;
  for (std::size_t i = 0; i < body.lines.size(); ++i) {
    const Line& line = body.lines[i];
    // Where a client gives no SKU, the name is it.
    const std::string sku = line.sku == line.name ? "" : sku_problem(line.sku);
    problem.require(sku.empty(), "/items/{}/sku: {}", i, sku);
    const std::string name = text_problem(line.name, kNameCharactersMax, Blank::Refused);
    problem.require(name.empty(), "/items/{}/name: {}", i, name);
    problem.require(line.quantity >= 1 && line.quantity <= kQuantityMax,
                    "/items/{}/quantity: must be from 1 to {}", i, kQuantityMax);
    const bool priced = line.unit_price >= 0 && line.total <= kOrderTotalMinorMax &&
                        checked_multiply(line.unit_price, line.quantity) == line.total;
    problem.require(priced, "/items/{}/priceMinor: is not one that an order may have", i);
    if (priced) total = std::min(total + line.total, kOrderTotalMinorMax + 1);
  }
  problem.require(total == body.total && total <= kOrderTotalMinorMax,
                  "/totalMinor: is not the sum of the items, or is larger than an order may be");
}

void check_address(Problem& problem, const Address& to) {
  constexpr std::size_t kMax = kAddressFieldCharactersMax;
  problem.text("/shippingAddress/name", to.name, kMax, Blank::Allowed);
  problem.text("/shippingAddress/line1", to.line1, kMax);
  problem.text("/shippingAddress/line2", to.line2, kMax, Blank::Allowed);
  problem.text("/shippingAddress/city", to.city, kMax);
  problem.text("/shippingAddress/region", to.region, kMax, Blank::Allowed);
  problem.text("/shippingAddress/postalCode", to.postal_code, kMax, Blank::Allowed);
  problem.require(is_country_code(to.country), "/shippingAddress/country: must be two capitals");
}

void check_metadata(Problem& problem, const OrderBody& body) {
  const auto& metadata = body.metadata;
  problem.require(metadata.size() <= kMetadataEntriesMax, "/metadata: must have at most {} members",
                  kMetadataEntriesMax);
  for (const auto& [key, value] : metadata) {
    problem.text("/metadata: a name", key, kMetadataKeyCharactersMax);
    problem.text("/metadata: a value", value, kMetadataValueCharactersMax, Blank::Allowed);
  }
  // Each name once, in order: a client's order of members has no meaning.
  const auto not_before = [](const auto& a, const auto& b) { return a.first >= b.first; };
  problem.require(std::ranges::adjacent_find(metadata, not_before) == metadata.end(),
                  "/metadata: the names are not in order");
}

}  // namespace

std::string content_problem(const OrderBody& body) {
  Problem problem;
  if (problem.text("/customerEmail", body.customer_email, kEmailCharactersMax)) {
    problem.require(is_plausible_email(body.customer_email),
                    "/customerEmail: must be an e-mail address");
  }
  check_lines(problem, body);
  problem.text("/paymentMethod", body.payment_method, kPaymentMethodCharactersMax);
  problem.require(is_token(body.payment_method),
                  "/paymentMethod: must be a token of printable ASCII without spaces");
  if (body.shipping_address) check_address(problem, *body.shipping_address);
  check_metadata(problem, body);
  problem.require(stored_bytes_max(body) <= kOrderStoredBytesMax,
                  "takes {} bytes as stored, with each SKU three times; an order may take {}",
                  stored_bytes_max(body), kOrderStoredBytesMax);
  return problem.take();
}

std::string content_problem(const Product& product) {
  Problem problem;
  const std::string sku = sku_problem(product.sku);
  problem.require(sku.empty(), "/sku: {}", sku);
  problem.text("/name", product.name, kNameCharactersMax);
  problem.require(product.price >= 0 && product.price <= kOrderTotalMinorMax,
                  "/priceMinor: must be from 0 to {}", kOrderTotalMinorMax);
  const auto& [available, reserved, shipped, received] = product.stock;
  for (const std::int64_t count : {available, reserved, shipped, received}) {
    problem.require(count >= 0 && count <= kStockMax, "its stock must be counted from 0 to {}",
                    kStockMax);
  }
  return problem.take();
}

std::string content_problem(const StockEntry& entry) {
  Problem problem;
  const std::string sku = sku_problem(entry.sku);
  problem.require(sku.empty(), "/sku: {}", sku);
  problem.text("/reason", entry.reason, kReasonCharactersMax);
  problem.require(
      entry.quantity != 0 && entry.quantity >= -kStockMax && entry.quantity <= kStockMax,
      "/quantity: must not be 0, nor beyond {}", kStockMax);
  return problem.take();
}

}  // namespace orderflow
