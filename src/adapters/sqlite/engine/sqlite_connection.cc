#include "adapters/sqlite/engine/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/percent.h"

namespace orderflow::sqlite {
namespace {

constexpr std::int64_t kPageBytes = 4'096;  // SQLite's default
constexpr int kBusyTimeoutMs = 5'000;

std::string file_of(sqlite3* db) {
  const char* file = sqlite3_db_filename(db, "main");
  return file != nullptr && *file != '\0' ? file : "the database";
}

/// The errno of the last call that failed on the database file or on its log, which
/// sqlite3_system_errno() does not know of where a COMMIT fails; 0 where it is not known.
int system_error(sqlite3* db, int code) {
  int error = 0;
  if ((code & 0xff) == SQLITE_CANTOPEN) return sqlite3_system_errno(db);
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    if (error == 0 && sqlite3_file_control(db, "main", which, &file) == SQLITE_OK &&
        file != nullptr && file->pMethods != nullptr) {
      file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
    }
  }
  return error != 0 ? error : sqlite3_system_errno(db);
}

/// What went wrong last, as "/data/orderflow.db: unable to open database file: Permission denied".
/// A write beyond a limit of file sizes (ulimit -f) or a quota finds no room, which SQLite says of a
/// full device only.
SqliteError last_error(sqlite3* db, int code, const std::string& file) {
  std::string text = file + ": " + (db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
  const int primary = code & 0xff;
  if (db == nullptr || (primary != SQLITE_CANTOPEN && primary != SQLITE_IOERR)) {
    return {code, std::move(text)};
  }
  const int reason = system_error(db, code);
  if (reason != 0) text.append(": ").append(std::strerror(reason));
  const bool no_room =
      sqlite3_extended_errcode(db) == SQLITE_IOERR_WRITE && (reason == EFBIG || reason == EDQUOT);
  return {no_room ? SQLITE_FULL : code, std::move(text)};
}

[[noreturn]] void fail(sqlite3* db, int code) { throw last_error(db, code, file_of(db)); }

void check(sqlite3_stmt* statement, int code) {
  if (code != SQLITE_OK) [[unlikely]]
    fail(sqlite3_db_handle(statement), code);
}

/// SQLite makes a new file with the permissions of the process; this one holds personal data. A file
/// that is there must not be opened here: closing any descriptor of a file drops all locks that the
/// process has on it, those of its other connections too (https://sqlite.org/howtocorrupt.html,
/// 2.2). Another process would then take itself for the last user and delete the log.
void create_if_missing(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::close(fd);
  } else if (errno != EEXIST) {
    throw SqliteError(SQLITE_CANTOPEN, file.string() + ": " + std::strerror(errno));
  }
}

/// The name of a file that nothing changes: SQLite then takes no locks and makes no files beside it.
std::string immutable_name(const std::filesystem::path& file) {
  std::string name = "file:";
  append_percent_encoded(name, std::filesystem::absolute(file).string(), "/");
  return name + "?immutable=1";
}

}  // namespace

Error SqliteError::error() const {
  switch (code_ & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::StorageFull, detail_};
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
  const SqliteError error = last_error(db, code, file_of(db));
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
  if (!options.read_only) create_if_missing(file);
  int flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.immutable) flags |= SQLITE_OPEN_URI;
  const std::string name = options.immutable ? immutable_name(file) : file.string();
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK) throw last_error(db, code, file.string());
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  if (!options.read_only) {
    execute("PRAGMA journal_mode=WAL");
    execute(options.durability == Durability::Full ? "PRAGMA synchronous=FULL"
                                                   : "PRAGMA synchronous=NORMAL");
    execute(("PRAGMA wal_autocheckpoint=" + std::to_string(options.checkpoint_pages)).c_str());
    // A log that grew while another process read is cut when SQLite starts it again.
    const auto log_bytes = std::int64_t{2} * options.checkpoint_pages * kPageBytes;
    execute(("PRAGMA journal_size_limit=" + std::to_string(log_bytes)).c_str());
  }
  execute(("PRAGMA cache_size=-" + std::to_string(options.cache_kib)).c_str());
  execute("PRAGMA temp_store=MEMORY");
}

SqliteConnection SqliteConnection::in_memory() {
  SqliteConnection connection;
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection.db_.reset(db);
  if (code != SQLITE_OK) throw last_error(db, code, ":memory:");
  return connection;
}

void SqliteConnection::Close::operator()(sqlite3* db) const { sqlite3_close(db); }

void SqliteConnection::execute(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(db_.get(), code);
}

std::int64_t SqliteConnection::changes() const { return sqlite3_changes64(db_.get()); }

bool SqliteConnection::read_only() const { return sqlite3_db_readonly(db_.get(), "main") == 1; }

std::string SqliteConnection::file() const { return file_of(db_.get()); }

void SqliteConnection::try_write() {
  sqlite3_busy_timeout(db_.get(), 0);
  try {
    execute("BEGIN IMMEDIATE");
    set_user_version(user_version());  // writes a page, whatever the version is
    execute("COMMIT");
  } catch (const SqliteError&) {
    roll_back();
    sqlite3_busy_timeout(db_.get(), kBusyTimeoutMs);
    throw;
  }
  sqlite3_busy_timeout(db_.get(), kBusyTimeoutMs);
}

std::int64_t SqliteConnection::user_version() {
  Statement statement = prepare("PRAGMA user_version");
  statement.step();
  return statement.integer(0);
}

void SqliteConnection::set_user_version(std::int64_t version) {
  execute(("PRAGMA user_version = " + std::to_string(version)).c_str());
}

void SqliteConnection::roll_back() {
  if (sqlite3_get_autocommit(db_.get()) == 0)
    sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace orderflow::sqlite
