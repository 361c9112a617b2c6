#include "adapters/dynamodb/archive/dynamo_shop_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "adapters/aws/aws_json.h"
#include "adapters/dynamodb/archive/sorted_spool.h"
#include "adapters/dynamodb/archive/table_scan.h"
#include "adapters/dynamodb/order_item.h"
#include "adapters/dynamodb/product_item.h"
#include "adapters/dynamodb/sandbox_item.h"
#include "base/wait_for.h"

namespace orderflow {
namespace {

using dynamodb::DynamoItem;
using dynamodb::ScanRequest;
using dynamodb::SortedSpool;

constexpr int kReadingsMax = 3;
constexpr std::string_view kLedgerPrefix = "ledger#";
constexpr std::string_view kKeyPrefix = "key#";

/// The keys of all items, and of each kind of item something that changes whenever it is written.
constexpr std::array<std::string_view, 13> kVersionAttributes = {
    "id",        "sku",      "entry",   "w",        "version", "shipment", "name",
    "available", "reserved", "shipped", "received", "price",   "currency"};

/// The same for the same items in any order.
class Fingerprint {
 public:
  void add(const boost::json::value& item) {
    std::string text;
    for (const std::string_view attribute : kVersionAttributes) {
      text += boost::json::serialize(member(item, attribute)) + ';';
    }
    sum_ += std::hash<std::string>()(text);
    ++count_;
  }
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;

 private:
  std::size_t sum_ = 0;
  std::int64_t count_ = 0;
};

/// What is stored under one order id.
struct StoredRecords {
  std::string id;
  std::string order;  ///< the item as JSON; empty where there is none
  std::string books;
};

/// What a key of `by_id_` ends with: the id, then one of these.
constexpr char kBooksPart = 'b';
constexpr char kOrderPart = 'o';

std::unexpected<Error> explained(const Error& error) {
  if (!error.detail.contains("ResourceNotFoundException")) return std::unexpected(error);
  return failure(ErrorCode::NotFound, "there is no shop: a table does not exist");
}

DynamoItem parse_item(std::string_view text) { return DynamoItem(parse_json(text)); }

OrderId id_of(std::string_view text) { return OrderId::parse(text).value_or(OrderId()); }

std::optional<std::array<std::uint8_t, 16>> hash_at(const DynamoItem& item,
                                                    std::string_view attribute) {
  const auto bytes = item.binary(attribute);
  std::array<std::uint8_t, 16> hash;
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::memcpy(hash.data(), bytes->data(), hash.size());
  return hash;
}

std::optional<Idempotency> key_of(const DynamoItem& order) {
  const auto key = hash_at(order, "key");
  const auto fingerprint = hash_at(order, "fingerprint");
  if (!key || !fingerprint) return std::nullopt;
  return Idempotency{*key, *fingerprint};
}

/// Oldest first; in one millisecond first those whose id has that time, as SQLite numbers them.
std::string age_of(const DynamoItem& order, const std::string& id) {
  const auto created = dynamodb::created_at(order.text("sort").value_or("")).value_or(Timestamp());
  const std::string ms = dynamodb::sort_at(created);
  std::uint64_t ms_of_id = 0;
  const OrderId parsed = id_of(id);
  for (int i = 0; i < 6; ++i) ms_of_id = ms_of_id << 8 | parsed.bytes()[i];
  const bool named = parsed.version() == 7 && std::cmp_equal(ms_of_id, epoch_ms(created));
  return ms + (named ? '0' : '1') + id;
}

std::optional<Status> status_named(std::string_view name) {
  for (int i = 0; i < kStatusCount; ++i) {
    if (to_string(static_cast<Status>(i)) == name) return static_cast<Status>(i);
  }
  return std::nullopt;
}

OrderList list_of(const DynamoItem& item, std::optional<Status> status, int shard) {
  const auto listed = item.text("listed");
  const auto open = item.text("open");
  if (listed == dynamodb::shard_of_list(dynamodb::kParkedList, shard)) {
    return open ? OrderList::Wrong : OrderList::Parked;
  }
  std::optional<std::string> right;
  if (status && dynamodb::always_listed(*status)) {
    right = dynamodb::shard_of_list(dynamodb::ended_list(*status), shard);
  }
  if (listed.has_value() != right.has_value() || (right && *listed != *right)) {
    return OrderList::Wrong;
  }
  if (!open) return listed ? OrderList::Ended : OrderList::None;
  return *open == dynamodb::shard_of_list("", shard) ? OrderList::Open : OrderList::Wrong;
}

/// What the item says for its indexes, where the order says something else.
std::vector<std::string> index_differences(const DynamoItem& item, const Order& order) {
  std::vector<std::string> found;
  if (item.text("customer") != dynamodb::customer_of(order.body->customer_email)) {
    found.emplace_back("it is listed under another customer");
  }
  if (item.text("sort") != dynamodb::sort_of(*order.body)) {
    found.emplace_back("it is listed at another time than that of its creation");
  }
  if (item.text("shard") != dynamodb::shard_of_list("", dynamodb::shard_of(order.id()))) {
    found.emplace_back("it is not in the list of all orders where it belongs");
  }
  const auto look = item.text("look");
  if (look.has_value() != item.text("open").has_value()) {
    found.emplace_back("order-recovery does not find it where it looks for open orders");
  } else if (look && (dynamodb::id_in(*look) != order.id() || !order.state.due_at ||
                      *dynamodb::created_at(*look) > *order.state.due_at)) {
    found.emplace_back("order-recovery would look at it too late");
  }
  return found;
}

class DynamoShopArchive final : public ShopArchive {
 public:
  explicit DynamoShopArchive(std::string id_key) : id_key_(std::move(id_key)) {}

