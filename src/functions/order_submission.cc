#include "functions/order_submission.h"

#include <algorithm>

#include "base/limits.h"
#include "order/model/stored_size.h"
#include "order/rules/transitions.h"

namespace orderflow {
namespace {

/// Gives each line its price and total. A SKU in the catalogue has the catalogue's price and no
/// other.
class Pricing {
 public:
  Pricing(Currency currency, UnknownSku unknown_sku)
      : currency_(currency), unknown_sku_(unknown_sku) {}

  void add(const DraftLine& line, const std::optional<CatalogueEntry>& entry) {
    const std::string at = "/items/" + std::to_string(lines_.size());
    const std::size_t errors_before = errors_.size();
    if (!entry) unknown_.push_back(lines_.size());
    const Minor price = entry ? catalogue_price(line, *entry, at) : sent_price(line, at);
    Line priced{line.sku, line.name, price, line.quantity, 0};
    if (errors_.size() == errors_before) {
      const auto total = checked_multiply(price, line.quantity);
      if (total && *total <= kOrderTotalMinorMax) {
        priced.total = *total;
      } else {
        reject(at + "/price", "makes the line larger than the largest order total",
               "invalid_value");
      }
    }
    total_ = std::min(total_ + priced.total, kOrderTotalMinorMax + 1);
    lines_.push_back(std::move(priced));
  }

  std::vector<FieldError> take_errors() {
    if (errors_.empty() && total_ > kOrderTotalMinorMax) {
      reject("/items", "add up to more than the largest order total", "invalid_value");
    }
    return std::move(errors_);
  }
  std::vector<Line> take_lines() { return std::move(lines_); }
  Minor total() const { return total_; }
  /// The lines whose SKU is not in the catalogue.
  const std::vector<std::size_t>& unknown() const { return unknown_; }

 private:
  Minor sent_price(const DraftLine& line, const std::string& at) {
    if (unknown_sku_ == UnknownSku::Reject) {
      reject(at + "/sku", "is not in the catalogue", "unknown_sku");
      return 0;
    }
    if (!line.price) {
      reject(at + "/price", "is required, since the catalogue does not have this SKU",
             "invalid_value");
      return 0;
    }
    return *line.price;
  }

  Minor catalogue_price(const DraftLine& line, const CatalogueEntry& entry, const std::string& at) {
    if (entry.currency != currency_) {
      reject(at + "/sku", "is sold in " + std::string(entry.currency.code()), "price_mismatch");
      return 0;
    }
    if (line.price && *line.price != entry.price) {
      reject(at + "/price",
             "differs from the catalogue's price of " + to_decimal(entry.price, entry.currency),
             "price_mismatch");
    }
    return entry.price;
  }

  void reject(std::string pointer, std::string detail, std::string code) {
    errors_.push_back({std::move(pointer), std::move(detail), std::move(code)});
  }

