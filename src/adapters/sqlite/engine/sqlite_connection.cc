#include "adapters/sqlite/engine/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace orderflow::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

[[noreturn]] void fail(sqlite3* db, int code) {
  throw SqliteError(code, db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

void check(sqlite3_stmt* statement, int code) {
  if (code != SQLITE_OK) [[unlikely]]
    fail(sqlite3_db_handle(statement), code);
}

/// SQLite makes a new file with the permissions of the process; this one holds personal data.
void create_private(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw SqliteError(SQLITE_CANTOPEN, file.string() + ": " + std::strerror(errno));
  ::close(fd);
}

}  // namespace

Error SqliteError::error() const {
  switch (code_ & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::StorageFull, "the disk is full"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
      return {ErrorCode::Corrupt, detail_};
    default:
      return {ErrorCode::Unavailable, detail_};
  }
}

Statement::Statement(sqlite3* db, std::string_view sql) {
  const int code = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) fail(db, code);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int index, std::int64_t value) {
  check(statement_, sqlite3_bind_int64(statement_, index, value));
  return *this;
}

Statement& Statement::bind_text(int index, std::string_view text) {
  check(statement_, sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()),
                                      SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_blob(int index, std::span<const std::uint8_t> bytes) {
  check(statement_, sqlite3_bind_blob(statement_, index, bytes.data(),
                                      static_cast<int>(bytes.size()), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  return bind_blob(index, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

Statement& Statement::bind_null(int index) {
  check(statement_, sqlite3_bind_null(statement_, index));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* db = sqlite3_db_handle(statement_);
  const SqliteError error(code, sqlite3_errmsg(db));
  sqlite3_reset(statement_);
  throw error;
}

void Statement::reset() { sqlite3_reset(statement_); }

void Statement::run() {
  step();
  reset();
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return text != nullptr ? std::string_view(text, bytes) : std::string_view();
}

std::span<const std::uint8_t> Statement::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Statement::bytes(int column) const {
  const auto column_bytes = blob(column);
  return {reinterpret_cast<const char*>(column_bytes.data()), column_bytes.size()};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

SqliteConnection::SqliteConnection(const std::filesystem::path& file, const OpenOptions& options) {
  // Without this SQLite counts the bytes of every allocation, under one lock for all threads.
  static const int not_counted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)not_counted;
  if (!options.read_only) create_private(file);
  const int flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK) throw SqliteError(code, file.string() + ": " + sqlite3_errmsg(db));
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  if (!options.read_only) {
    execute("PRAGMA journal_mode=WAL");
    execute(options.durability == Durability::Full ? "PRAGMA synchronous=FULL"
                                                   : "PRAGMA synchronous=NORMAL");
    execute(("PRAGMA wal_autocheckpoint=" + std::to_string(options.checkpoint_pages)).c_str());
  }
  execute(("PRAGMA cache_size=-" + std::to_string(options.cache_kib)).c_str());
  execute("PRAGMA temp_store=MEMORY");
}

void SqliteConnection::Close::operator()(sqlite3* db) const { sqlite3_close(db); }

void SqliteConnection::execute(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(db_.get(), code);
}

std::int64_t SqliteConnection::changes() const { return sqlite3_changes64(db_.get()); }

bool SqliteConnection::read_only() const { return sqlite3_db_readonly(db_.get(), "main") == 1; }

void SqliteConnection::roll_back() {
  if (sqlite3_get_autocommit(db_.get()) == 0)
    sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace orderflow::sqlite
