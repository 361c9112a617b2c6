#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orderflow {

/// Where a server listens.
struct Endpoint {
  bool is_tls = true;
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 443;
  std::string base_path;    ///< percent-encoded, "" or "/prefix"; targets go behind it
  std::string host_header;  ///< with the port where it is not the scheme's own

  /// Reads an http or https URL without user, query and fragment; InvalidInput for anything else.
  [[nodiscard]] static Result<Endpoint> parse(std::string_view url);
};

}  // namespace orderflow
