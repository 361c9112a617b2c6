#include "tools/shop_snapshot.h"

#include <algorithm>

#include "adapters/sqlite/engine/migrations.h"
#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/sqlite/orders/order_columns.h"

namespace orderflow {
namespace {

constexpr sqlite::OpenOptions kReadOnly = {.read_only = true};
constexpr int kTriesForOneMoment = 1'000;

std::int64_t pragma(sqlite::SqliteConnection& db, std::string_view sql) {
  auto statement = db.prepare(sql);
  statement.step();
  return statement.integer(0);
}

/// Changes whenever somebody else has committed.
std::int64_t data_version(sqlite::SqliteConnection& db) {
  return pragma(db, "PRAGMA data_version");
}

void begin(sqlite::SqliteConnection& db) {
  db.execute("BEGIN");
  (void)pragma(db, "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)");  // now
}

std::optional<std::int64_t> optional_integer(const sqlite::Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

Result<Order> decode(const OrderId& id, std::string_view body_bytes, std::string_view state_bytes) {
  auto body = sqlite::unpack_body(id, body_bytes);
  if (!body) return std::unexpected(std::move(body.error()));
  auto state = sqlite::unpack_state(state_bytes);
  if (!state) return std::unexpected(std::move(state.error()));
  return Order{std::make_shared<const OrderBody>(std::move(*body)), std::move(*state)};
}

}  // namespace

OrderId order_id_of(std::span<const std::uint8_t> column) {
  std::array<std::uint8_t, 16> bytes{};
  if (column.size() == bytes.size()) std::ranges::copy(column, bytes.begin());
  return OrderId(bytes);
}

Result<ShopSnapshot> ShopSnapshot::open(const std::filesystem::path& data) {
  if (!std::filesystem::exists(data / "orderflow.db")) {
    return failure(ErrorCode::NotFound, "there is no shop in " + data.string());
  }
  try {
    ShopSnapshot snapshot(data);
    const std::int64_t version = sqlite::schema_version(snapshot.shop_);
    if (version != sqlite::kSchemaVersion) {
      return failure(ErrorCode::Corrupt, "the shop in " + data.string() +
                                             " was written by another version of orderflow");
    }
    // An effect happens at the provider first and is committed here after it. So at any one moment
    // the provider is ahead by no more than the step that is due. Two snapshots are of one moment
    // where nothing was committed here between them, whatever the provider did meanwhile.
    sqlite::SqliteConnection watch(data / "orderflow.db", kReadOnly);
    for (int i = 0; i < kTriesForOneMoment; ++i) {
      if (snapshot.take(watch)) return snapshot;
    }
  } catch (const sqlite::SqliteError& failure) {
    return std::unexpected(failure.error());
  }
  return failure(ErrorCode::Unavailable, "the shop changes too fast to be looked at; try again");
}

ShopSnapshot::ShopSnapshot(const std::filesystem::path& data)
    : shop_(data / "orderflow.db", kReadOnly) {
  const auto books = data / "simulated.db";
  if (std::filesystem::exists(books)) books_.emplace(books, kReadOnly);
}

bool ShopSnapshot::take(sqlite::SqliteConnection& watch) {
  const std::int64_t before = data_version(watch);
  begin(shop_);
  if (books_) begin(*books_);
  if (data_version(watch) == before) return true;
  if (books_) books_->roll_back();
  shop_.roll_back();
  return false;
}

OrderScan::OrderScan(sqlite::SqliteConnection& shop)
    : rows_(shop.prepare("SELECT b.seq, b.tail, a.id, b.customer, b.body, "
                         "o.version, o.status, o.listed, o.due_at, o.state, "
                         "o.body NOT NULL AND (o.body IS NOT b.body OR o.tail IS NOT b.tail) "
                         "FROM bodies b JOIN orders o USING (seq) "
                         "LEFT JOIN id_alias a ON b.tail IS NULL AND a.seq = b.seq "
                         "ORDER BY b.seq")) {}

std::optional<OrderRow> OrderScan::next() {
  if (!rows_.step()) return std::nullopt;
  const OrderId id = rows_.is_null(1) ? order_id_of(rows_.blob(2))
                                      : sqlite::id_of(rows_.integer(0), rows_.integer(1));
  return OrderRow{.seq = rows_.integer(0),
                  .id = id,
                  .customer = rows_.integer(3),
                  .version = rows_.integer(5),
                  .status = rows_.integer(6),
                  .listed = optional_integer(rows_, 7),
                  .due_at = optional_integer(rows_, 8),
                  .copy_differs = rows_.integer(10) != 0,
                  .order = decode(id, rows_.bytes(4), rows_.bytes(9))};
}

}  // namespace orderflow