  Currency currency_;
  UnknownSku unknown_sku_;
  std::vector<Line> lines_;
  std::vector<FieldError> errors_;
  std::vector<std::size_t> unknown_;
  Minor total_ = 0;
};

/// Prices the draft by the catalogue as `view` shows it.
Task<Result<Pricing>> price(Services& services, const OrderDraft& draft, View view) {
  std::vector<std::string> skus;
  skus.reserve(draft.lines.size());
  for (const DraftLine& line : draft.lines) skus.push_back(line.sku);
  auto entries = co_await services.products.catalogue(std::move(skus), view);
  if (!entries) co_return std::unexpected(std::move(entries.error()));
  Pricing pricing(draft.currency, services.unknown_sku);
  for (std::size_t i = 0; i < draft.lines.size(); ++i) pricing.add(draft.lines[i], (*entries)[i]);
  co_return pricing;
}

/// A warning for each of these lines whose SKU is that of a product but for its spelling. None where
/// the store fails: the order does not depend on it.
Task<std::vector<FieldError>> warn_of_similar(Services& services, const OrderDraft& draft,
                                              std::vector<std::size_t> lines) {
  std::vector<FieldError> warnings;
  if (lines.empty()) co_return warnings;
  std::vector<std::string> skus;
  for (const std::size_t line : lines) skus.push_back(draft.lines[line].sku);
  const auto similar = co_await services.products.similar(std::move(skus));
  for (std::size_t i = 0; similar && i < lines.size(); ++i) {
    if (!(*similar)[i]) continue;
    warnings.push_back({"/items/" + std::to_string(lines[i]) + "/sku",
                        "is not in the catalogue, which has the similar SKU " + *(*similar)[i],
                        "similar_sku"});
  }
  co_return warnings;
}

/// Names the product that an unknown SKU may have meant.
void explain(std::vector<FieldError>& errors, const std::vector<FieldError>& warnings) {
  for (FieldError& error : errors) {
    if (error.code != "unknown_sku") continue;
    const auto why = std::ranges::find(warnings, error.pointer, &FieldError::pointer);
    if (why != warnings.end()) error.detail = why->detail;
  }
}

/// The error of an order that would leave its events too little room in the store.
std::optional<FieldError> check_size(const OrderBody& body) {
  const std::size_t bytes = stored_bytes_max(body);
  if (bytes <= kOrderStoredBytesMax) return std::nullopt;
  return FieldError{"",
                    "takes " + std::to_string(bytes) +
                        " bytes as stored, with each SKU three times; "
                        "an order may take " +
                        std::to_string(kOrderStoredBytesMax),
                    "invalid_value"};
}

/// The answer to a key that was used before.
SubmissionResult repeated(const Creation& creation, std::vector<FieldError> warnings) {
  if (creation.outcome == CreateOutcome::KeyReused) return KeyReused{};
  return Submission{.order = std::make_shared<const Order>(as_received(*creation.order)),
                    .warnings = std::move(warnings),
                    .replayed = true};
}

}  // namespace

Task<Result<SubmissionResult>> submit_order(Services& services, OrderDraft draft,
                                            std::optional<Idempotency> idempotency) {
  auto pricing = co_await price(services, draft, View::Recent);
  if (!pricing) co_return std::unexpected(std::move(pricing.error()));
  auto errors = pricing->take_errors();
  if (!errors.empty()) {
    // The catalogue may have been a moment old. Only the latest one may refuse an order.
    pricing = co_await price(services, draft, View::Latest);
    if (!pricing) co_return std::unexpected(std::move(pricing.error()));
    errors = pricing->take_errors();
  }
  auto warnings = co_await warn_of_similar(services, draft, pricing->unknown());
  if (!errors.empty()) {
    // A repeated request gets its first answer, even if the catalogue has changed since.
    if (idempotency) {
      auto before = co_await services.orders.find(*idempotency);
      if (!before) co_return std::unexpected(std::move(before.error()));
      if (*before) co_return repeated(**before, std::move(warnings));
    }
    explain(errors, warnings);
    co_return std::move(errors);
  }

  const Timestamp now = services.clock.now();
  OrderBody body{.id = services.ids.next_order_id(now),
                 .created_at = now,
                 .customer_email = std::move(draft.customer_email),
                 .lines = pricing->take_lines(),
                 .currency = draft.currency,
                 .total = pricing->total(),
                 .payment_method = std::move(draft.payment_method),
                 .shipping_address = std::move(draft.shipping_address),
                 .metadata = std::move(draft.metadata)};
  if (auto too_large = check_size(body)) co_return std::vector{std::move(*too_large)};
  auto order = std::make_shared<const Order>(receive(std::move(body)));
  auto creation = co_await services.orders.create(std::move(order), idempotency);
  if (!creation && creation.error().code == ErrorCode::InvalidInput) {
    // DynamoDB takes fewer different SKUs than an order may have lines.
    co_return std::vector{FieldError{"/items", creation.error().detail, "invalid_value"}};
  }
  if (!creation) co_return std::unexpected(std::move(creation.error()));
  if (creation->outcome != CreateOutcome::Created)
    co_return repeated(*creation, std::move(warnings));
  // If this nudge is lost, order-recovery finds the order: it is stored and due.
  (void)co_await services.queue.nudge(Stage::Payment, creation->order->id(), Duration::zero());
  co_return Submission{.order = std::move(creation->order), .warnings = std::move(warnings)};
}

}  // namespace orderflow
