#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/client/tls_trust.h"

namespace orderflow {

/// The roots that the certificates of AWS services chain to: Amazon Root CA 1 to 4 and Starfield
/// Services Root G2. None expires before the end of 2037.
extern const std::string_view kAmazonRootsPem;

/// Trusts the Amazon roots and, where those do not suffice, the system's bundle; or `ca_bundle`
/// alone.
[[nodiscard]] std::shared_ptr<TlsTrust> aws_trust(const std::optional<std::string>& ca_bundle);

}  // namespace orderflow