  Result<void> load(boost::asio::io_context& io, DynamoClient& client,
                    const DynamoShopTables& tables, const std::function<void()>& on_item) {
    for (int reading = 0; reading < kReadingsMax; ++reading) {
      clear();
      const auto first = read_tables(io, client, tables, {}, [&](auto table, auto& item) {
        on_item();
        return keep(table, item);
      });
      if (!first) return explained(first.error());
      const auto second = read_tables(io, client, tables, kVersionAttributes, [&](auto, auto&) {
        on_item();
        return Result<void>();
      });
      if (!second) return explained(second.error());
      if (*first == *second) return arrange();
    }
    return failure(ErrorCode::Unavailable,
                   "the shop changes while it is read; try again when it is at rest");
  }

  Result<void> each_order(Along along, const Visit<ArchivedOrder>& visit) override {
    return by_age_.each([&](std::string_view, std::string_view record) -> Result<void> {
      std::uint32_t size = 0;
      std::memcpy(&size, record.data(), sizeof size);
      record.remove_prefix(sizeof size);
      const DynamoItem item = parse_item(record.substr(0, size));
      ArchivedOrder row = read_row(item);
      if (along == Along::KeyAndBooks) row.idempotency = key_of(item);
      if (along != Along::Nothing) row.books = read_books(record.substr(size));
      return visit(std::move(row));
    });
  }

  Result<void> each_product(const Visit<ArchivedProduct>& visit) override {
    return products_.each([&](std::string_view sku, std::string_view item) {
      return visit({std::string(sku), dynamodb::read_product(parse_item(item))});
    });
  }

  Result<void> each_stock_entry(const Visit<StockEntry>& visit) override {
    return ledger_.each([&](std::string_view, std::string_view record) {
      const DynamoItem item = parse_item(record);
      return visit({.sku = std::string(item.text("sku").value_or("")),
                    .at = Timestamp(Duration(item.number("at").value_or(0))),
                    .quantity = item.number("quantity").value_or(0),
                    .reason = std::string(item.text("reason").value_or("")),
                    .key = hash_at(item, "key")});
    });
  }

  Result<void> each_payment(const Visit<ArchivedPayment>& visit) override {
    return each_id([&](const StoredRecords& stored) -> Result<void> {
      auto account = dynamodb::read_account(parse_item(stored.books));
      if (!account) return visit({id_of(stored.id), std::unexpected(account.error())});
      return *account ? visit({id_of(stored.id), std::move(**account)}) : Result<void>();
    });
  }

