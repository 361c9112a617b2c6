#include "order/model/sku_key.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/utf8.h"

namespace orderflow {
namespace {

std::string fold(std::string_view text) {
  constexpr auto kOptions = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  utf8proc_uint8_t* folded = nullptr;
  const utf8proc_ssize_t length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &folded, kOptions);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(folded, &std::free);
  if (length < 0) return std::string(text);  // not UTF-8, or no memory
  return {reinterpret_cast<const char*>(folded), static_cast<std::size_t>(length)};
}

}  // namespace

std::string sku_key(std::string_view sku) {
  const std::string folded = fold(sku);
  std::string_view left = folded;
  std::size_t begin = folded.size();
  std::size_t end = 0;
  while (!left.empty()) {
    const std::size_t at = folded.size() - left.size();
    if (is_space_or_control(take_character(left))) continue;
    begin = std::min(begin, at);
    end = folded.size() - left.size();
  }
  return begin < end ? folded.substr(begin, end - begin) : std::string();
}

}  // namespace orderflow
