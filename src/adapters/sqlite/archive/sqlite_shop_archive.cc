#include "adapters/sqlite/archive/sqlite_shop_archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/sqlite/archive/file_checks.h"
#include "adapters/sqlite/engine/data_folder.h"
#include "adapters/sqlite/engine/folder_lock.h"
#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "adapters/sqlite/orders/order_reader.h"
#include "adapters/sqlite/orders/used_keys.h"
#include "adapters/sqlite/products/product_rows.h"
#include "adapters/sqlite/sandbox/book_rows.h"

namespace orderflow::sqlite {
namespace {

constexpr int kTriesForOneMoment = 1'000;
constexpr std::int64_t kNoLimit = -1;

std::int64_t first_integer(SqliteConnection& db, std::string_view sql) {
  Statement statement = db.prepare(sql);
  statement.step();
  return statement.integer(0);
}

/// A number that changes when another connection has committed.
std::int64_t data_version(SqliteConnection& db) { return first_integer(db, "PRAGMA data_version"); }

/// BEGIN alone takes no snapshot, the first read does.
void begin_read(SqliteConnection& db) {
  db.execute("BEGIN");
  (void)first_integer(db, "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)");
}

std::array<std::uint8_t, 16> bytes16(std::span<const std::uint8_t> column) {
  std::array<std::uint8_t, 16> bytes{};
  if (column.size() == bytes.size()) std::ranges::copy(column, bytes.begin());
  return bytes;
}

std::optional<Status> status_of(std::int64_t column) {
  if (column < 0 || column >= kStatusCount) return std::nullopt;
  return static_cast<Status>(column);
}

OrderList list_of(const Statement& row, int listed, std::int64_t status) {
  if (row.is_null(listed)) return OrderList::None;
  if (row.integer(listed) == kListedOpen) return OrderList::Open;
  if (row.integer(listed) == kListedParked) return OrderList::Parked;
  return row.integer(listed) == kListedEnded + status ? OrderList::Ended : OrderList::Wrong;
}

/// Visits each row of a query; none where there is no database.
template <typename Item, typename Read>
Result<void> each_row(SqliteConnection* db, std::string_view sql,
                      const ShopArchive::Visit<Item>& visit, Read read) {
  return as_result([&]() -> Result<void> {
    if (db == nullptr) return {};
    Statement rows = db->prepare(sql);
    while (rows.step()) {
      if (auto visited = visit(read(rows)); !visited) return visited;
    }
    return {};
  });
}

constexpr std::string_view kOrders =
    "SELECT b.seq, b.tail, a.id, b.customer, b.body, o.version, o.status, o.listed, o.due_at, "
    "  o.state, iif(ifnull(o.listed, ?1) >= ?1, o.body IS NOT b.body OR o.tail IS NOT b.tail, "
    "               o.body NOT NULL OR o.tail NOT NULL) "
    "FROM bodies b JOIN orders o USING (seq) "
    "LEFT JOIN id_alias a ON b.tail IS NULL AND a.seq = b.seq "
    "ORDER BY b.seq";

/// Where lists by time show an order of this row otherwise than where it belongs; else empty.
std::string misplaced(std::int64_t seq, Timestamp created_at) {
  const Timestamp place = time_of_seq(seq);
  // Orders for which their millisecond has no room follow it: OrderWriter::free_seq().
  if (place >= created_at && place <= created_at + std::chrono::seconds(1)) return "";
  return fmt::format(
      "it was created at {}, but is listed at {}; an export and import puts it right",
      format_rfc3339(created_at), format_rfc3339(place));
}

/// The order of a row of kOrders.
ArchivedOrder read_order(const Statement& row) {
  ArchivedOrder read{.id = row.is_null(1) ? OrderId(bytes16(row.blob(2)))
                                          : id_of(row.integer(0), row.integer(1))};
  const std::string_view body = row.bytes(4);
  read.order = unpack(
      {.id = read.id, .bytes = std::string(body).append(row.bytes(9)), .body_size = body.size()});
  if (row.is_null(1) && row.is_null(2)) {
    read.order = failure(ErrorCode::Corrupt, fmt::format("row {} has no id", row.integer(0)));
  }
  read.index = {.version = row.integer(5),
                .status = status_of(row.integer(6)),
                .list = list_of(row, 7, row.integer(6))};
  if (!row.is_null(8)) read.index.due_at = Timestamp(Duration(row.integer(8)));
  if (read.order && row.integer(3) != customer_hash(read.order->body->customer_email)) {
    read.differences.emplace_back("it is listed under another customer");
  }
  if (read.order) {
    auto wrong = misplaced(row.integer(0), read.order->body->created_at);
    if (!wrong.empty()) read.differences.push_back(std::move(wrong));
  }
  if (row.integer(10) != 0) {
    read.differences.emplace_back("the copy of its id and body at its end is not as it should be");
  }
  return read;
}

/// The idempotency keys in the order of their orders: a merge with the scan of the orders, for
/// which the table, in order of time and key, is sorted once.
class KeysBySeq {
 public:
  explicit KeysBySeq(SqliteConnection& shop)
      : rows_(shop.prepare("SELECT seq, key, fingerprint FROM idempotency ORDER BY seq")),
        more_(rows_.step()) {}

