#pragma once

#include <string>
#include <string_view>

namespace orderflow {

/// What two spellings of one SKU have in common: letter case, the width of characters and white space
/// around it do not count (Unicode, NFKC_Casefold). `sku` is valid UTF-8.
[[nodiscard]] std::string sku_key(std::string_view sku);

}  // namespace orderflow
