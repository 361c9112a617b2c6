#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/aws/client.h"
#include "base/result.h"

namespace orderflow::aws {

/// Where a service listens.
struct Endpoint {
  bool is_tls = true;
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 443;
  std::string base_path;    ///< percent-encoded, "" or "/prefix"; targets go behind it
  std::string host_header;  ///< with the port where it is not the scheme's own

  /// Reads an http or https URL without user, query and fragment; InvalidInput for anything else.
  [[nodiscard]] static Result<Endpoint> parse(std::string_view url);
};

/// The names of a service in endpoints and in signatures, and its JSON protocol.
struct ServiceNames {
  std::string_view signing;
  std::string_view content_type;
};
[[nodiscard]] ServiceNames names_of(Service service);

/// What `settings` say about the service, or else its public endpoint in their region.
[[nodiscard]] Result<Endpoint> endpoint_of(Service service, const Settings& settings);

}  // namespace orderflow::aws
