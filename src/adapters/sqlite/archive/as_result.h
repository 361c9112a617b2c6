#pragma once

#include "adapters/sqlite/engine/sqlite_connection.h"

namespace orderflow::sqlite {

/// Calls `f`, which returns a Result, and returns what it throws as SqliteError as an error.
template <typename F>
auto as_result(F f) -> decltype(f()) {
  try {
    return f();
  } catch (const SqliteError& error) {
    return std::unexpected(error.error());
  }
}

}  // namespace orderflow::sqlite
