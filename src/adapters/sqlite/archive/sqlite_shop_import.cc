#include "adapters/sqlite/archive/sqlite_shop_import.h"

#include <optional>

#include "adapters/sqlite/engine/data_folder.h"
#include "adapters/sqlite/engine/folder_lock.h"
#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/engine/sqlite_connection.h"
#include "adapters/sqlite/orders/order_reader.h"
#include "adapters/sqlite/orders/order_writer.h"
#include "adapters/sqlite/orders/used_keys.h"
#include "adapters/sqlite/sandbox/book_rows.h"

namespace orderflow::sqlite {
namespace {

std::unexpected<Error> conflict(std::string what) {
  return failure(ErrorCode::Conflict, std::move(what));
}

SqliteConnection begin_writing(SqliteConnection db, void (*migrate)(SqliteConnection&)) {
  migrate(db);
  db.execute("BEGIN IMMEDIATE");
  return db;
}

/// Holds the folder's lock and one transaction on each file.
class SqliteShopImport final : public ShopImport {
 public:
  explicit SqliteShopImport(const std::filesystem::path& data)
      : lock_(data),
        shop_(begin_writing(open_shop_file(data, {}), migrate_shop)),
        books_file_(begin_writing(SqliteConnection(data / kBooksFile, {}), sandbox::migrate_books)),
        books_(books_file_),
        writer_(shop_),
        reader_(shop_),
        insert_key_(
            shop_.prepare("INSERT OR IGNORE INTO idempotency (bucket, key, fingerprint, seq) "
                          "VALUES (?1, ?2, ?3, ?4)")),
        insert_product_(
            shop_.prepare("INSERT OR IGNORE INTO products (sku, name, price, currency, available, "
                          "reserved, shipped, received) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
        insert_stock_(
            shop_.prepare("INSERT OR IGNORE INTO stock_ledger (sku, at, quantity, reason, key) "
                          "VALUES (?1, ?2, ?3, ?4, ?5)")) {
    writer_.begin_group();
  }

  Result<void> add_product(const Product& product) override {
    return as_result([&]() -> Result<void> {
      const Stock& stock = product.stock;
      insert_product_.bind_text(1, product.sku).bind_text(2, product.name).bind(3, product.price);
      insert_product_.bind_text(4, product.currency.code()).bind(5, stock.available);
      insert_product_.bind(6, stock.reserved).bind(7, stock.shipped).bind(8, stock.received).run();
      if (shop_.changes() == 0) return conflict("product " + product.sku + " is there already");
      return {};
    });
  }

  Result<void> add_stock_entry(const StockEntry& entry) override {
    return as_result([&]() -> Result<void> {
      insert_stock_.bind_text(1, entry.sku).bind(2, epoch_ms(entry.at)).bind(3, entry.quantity);
      insert_stock_.bind_text(4, entry.reason);
      entry.key ? insert_stock_.bind_blob(5, *entry.key) : insert_stock_.bind_null(5);
      insert_stock_.run();
      if (shop_.changes() == 0) return conflict("its idempotency key is in use");
      return {};
    });
  }

  Result<void> add_order(const Order& order,
                         const std::optional<Idempotency>& idempotency) override {
    return as_result([&]() -> Result<void> {
      if (writer_.insert(order, {}).outcome != OrderWriter::Inserted::Yes) {
        return conflict("order " + order.id().to_string() + " is there already");
      }
      if (!idempotency) return {};
      // Into the bucket of its day, not a slot of its moment (used_keys.h): a writer that inserts
      // keys of long ago would forget those before them.
      insert_key_.bind(1, UsedKeys::day_of(order.body->created_at)).bind_blob(2, idempotency->key);
      insert_key_.bind_blob(3, idempotency->fingerprint);
      insert_key_.bind(4, reader_.find_seq(order.id()).value()).run();
      if (shop_.changes() == 0) return conflict("its idempotency key is in use");
      return {};
    });
  }

  Result<void> add_payment(const OrderId& order, const sandbox::PaymentAccount& account) override {
    return as_result([&]() -> Result<void> {
      if (auto known = check_known(order); !known) return known;
      if (books_.add_payment(order, account)) return {};
      // Left behind by an import of the same file whose last commit failed: see commit().
      const auto stored = books_.payment(order);
      if (!stored) return std::unexpected(stored.error());
      if (*stored == account) return {};
      return conflict("the provider has another account of order " + order.to_string());
    });
  }

  Result<void> add_shipment(const ArchivedShipment& shipment) override {
    return as_result([&]() -> Result<void> {
      const auto& [order, attempt] = shipment;
      if (auto known = check_known(order); !known) return known;
      if (books_.add_shipment(order, attempt) || books_.shipment(order) == attempt) return {};
      return conflict("the carrier has another shipment of order " + order.to_string());
    });
  }

  /// The books first: effects without their orders can be imported once more, orders without their
  /// effects could not.
  Result<void> commit() override {
    return as_result([&]() -> Result<void> {
      writer_.end_group();
      books_file_.execute("COMMIT");
      shop_.execute("COMMIT");
      return {};
    });
  }

 private:
  Result<void> check_known(const OrderId& order) {
    const auto stored = reader_.load_packed(order);
    if (!stored) return std::unexpected(stored.error());
    if (*stored) return {};
    return failure(ErrorCode::InvalidInput, "there is no order " + order.to_string());
  }

  FolderLock lock_;
  SqliteConnection shop_;
  // Made also where nothing of the sandbox is imported: a shop without its books has lost them.
  SqliteConnection books_file_;
  sandbox::BookRows books_;
  OrderWriter writer_;
  OrderReader reader_;
  Statement insert_key_;
  Statement insert_product_;
  Statement insert_stock_;
};

}  // namespace

Result<std::unique_ptr<ShopImport>> open_shop_import(const std::filesystem::path& data) {
  if (auto made = make_data_folder(data); !made) return std::unexpected(made.error());
  return as_result([&]() -> Result<std::unique_ptr<ShopImport>> {
    return std::make_unique<SqliteShopImport>(data);
  });
}

}  // namespace orderflow::sqlite