  /// `seq` grows from call to call.
  std::optional<Idempotency> find(std::int64_t seq) {
    while (more_ && rows_.integer(0) < seq) more_ = rows_.step();
    if (!more_ || rows_.integer(0) != seq) return std::nullopt;
    return Idempotency{bytes16(rows_.blob(1)), bytes16(rows_.blob(2))};
  }

 private:
  Statement rows_;
  bool more_;
};

bool can_write(const std::filesystem::path& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

/// SQLite keeps the index of a log in the folder. Where the folder cannot be written, SQLite can read
/// the shop only while a process serves it, or at rest.
struct Access {
  bool writable = true;
  std::optional<FolderLock> at_rest;  ///< while it is held, no process writes the shop

  explicit Access(const std::filesystem::path& data)
      : writable(can_write(data) && can_write(data / kShopFile)) {
    if (writable || has_content(data / "orderflow.db-wal") ||
        has_content(data / "simulated.db-wal")) {
      return;
    }
    try {
      at_rest.emplace(data, FolderLock::Use::ReadAtRest);
    } catch (const SqliteError&) {  // it is served
    }
  }
  [[nodiscard]] OpenOptions options() const {
    return {.read_only = true, .immutable = at_rest.has_value()};
  }
};

class SqliteShopArchive final : public ShopArchive {
 public:
  explicit SqliteShopArchive(const std::filesystem::path& data)
      : access_(data), shop_(data / kShopFile, access_.options()) {
    const auto books = data / kBooksFile;
    std::error_code error;
    if (std::filesystem::exists(books, error) || error) {
      books_.emplace(books, access_.options());
      if (books_->user_version() == 0) books_.reset();  // an empty file
    }
    // Sorting the keys of a large shop spills to a temporary file rather than fill the memory.
    shop_.execute("PRAGMA temp_store=FILE");
  }

  /// Takes the snapshots.
  Result<void> begin(const std::filesystem::path& data) {
    const std::int64_t version = shop_.user_version();
    if (version == 0) return failure(ErrorCode::Corrupt, shop_.file() + " holds no shop");
    if (version != kSchemaVersion) {
      return failure(ErrorCode::Corrupt,
                     shop_.file() + " was written by another version of orderflow");
    }
    if (books_ && books_->user_version() != sandbox::kBooksSchemaVersion) {
      return failure(ErrorCode::Corrupt,
                     books_->file() + " was written by another version of orderflow");
    }
    SqliteConnection watch(data / kShopFile, access_.options());
    for (int i = 0; i < kTriesForOneMoment; ++i) {
      if (begin_at_one_moment(watch)) return {};
    }
    if (!access_.writable) {
      return failure(ErrorCode::Unavailable, "its log is not copied, and no process serves it");
    }
    return failure(ErrorCode::Unavailable, "the shop changes too fast to be read; try again");
  }

  Result<void> each_order(Along along, const Visit<ArchivedOrder>& visit) override {
    return as_result([&]() -> Result<void> {
      std::optional<KeysBySeq> keys;
      if (along == Along::KeyAndBooks) keys.emplace(shop_);
      std::optional<sandbox::BookRows> books;
      if (along != Along::Nothing && books_) books.emplace(*books_);
      Statement rows = shop_.prepare(kOrders);
      rows.bind(1, kListedEnded);
      while (rows.step()) {
        ArchivedOrder order = read_order(rows);
        if (keys) order.idempotency = keys->find(rows.integer(0));
        if (books) order.books = OrderBooks{books->payment(order.id), books->shipment(order.id)};
        if (auto visited = visit(std::move(order)); !visited) return visited;
      }
      return {};
    });
  }

  Result<void> each_product(const Visit<ArchivedProduct>& visit) override {
    return as_result([&]() -> Result<void> {
      for (auto& [sku, product] : ProductRows(shop_).list("", kNoLimit)) {
        ArchivedProduct row{sku, std::unexpected(unreadable_product(sku).error())};
        if (product) row.product = std::move(*product);
        if (auto visited = visit(std::move(row)); !visited) return visited;
      }
      return {};
    });
  }

  Result<void> each_stock_entry(const Visit<StockEntry>& visit) override {
    return each_row<StockEntry>(
        &shop_, "SELECT sku, at, quantity, reason, key FROM stock_ledger ORDER BY id", visit,
        [](const Statement& row) -> StockEntry {
          StockEntry entry{.sku = std::string(row.text(0)),
                           .at = Timestamp(Duration(row.integer(1))),
                           .quantity = row.integer(2),
                           .reason = std::string(row.text(3))};
          if (!row.is_null(4)) entry.key = bytes16(row.blob(4));
          return entry;
        });
  }

  Result<void> each_payment(const Visit<ArchivedPayment>& visit) override {
    return each_row<ArchivedPayment>(
        books_ ? &*books_ : nullptr,
        "SELECT order_id, currency, payment_method, entries FROM payments ORDER BY order_id", visit,
        [](const Statement& row) -> ArchivedPayment {
          return {OrderId(bytes16(row.blob(0))), sandbox::read_account(row, 1)};
        });
  }

  Result<void> each_shipment(const Visit<ArchivedShipment>& visit) override {
    return each_row<ArchivedShipment>(
        books_ ? &*books_ : nullptr, "SELECT order_id, attempt FROM shipments ORDER BY order_id",
        visit, [](const Statement& row) -> ArchivedShipment {
          return {OrderId(bytes16(row.blob(0))), sandbox::attempt_of(row.integer(1))};
        });
  }

  Result<std::optional<std::int64_t>> count_effects() override {
    return as_result([&]() -> Result<std::optional<std::int64_t>> {
      if (!books_) return std::nullopt;
      return first_integer(
          *books_, "SELECT (SELECT count(*) FROM payments) + (SELECT count(*) FROM shipments)");
    });
  }

  Result<OrderCounts> order_counts() override {
    return as_result([&]() -> Result<OrderCounts> { return OrderReader(shop_).counts(); });
  }

  Result<std::int64_t> check_files(const Report& report) override {
    return as_result([&]() -> Result<std::int64_t> {
      const std::int64_t objects = check_shop_file(shop_, report);
      return books_ ? objects + check_books_file(*books_, report) : objects;
    });
  }

  Result<std::int64_t> check_keys(const Report& report) override {
    return as_result([&]() -> Result<std::int64_t> {
      Statement keys = shop_.prepare(
          "WITH k AS MATERIALIZED (SELECT seq, bucket, customer FROM idempotency ORDER BY seq) "
          "SELECT k.seq, k.bucket, b.tail, b.seq, k.customer <> b.customer "
          "FROM k LEFT JOIN bodies b USING (seq)");
      std::int64_t count = 0;
      std::optional<std::int64_t> last;
      for (; keys.step(); ++count, last = keys.integer(0)) {
        const std::int64_t seq = keys.integer(0);
        const std::int64_t bucket = keys.integer(1);
        const std::string order = keys.is_null(2) ? fmt::format("in row {}", seq)
                                                  : id_of(seq, keys.integer(2)).to_string();
        if (keys.is_null(3)) {
          report(fmt::format("a key in bucket {} has no order: row {} is not there", bucket, seq));
          continue;
        }
        if (keys.integer(4) != 0) {
          report(
              fmt::format("order {}: the key in bucket {} is another customer's", order, bucket));
        }
        if (last == seq) report(fmt::format("order {}: more than one key leads to it", order));
      }
      return count;
    });
  }

  /// kOrders joins bodies with orders: a row of one without the other is in no scan. Nor is an alias
  /// that no order has.
  Result<void> check_remains(const Report& report) override {
    return as_result([&]() -> Result<void> {
      Statement lonely = shop_.prepare(
          "SELECT seq, 'has no state' FROM bodies b WHERE NOT EXISTS "
          "  (SELECT 1 FROM orders o WHERE o.seq = b.seq) UNION ALL "
          "SELECT seq, 'has no body' FROM orders o WHERE NOT EXISTS "
          "  (SELECT 1 FROM bodies b WHERE b.seq = o.seq) UNION ALL "
          "SELECT seq, 'has no id' FROM bodies b WHERE tail IS NULL AND NOT EXISTS "
          "  (SELECT 1 FROM id_alias a WHERE a.seq = b.seq) UNION ALL "
          "SELECT seq, 'has an id, but no order to it' FROM id_alias a WHERE NOT EXISTS "
          "  (SELECT 1 FROM bodies b WHERE b.seq = a.seq AND b.tail IS NULL)");
      while (lonely.step()) report(fmt::format("row {} {}", lonely.integer(0), lonely.text(1)));
      return {};
    });
  }

 private:
  /// SQLite has no transaction to read two files in at one moment. But an effect happens in the
  /// sandbox first and is committed in the shop after it, so if the shop did not change between the
  /// two snapshots, the books are ahead of it by no more than the steps that were due then, which
  /// audit allows for. `watch` is a connection outside both transactions: it sees commits.
  bool begin_at_one_moment(SqliteConnection& watch) {
    const std::int64_t before = data_version(watch);
    begin_read(shop_);
    if (books_) begin_read(*books_);
    if (data_version(watch) == before) return true;
    if (books_) books_->roll_back();
    shop_.roll_back();
    return false;
  }

  Access access_;
  SqliteConnection shop_;
  std::optional<SqliteConnection> books_;  ///< none where the file is missing or empty
};

}  // namespace

Result<std::unique_ptr<ShopArchive>> open_shop_archive(const std::filesystem::path& data) {
  std::error_code error;
  if (!std::filesystem::exists(data / kShopFile, error) && !error) {
    return failure(ErrorCode::NotFound, "there is no shop in " + data.string());
  }
  auto opened = as_result([&]() -> Result<std::unique_ptr<ShopArchive>> {
    auto archive = std::make_unique<SqliteShopArchive>(data);
    if (auto begun = archive->begin(data); !begun) return std::unexpected(begun.error());
    return archive;
  });
  if (!opened && opened.error().code == ErrorCode::Unavailable && !can_write(data)) {
    return failure(
        ErrorCode::Unavailable,
        fmt::format("{} cannot be read by this process, which may not write the folder: "
                    "{}. Run this as the user of the service, or on a copy of the folder",
                    data.string(), opened.error().detail));
  }
  return opened;
}

}  // namespace orderflow::sqlite
