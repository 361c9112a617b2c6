#pragma once

#include <string>

#include "order/model/order.h"
#include "ports/product_store.h"
#include "ports/shop_archive.h"

// What can be stored at all: the rules by which the API takes orders, products and adjustments. An
// import refuses what breaks them, and audit reports it.
//
// Each function returns the first thing that is wrong, with a pointer to it as an export names it
// ("/items/0/name: must not be blank"), never with what a customer wrote; empty where all is right.
namespace orderflow {

[[nodiscard]] std::string content_problem(const OrderBody& body);
/// Without its stock, whose sums are checked elsewhere, but for the range of its counts.
[[nodiscard]] std::string content_problem(const Product& product);
[[nodiscard]] std::string content_problem(const StockEntry& entry);

}  // namespace orderflow
