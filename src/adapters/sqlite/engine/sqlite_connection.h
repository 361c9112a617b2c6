#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orderflow::sqlite {

/// What SQLite reported, with the name of the file. SqliteConnection and Statement throw it;
/// DatabaseThread and as_result() make an Error of it.
class SqliteError {
 public:
  SqliteError(int code, std::string detail) : code_(code), detail_(std::move(detail)) {}
  /// FULL, also a write beyond a quota or a limit of file sizes, is StorageFull; CORRUPT, NOTADB and
  /// MISMATCH are Corrupt; all else (BUSY, IOERR) Unavailable.
  [[nodiscard]] Error error() const;

 private:
  int code_;
  std::string detail_;
};

/// Calls `f`, which returns a Result, and returns what it throws as SqliteError as an error.
template <typename F>
auto as_result(F f) -> decltype(f()) {
  try {
    return f();
  } catch (const SqliteError& error) {
    return std::unexpected(error.error());
  }
}

/// One prepared statement. Bind from 1, step, read columns from 0; reset() before the next use.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* db, std::string_view sql);
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }
  ~Statement();

  Statement& bind(int index, std::int64_t value);
  /// The bytes are not copied: they must stay until the next reset().
  Statement& bind_text(int index, std::string_view text);
  Statement& bind_blob(int index, std::span<const std::uint8_t> bytes);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_null(int index);

  /// True if there is a row to read, false at the end.
  bool step();
  void reset();
  /// Steps a statement that gives no rows, and resets it.
  void run();

  [[nodiscard]] std::int64_t integer(int column) const;
  /// Valid until the next step or reset.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;
  /// The same as a string_view.
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
};

/// Resets a statement at the end of a scope, whatever happened in it.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

enum class Durability {
  /// synchronous=FULL: a commit is on disk when it returns.
  Full,
  /// synchronous=NORMAL: a commit survives the end of the process; a power cut may take the last
  /// ones. The log is synced only before it is copied into the database file.
  Normal,
};

struct OpenOptions {
  bool read_only = false;
  /// Read-only, of a file that does not change while it is open and has no log: it is read without
  /// locks, and nothing is made beside it. For a folder that this process cannot write.
  bool immutable = false;
  Durability durability = Durability::Full;
  int cache_kib = 16 * 1024;
  /// A commit after which the log has at least this many pages copies it into the database file.
  int checkpoint_pages = 1'000;
};

/// One connection to a database file in WAL mode; a new file has mode 0600. For one thread at a
/// time.
class SqliteConnection {
 public:
  SqliteConnection(const std::filesystem::path& file, const OpenOptions& options);
  /// An empty database that lives as long as the connection.
  [[nodiscard]] static SqliteConnection in_memory();
  void execute(const char* sql);
  [[nodiscard]] Statement prepare(std::string_view sql) { return {db_.get(), sql}; }
  /// How many rows the last INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] bool read_only() const;
  [[nodiscard]] std::string file() const;  ///< for a person
  /// The version of the schema, which the file's header holds. 0 in an empty database.
  [[nodiscard]] std::int64_t user_version();
  void set_user_version(std::int64_t version);
  /// Commits a page that stays as it is, without waiting for a lock. Throws where that fails.
  void try_write();
  /// Ends the transaction, unless SQLite has already done so itself.
  void roll_back();

 private:
  SqliteConnection() = default;
  struct Close {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace orderflow::sqlite
