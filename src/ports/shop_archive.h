#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "order/model/order.h"
#include "ports/order_store.h"
#include "ports/product_store.h"
#include "ports/sandbox_books.h"

// A whole shop, read and written by the commands that run once and end: audit, export and import.
//
// The calls are plain and block, they are no Tasks: such a command has nothing else to do meanwhile,
// and its checks read as loops. An adapter that works over a network runs an event loop of its own
// inside a call, fetches pages ahead of the visitor, and resumes a scan after a page that failed.
namespace orderflow {

/// An entry of the stock ledger.
struct StockEntry {
  std::string sku;
  Timestamp at{};
  std::int64_t quantity = 0;  ///< received; below zero, written off
  std::string reason;
  std::optional<AdjustmentKey> key{};  ///< of an adjustment that was made under one

  friend bool operator==(const StockEntry&, const StockEntry&) = default;
};

struct ArchivedProduct {
  std::string sku;
  Result<Product> product;  ///< Corrupt where it does not read
};

/// The account of an order at the sandbox's provider; Corrupt where it does not read.
struct ArchivedPayment {
  OrderId order;
  Result<sandbox::PaymentAccount> account;
};
/// A shipment of the sandbox's carrier.
struct ArchivedShipment {
  OrderId order;
  int attempt = 0;

  friend bool operator==(const ArchivedShipment&, const ArchivedShipment&) = default;
};

/// The lists that a store keeps to find orders by.
enum class OrderList : std::uint8_t {
  None,    ///< in no list: what was shipped
  Open,    ///< a step is due
  Parked,  ///< waits for a person
  Ended,   ///< the list of those that ended in this status
  Wrong,   ///< in a list that fits no order of its status
};
/// What a store keeps about an order beside the order itself, to find it by. A copy, so it can be
/// wrong: audit compares it with the timeline.
struct OrderIndex {
  std::int64_t version = 0;
  std::optional<Status> status;  ///< nullopt where what is stored is no status
  OrderList list{};
  std::optional<Timestamp> due_at;
};

/// What the sandbox has on its books for one order.
struct OrderBooks {
  /// nullopt where the provider does not know the order; Corrupt where its account does not read.
  Result<std::optional<sandbox::PaymentAccount>> payment;
  std::optional<int> shipped_attempt;  ///< nullopt where the carrier has no shipment
};

struct ArchivedOrder {
  OrderId id;           ///< all zeros where the store has lost it
  Result<Order> order;  ///< Corrupt where it does not read
  OrderIndex index;
  /// Where further copies in the store differ from the order, for a person. Usually empty.
  std::vector<std::string> differences;
  /// With Along::KeyAndBooks, where it was made under a key.
  std::optional<Idempotency> idempotency;
  std::optional<OrderBooks> books;  ///< unless Along::Nothing, where there are any
};

/// What to read along with each order: a look-up each, so only what the caller uses.
enum class Along { Nothing, Books, KeyAndBooks };

/// A shop to read, whole and in order.
///
/// All calls on one ShopArchive show the shop, its stock and the sandbox's books as they were at one
/// moment, that of opening it, also while the shop is served and changes. A store that cannot keep
/// such a view fails a call rather than mix two moments. Neither memory nor the time for one item
/// grows with the number of orders.
///
///     Result<void> done = archive.each_order(Along::Nothing, [&](ArchivedOrder row) -> Result<void> {
///       if (row.order) total += row.order->body->total;
///       return {};
///     });
///
/// A call ends with the first error that `visit` returns and returns it; its own are Unavailable,
/// Timeout and Corrupt. An order, product or account that does not read is no error: the visitor
/// gets it.
class ShopArchive {
 public:
  template <typename Item>
  using Visit = std::function<Result<void>(Item)>;
  /// Takes a finding, for a person: "row 17 has no body".
  using Report = std::function<void(std::string)>;

  virtual ~ShopArchive() = default;

  /// Oldest first.
  virtual Result<void> each_order(Along along, const Visit<ArchivedOrder>& visit) = 0;
  /// In order of SKU.
  virtual Result<void> each_product(const Visit<ArchivedProduct>& visit) = 0;
  /// In the order in which they were entered.
  virtual Result<void> each_stock_entry(const Visit<StockEntry>& visit) = 0;
  /// Both in order of order id; nothing where the sandbox has no books here.
  virtual Result<void> each_payment(const Visit<ArchivedPayment>& visit) = 0;
  virtual Result<void> each_shipment(const Visit<ArchivedShipment>& visit) = 0;

  /// How many payments and shipments there are; nullopt where the sandbox has no books here.
  virtual Result<std::optional<std::int64_t>> count_effects() = 0;
  /// The counts that the store keeps beside the orders; without by_status where it keeps none.
  virtual Result<OrderCounts> order_counts() = 0;

  /// Reports what is wrong with what the shop is stored in, below its orders and products: damaged
  /// pages, an index that misses rows, tables or triggers that orderflow did not make, columns that
  /// hold what it never writes. Returns how many tables and indexes there are; 0 where the store is a
  /// service that looks after that itself. Takes the longest of all calls: it reads everything.
  virtual Result<std::int64_t> check_files(const Report& report) = 0;
  /// Reports each idempotency key that leads to no order, or to one that it cannot have made, by the
  /// time or since that has another key; returns how many keys there are.
  virtual Result<std::int64_t> check_keys(const Report& report) = 0;
  /// Reports what is left of orders that each_order() cannot visit since a part of them is gone, and
  /// what belongs to no order.
  virtual Result<void> check_remains(const Report& report) = 0;
};

/// An import into a shop that is not served meanwhile.
///
/// What is added takes effect with commit(), all at once. Before it, and where an import failed, was
/// destroyed or died, the shop is as if there had been none: a store whose transactions do not reach
/// that far hides what is not committed, or takes it back. The effects in the sandbox's books alone
/// may stay behind; the same import, repeated, accepts them as its own.
///
/// Conflict where the shop has the order, product or key already, or the sandbox another account or
/// shipment of the order. After an error only the destructor may be called.
///
/// The caller has checked what it adds: that texts and amounts are in range (audit/content.h), that
/// each order's timeline is legal (audit/timeline.h), that products, stock ledger and orders add up,
/// and that payments and shipments are what the timelines say.
class ShopImport {
 public:
  virtual ~ShopImport() = default;

  virtual Result<void> add_product(const Product& product) = 0;
  virtual Result<void> add_stock_entry(const StockEntry& entry) = 0;
  /// In any status; moves no stock.
  virtual Result<void> add_order(const Order& order,
                                 const std::optional<Idempotency>& idempotency) = 0;
  /// InvalidInput where the shop does not have the order.
  virtual Result<void> add_payment(const OrderId& order,
                                   const sandbox::PaymentAccount& account) = 0;
  virtual Result<void> add_shipment(const ArchivedShipment& shipment) = 0;

  /// Durable when it returns.
  virtual Result<void> commit() = 0;
};

}  // namespace orderflow
