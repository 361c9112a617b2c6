#include "http/client/request_text.h"

namespace orderflow {

std::string request_text(std::string_view method, std::string_view target,
                         const std::vector<HttpHeader>& headers, std::string_view body) {
  std::string text;
  text.reserve(512 + body.size());
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  for (const HttpHeader& header : headers) {
    text.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  // A GET without a body has no length; a PUT or POST without one has length 0.
  if (!body.empty() || method != "GET") {
    text.append("content-length: ").append(std::to_string(body.size())).append("\r\n");
  }
  text.append("\r\n").append(body);
  return text;
}

bool is_header_value(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

}  // namespace orderflow
