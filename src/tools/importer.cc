#include "tools/importer.h"

#include <fmt/format.h>

#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "tools/progress.h"

namespace orderflow {
namespace {

constexpr std::size_t kLineBytesMax = 4 * 1024 * 1024;
constexpr std::int64_t kMsPerDay = 24 * 60 * 60 * 1'000;

std::int64_t ms(Timestamp at) { return at.time_since_epoch().count(); }

std::unexpected<Error> invalid(std::string what) {
  return failure(ErrorCode::InvalidInput, std::move(what));
}
std::unexpected<Error> conflict(std::string what) {
  return failure(ErrorCode::Conflict, std::move(what));
}

sqlite::SqliteConnection open_shop(const std::filesystem::path& file) {
  sqlite::SqliteConnection db(file, {});
  sqlite::migrate_shop(db);
  db.execute("BEGIN IMMEDIATE");
  return db;
}

sqlite::SqliteConnection open_books(const std::filesystem::path& file) {
  sqlite::SqliteConnection db(file, {});
  sandbox::migrate_books(db);
  db.execute("BEGIN IMMEDIATE");
  return db;
}

}  // namespace

Importer::Books::Books(const std::filesystem::path& file) : db(open_books(file)), rows(db) {}

Importer::Importer(const std::filesystem::path& data)
    : data_(data),
      lock_(data),
      shop_(open_shop(data / "orderflow.db")),
      writer_(shop_),
      reader_(shop_),
      insert_key_(shop_.prepare("INSERT OR IGNORE INTO idempotency (bucket, key, fingerprint, seq) "
                                "VALUES (?1, ?2, ?3, ?4)")),
      insert_product_(
          shop_.prepare("INSERT OR IGNORE INTO products (sku, name, price, currency, available, "
                        "reserved, shipped, received) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
      insert_stock_(shop_.prepare("INSERT INTO stock_ledger (sku, at, quantity, reason) "
                                  "VALUES (?1, ?2, ?3, ?4)")) {}

Result<TransferSummary> Importer::run(std::istream& in) {
  Progress progress("import", "lines");
  std::string text;
  while (std::getline(in, text)) {
    if (auto stored = store_line(text); !stored) {
      Error& error = stored.error();
      return failure(error.code,
                     fmt::format("line {}: {}; nothing was imported", lines_ + 1, error.detail));
    }
    ++lines_;
    progress.step();
  }
  if (in.bad()) return failure(ErrorCode::Unavailable, "the input can not be read to its end");
  if (!ended_) {
    return invalid(
        fmt::format("the input stops after line {}, before its end line; nothing was "
                    "imported",
                    lines_));
  }
  if (auto adds_up = check_stock(); !adds_up) return std::unexpected(std::move(adds_up.error()));
  commit();
  return summary_;
}

Result<void> Importer::store_line(const std::string& text) {
  if (text.size() > kLineBytesMax) return invalid("is too long");
  if (ended_) return invalid("stands after the end line");
  auto line = parse_line(text);
  if (!line) return invalid(std::move(line.error()));
  if ((lines_ == 0) != std::holds_alternative<HeaderLine>(*line)) {
    return invalid(lines_ == 0 ? "is not the header of an orderflow export" : "is a second header");
  }
  return std::visit([this](const auto& value) { return store(value); }, *line);
}

Result<void> Importer::store(const HeaderLine&) { return {}; }

Result<void> Importer::store(const Product& product) {
  const Stock& stock = product.stock;
  if (stock.available + stock.reserved + stock.shipped != stock.received) {
    return invalid("available + reserved + shipped is not received");
  }
  insert_product_.bind_text(1, product.sku).bind_text(2, product.name).bind(3, product.price);
  insert_product_.bind_text(4, product.currency.code()).bind(5, stock.available);
  insert_product_.bind(6, stock.reserved).bind(7, stock.shipped).bind(8, stock.received).run();
  if (shop_.changes() == 0) return conflict("product " + product.sku + " is there already");
  stock_[product.sku].stated = stock;
  ++summary_.products;
  return {};
}

Result<void> Importer::store(const StockEntryLine& line) {
  insert_stock_.bind_text(1, line.sku).bind(2, ms(line.at)).bind(3, line.quantity);
  insert_stock_.bind_text(4, line.reason).run();
  stock_[line.sku].received += line.quantity;
  return {};
}

Result<void> Importer::store(const OrderLine& line) {
  const OrderBody& body = *line.order.body;
  const OrderState& state = line.order.state;
  const auto inserted = writer_.insert(line.order, {});
  if (inserted.outcome != sqlite::OrderWriter::Inserted::Yes) {
    return conflict("order " + body.id.to_string() + " is there already");
  }
  const std::int64_t seq = reader_.find_seq(body.id).value();

  if (line.idempotency) {
    insert_key_.bind(1, ms(body.created_at) / kMsPerDay).bind_blob(2, line.idempotency->key);
    insert_key_.bind_blob(3, line.idempotency->fingerprint).bind(4, seq).run();
    if (shop_.changes() == 0) return conflict("its idempotency key is in use");
  }
  for (const StockLine& held : held_stock(state)) stock_[held.sku].reserved += held.quantity;
  for (const Event& event : state.events) {
    if (event.type != EventType::OrderShipped) continue;
    for (const StockLine& sent : event.stock) stock_[sent.sku].shipped += sent.quantity;
  }
  ++summary_.orders;
  return {};
}

// What the books have already is taken for what it is: after an import whose last step failed, they
// may hold this very file.

Result<void> Importer::store(const PaymentLine& line) {
  if (auto known = check_known(line.order); !known) return known;
  if (!books().rows.add_payment(line.order, line.account)) {
    const auto stored = books().rows.payment(line.order);
    if (!stored) return std::unexpected(stored.error());
    if ((*stored)->entries != line.account.entries) {
      return conflict("the provider has another account of order " + line.order.to_string());
    }
  }
  ++summary_.effects;
  return {};
}

Result<void> Importer::store(const ShipmentLine& line) {
  if (auto known = check_known(line.order); !known) return known;
  sandbox::BookRows& rows = books().rows;
  if (!rows.add_shipment(line.order, line.attempt) && rows.shipment(line.order) != line.attempt) {
    return conflict("the carrier has another shipment of order " + line.order.to_string());
  }
  ++summary_.effects;
  return {};
}

Result<void> Importer::store(const EndLine& line) {
  if (line.lines != lines_) {
    return invalid(fmt::format("{} lines should stand before it, not {}", line.lines, lines_));
  }
  ended_ = true;
  return {};
}

Result<void> Importer::check_known(const OrderId& order) {
  const auto stored = reader_.load(order);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return invalid("order " + order.to_string() + " does not stand before it");
  return {};
}

Result<void> Importer::check_stock() const {
  for (const auto& [sku, sums] : stock_) {
    if (!sums.stated) return invalid(fmt::format("{} has stock, but no product line", sku));
    const Stock& stated = *sums.stated;
    if (stated.received != sums.received || stated.reserved != sums.reserved ||
        stated.shipped != sums.shipped) {
      return invalid(fmt::format(
          "product {} has received {}, reserved {}, shipped {}; the other lines add up to {}, {}, "
          "{}; nothing was imported",
          sku, stated.received, stated.reserved, stated.shipped, sums.received, sums.reserved,
          sums.shipped));
    }
  }
  return {};
}

Importer::Books& Importer::books() {
  if (!books_) books_.emplace(data_ / "simulated.db");
  return *books_;
}

/// The books first: effects without their orders can be imported once more, orders without their
/// effects could not.
void Importer::commit() {
  writer_.end_group();
  if (books_) books_->db.execute("COMMIT");
  shop_.execute("COMMIT");
}

}  // namespace orderflow
