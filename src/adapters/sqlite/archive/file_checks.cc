#include "adapters/sqlite/archive/file_checks.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <charconv>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/sandbox/book_rows.h"

namespace orderflow::sqlite {
namespace {

/// Rows that orderflow never writes. SQLite stores any kind of value in any column but those of a STRICT
/// table, and reads a text as the number 0.
struct RowCheck {
  const char* table;
  const char* row;    ///< an expression that names the row
  const char* wrong;  ///< what holds of a wrong row
};

constexpr RowCheck kShopRows[] = {
    {"bodies", "seq",
     "seq < 0 OR seq >= 1 << 60 OR typeof(tail) NOT IN ('integer', 'null') OR "
     "typeof(bucket) <> 'integer' OR bucket < 0 OR bucket >= 1 << 32 OR "
     "typeof(customer) <> 'integer' OR typeof(body) <> 'blob'"},
    {"orders", "seq",
     "typeof(version) <> 'integer' OR typeof(status) <> 'integer' OR "
     "typeof(listed) NOT IN ('integer', 'null') OR typeof(due_at) NOT IN ('integer', 'null') OR "
     "typeof(state) <> 'blob' OR typeof(tail) NOT IN ('integer', 'null') OR "
     "typeof(body) NOT IN ('blob', 'null')"},
    {"id_alias", "seq", "typeof(id) <> 'blob' OR length(id) <> 16 OR typeof(seq) <> 'integer'"},
    {"idempotency", "seq",
     "typeof(bucket) <> 'integer' OR bucket < 0 OR bucket >= 1 << 36 OR typeof(key) <> 'blob' OR "
     "length(key) <> 16 OR typeof(fingerprint) <> 'blob' OR length(fingerprint) <> 16 OR "
     "typeof(seq) <> 'integer' OR typeof(customer) NOT IN ('integer', 'null')"},
    {"products", "sku",
     "typeof(sku) <> 'text' OR typeof(name) <> 'text' OR typeof(price) <> 'integer' OR "
     "typeof(currency) <> 'text' OR typeof(available) <> 'integer' OR "
     "typeof(reserved) <> 'integer' OR typeof(shipped) <> 'integer' OR "
     "typeof(received) <> 'integer'"},
    {"stock_ledger", "id",
     "typeof(sku) <> 'text' OR typeof(at) <> 'integer' OR typeof(quantity) <> 'integer' OR "
     "typeof(reason) <> 'text' OR typeof(key) NOT IN ('blob', 'null') OR length(key) <> 16"},
    {"order_counts", "status",
     "typeof(n) <> 'integer' OR (status NOT BETWEEN 0 AND 7 AND status <> 100)"},
};
static_assert(kStatusCount == 8 && kParkedCount == 100);

constexpr RowCheck kBooksRows[] = {
    {"payments", "hex(order_id)", "typeof(order_id) <> 'blob' OR length(order_id) <> 16"},
    {"shipments", "hex(order_id)",
     "typeof(order_id) <> 'blob' OR length(order_id) <> 16 OR attempt < 1"},
};

/// By type and name: the table, and the SQL that made it.
using Schema = std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>>;

Schema schema_of(SqliteConnection& db) {
  Schema schema;
  Statement objects = db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema");
  while (objects.step()) {
    schema[{std::string(objects.text(0)), std::string(objects.text(1))}] = {
        std::string(objects.text(2)), std::string(objects.text(3))};
  }
  return schema;
}

class FileChecks {
 public:
  FileChecks(SqliteConnection& db, const ShopArchive::Report& report)
      : db_(db), name_(std::filesystem::path(db.file()).filename().string()), report_(report) {}

  void check_pages() {
    Statement found = db_.prepare("PRAGMA integrity_check");
    while (found.step()) {
      const std::string_view text = found.text(0);
      if (text == "ok") continue;
      refuse_what_the_disk_did(text);
      say("{}", text);
    }
  }

  std::int64_t check_schema(void (*migrate)(SqliteConnection&)) {
    SqliteConnection empty = SqliteConnection::in_memory();
    migrate(empty);
    const Schema right = schema_of(empty);
    const Schema stored = schema_of(db_);
    for (const auto& [object, made_by] : right) {
      const auto& [type, name] = object;
      const auto at = stored.find(object);
      if (at == stored.end()) {
        say("the {} {} is missing", type, name);
      } else if (at->second != made_by) {
        say("the {} {} is not as orderflow makes it", type, name);
      }
    }
    for (const auto& [object, made_by] : stored) {
      const auto& [type, name] = object;
      if (!right.contains(object)) say("the {} {} is not orderflow's", type, name);
    }
    return std::ssize(right);
  }

  void check_rows(std::span<const RowCheck> checks) {
    for (const RowCheck& check : checks) {
      Statement rows = db_.prepare(
          fmt::format("SELECT {} FROM {} WHERE {}", check.row, check.table, check.wrong));
      while (rows.step()) {
        say("{}, row {}: a column holds what orderflow never writes", check.table, rows.text(0));
      }
    }
  }

  /// That a page could not be read says nothing about what is stored: throws what SQLite has in a text.
  static void refuse_what_the_disk_did(std::string_view text) {
    constexpr std::string_view kBefore = "error code=";
    const std::size_t at = text.find(kBefore);
    if (at == std::string_view::npos) return;
    int code = 0;
    const std::string_view digits = text.substr(at + kBefore.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), code);
    if ((code & 0xFF) == SQLITE_IOERR) throw SqliteError(code, std::string(text));
  }

  template <typename... Args>
  void say(fmt::format_string<Args...> what, Args&&... args) {
    report_(name_ + ": " + fmt::format(what, std::forward<Args>(args)...));
  }

 private:
  SqliteConnection& db_;
  std::string name_;
  const ShopArchive::Report& report_;
};

}  // namespace

std::int64_t check_shop_file(SqliteConnection& db, const ShopArchive::Report& report) {
  FileChecks checks(db, report);
  const std::int64_t objects = checks.check_schema(migrate_shop);
  checks.check_pages();
  checks.check_rows(kShopRows);
  Statement full = db.prepare("SELECT bucket FROM bodies GROUP BY bucket HAVING count(*) > ?1");
  full.bind(1, kOrdersPerBucket);
  while (full.step()) {
    checks.say("bodies: bucket {} holds more than {} orders", full.integer(0), kOrdersPerBucket);
  }
  return objects;
}

std::int64_t check_books_file(SqliteConnection& db, const ShopArchive::Report& report) {
  FileChecks checks(db, report);
  const std::int64_t objects = checks.check_schema(sandbox::migrate_books);
  checks.check_pages();
  checks.check_rows(kBooksRows);
  return objects;
}

}  // namespace orderflow::sqlite
