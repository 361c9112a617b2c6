#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "functions/services.h"

namespace orderflow {

/// One line as the customer sent it: its form is checked, its price is not.
struct DraftLine {
  std::string sku;  ///< the name, where no SKU was sent
  std::string name;
  /// Empty where the catalogue's price applies.
  std::optional<Minor> price;
  std::int64_t quantity = 0;  ///< 1 .. kQuantityMax
};

struct OrderDraft {
  std::string customer_email;
  std::vector<DraftLine> lines;  ///< 1 .. kOrderLinesMax
  Currency currency = Currency::usd();
  std::string payment_method;
  std::optional<Address> shipping_address;
  std::vector<std::pair<std::string, std::string>> metadata;  ///< in order of key, no key twice
};

/// An error in one value of a request, or a warning.
struct FieldError {
  std::string pointer;  ///< where: a JSON pointer (RFC 6901)
  std::string detail;
  std::string code;  ///< "invalid_value", "price_mismatch", "unknown_sku", "similar_sku"
};

struct Submission {
  OrderPtr order;  ///< as it was received
  /// SKUs that are not in the catalogue and look like one that is ("similar_sku").
  std::vector<FieldError> warnings;
  bool replayed = false;  ///< an earlier POST with the same Idempotency-Key made it
};
struct KeyReused {};
using SubmissionResult = std::variant<Submission, KeyReused, std::vector<FieldError>>;

/// POST /orders: checks prices against the catalogue, stores the order durably, nudges payment. Two
/// calls of the store: catalogue() (from memory in the local home) and create(). If a moment-old
/// catalogue would refuse the order, the latest one is read. Where it does not have a SKU, one call
/// more looks for a similar one, of which the answer warns.
Task<Result<SubmissionResult>> submit_order(Services& services, OrderDraft draft,
                                            std::optional<Idempotency> idempotency);

}  // namespace orderflow
