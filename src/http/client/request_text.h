#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orderflow {

struct HttpHeader {
  std::string_view name;
  std::string_view value;
};

/// An HTTP/1.1 request as it goes over the wire. The content-length is added; neither `target` nor
/// a header may hold CR or LF.
[[nodiscard]] std::string request_text(std::string_view method, std::string_view target,
                                       const std::vector<HttpHeader>& headers,
                                       std::string_view body);

/// False for control characters, which include those that would end the header line.
[[nodiscard]] bool is_header_value(std::string_view text);

}  // namespace orderflow