  Result<void> each_shipment(const Visit<ArchivedShipment>& visit) override {
    return each_id([&](const StoredRecords& stored) -> Result<void> {
      const auto attempt = dynamodb::read_shipment(parse_item(stored.books)).value_or(std::nullopt);
      return attempt ? visit({id_of(stored.id), *attempt}) : Result<void>();
    });
  }

  Result<std::optional<std::int64_t>> count_effects() override { return effects_; }
  Result<OrderCounts> order_counts() override { return OrderCounts(); }

  /// Of the indexes that DynamoDB keeps only what we tell it for them can be wrong.
  Result<std::int64_t> check_files(const Report& report) override {
    auto checked = products_.each([&](std::string_view sku, std::string_view record) {
      if (parse_item(record).text("kind") != dynamodb::kind_of(sku)) {
        report(fmt::format("product {} is not in the list of products", sku));
      }
      return Result<void>();
    });
    if (!checked) return std::unexpected(std::move(checked.error()));
    return 0;
  }

  Result<std::int64_t> check_keys(const Report& report) override {
    std::int64_t keys = 0;
    auto checked = each_id([&](const StoredRecords& stored) {
      keys += check_key(stored, report);
      return Result<void>();
    });
    if (!checked) return std::unexpected(std::move(checked.error()));
    return keys;
  }

  Result<void> check_remains(const Report& report) override {
    return remains_.each([&](std::string_view, std::string_view what) {
      report(std::string(what));
      return Result<void>();
    });
  }

 private:
  /// Takes an item of a table: one of `tables`.
  template <typename Take>
  static Result<Fingerprint> read_tables(boost::asio::io_context& io, DynamoClient& client,
                                         const DynamoShopTables& tables,
                                         std::span<const std::string_view> attributes, Take take) {
    Fingerprint fingerprint;
    for (const auto table :
         {&DynamoShopTables::orders, &DynamoShopTables::books, &DynamoShopTables::products}) {
      ScanRequest request{.table = tables.*table, .attributes = attributes};
      do {
        auto page = wait_for(io, dynamodb::scan_page(client, request));
        if (!page) return std::unexpected(std::move(page.error()));
        for (boost::json::value& stored : page->items) {
          fingerprint.add(stored);
          if (auto taken = take(table, stored); !taken) {
            return std::unexpected(std::move(taken.error()));
          }
        }
        request.behind = std::move(page->behind);
      } while (!request.behind.empty());
    }
    return fingerprint;
  }

  Result<void> keep(std::string DynamoShopTables::* table, const boost::json::value& stored) {
    const DynamoItem item(stored);
    std::string text = boost::json::serialize(stored);
    if (table == &DynamoShopTables::products) return keep_of_products(item, std::move(text));
    const std::string id(item.text("id").value_or(""));
    if (table == &DynamoShopTables::books) {
      const auto account = dynamodb::read_account(item);
      const auto shipment = dynamodb::read_shipment(item);
      effects_ += !account || *account ? 1 : 0;
      effects_ += shipment && *shipment ? 1 : 0;
      if (!shipment) {
        auto kept = remain(fmt::format("the shipment of order {} cannot be read", id));
        if (!kept) return kept;
      }
      return by_id_.add(id + kBooksPart, std::move(text));
    }
    return by_id_.add(id + kOrderPart, std::move(text));
  }

  Result<void> keep_of_products(const DynamoItem& item, std::string text) {
    std::string sku(item.text("sku").value_or(""));
    const auto entry = item.text("entry").value_or("");
    if (entry == dynamodb::kProductEntry) return products_.add(std::move(sku), std::move(text));
    // What these say, the product and the entry of the ledger say, too.
    if (entry == dynamodb::kSimilarEntry || entry.starts_with(kKeyPrefix)) return {};
    const auto at = item.number("at");
    if (!entry.starts_with(kLedgerPrefix) || !at || !item.number("quantity") ||
        !item.text("reason")) {
      return remain(fmt::format("{}: an entry of the stock ledger cannot be read", sku));
    }
    std::string order = dynamodb::sort_at(Timestamp(Duration(*at)));
    return ledger_.add(order.append(entry).append(sku), std::move(text));
  }

