#pragma once

#include <string_view>

namespace orderflow::aws {

/// The roots that the certificates of AWS services chain to: Amazon Root CA 1 to 4 and Starfield
/// Services Root G2. None expires before the end of 2037.
extern const std::string_view kAmazonRootsPem;

}  // namespace orderflow::aws