  Result<void> remain(std::string what) { return remains_.add("", std::move(what)); }

  void clear() {
    for (SortedSpool* spool : {&by_id_, &by_age_, &products_, &ledger_, &remains_}) spool->clear();
    effects_ = 0;
  }

  /// Joins each order with its books, and puts them in order of age.
  Result<void> arrange() {
    return each_id([&](const StoredRecords& stored) -> Result<void> {
      if (stored.order.empty()) return {};
      const auto size = static_cast<std::uint32_t>(stored.order.size());
      std::string record(reinterpret_cast<const char*>(&size), sizeof size);
      record.append(stored.order).append(stored.books);
      return by_age_.add(age_of(parse_item(stored.order), stored.id), std::move(record));
    });
  }

  Result<void> each_id(const std::function<Result<void>(const StoredRecords&)>& visit) {
    StoredRecords stored;
    bool any = false;
    auto done = by_id_.each([&](std::string_view key, std::string_view record) -> Result<void> {
      const char part = key.back();
      key.remove_suffix(1);
      if (any && key != stored.id) {
        if (auto visited = visit(stored); !visited) return visited;
        stored = {};
      }
      any = true;
      stored.id = key;
      if (part == kOrderPart) stored.order = record;
      if (part == kBooksPart) stored.books = record;
      return {};
    });
    if (done && any) done = visit(stored);
    return done;
  }

  static ArchivedOrder read_row(const DynamoItem& item) {
    ArchivedOrder row{.id = id_of(item.text("id").value_or(""))};
    const auto order = dynamodb::read_order(item);
    if (order) {
      row.order = **order;
      row.differences = index_differences(item, **order);
    } else {
      row.order = std::unexpected(order.error());
    }
    row.index.version = item.number("version").value_or(0);
    row.index.status = status_named(item.text("status").value_or(""));
    row.index.list = list_of(item, row.index.status, dynamodb::shard_of(row.id));
    if (const auto due = item.number("due")) row.index.due_at = Timestamp(Duration(*due));
    return row;
  }

  static OrderBooks read_books(std::string_view record) {
    if (record.empty()) return {};
    const DynamoItem item = parse_item(record);
    return {dynamodb::read_account(item), dynamodb::read_shipment(item).value_or(std::nullopt)};
  }

  /// How many keys lead to this order, 0 or 1.
  [[nodiscard]] int check_key(const StoredRecords& stored, const Report& report) const {
    if (stored.order.empty()) return 0;
    const DynamoItem item = parse_item(stored.order);
    const auto key = key_of(item);
    if (!key) {
      if (item.binary("key") || item.binary("fingerprint")) {
        report(fmt::format("order {}: its key is not stored as it was written", stored.id));
      }
      return 0;
    }
    if (dynamodb::derived_id(id_key_, key->key).to_string() != stored.id) {
      report(fmt::format("order {}: its key does not lead to it", stored.id));
    }
    return 1;
  }

  std::string id_key_;
  SortedSpool by_id_;     ///< orders and books, by the id of the order
  SortedSpool by_age_;    ///< orders, each with its books
  SortedSpool products_;  ///< by SKU
  SortedSpool ledger_;    ///< as it was entered
  SortedSpool remains_;   ///< what cannot be visited, for a person
  std::int64_t effects_ = 0;
};

}  // namespace

Result<std::unique_ptr<ShopArchive>> open_dynamo_archive(boost::asio::io_context& io,
                                                         DynamoClient& client,
                                                         DynamoShopTables tables,
                                                         const std::function<void()>& on_item) {
  auto archive = std::make_unique<DynamoShopArchive>(tables.id_key);
  if (auto loaded = archive->load(io, client, tables, on_item); !loaded) {
    return std::unexpected(std::move(loaded.error()));
  }
  return archive;
}

}  // namespace orderflow
