#include "http/client/endpoint.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace orderflow {
namespace {

std::string text_of(const auto& text) { return {text.data(), text.size()}; }

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(url);
  // The detail does not quote the URL, which may hold a password.
  const auto refused = [] {
    return failure(ErrorCode::InvalidInput, "not an http or https URL of a host");
  };
  if (!parsed || parsed->encoded_host().empty() || parsed->has_userinfo() || parsed->has_query() ||
      parsed->has_fragment()) {
    return refused();
  }
  // Boost.URL 1.81 reads "127.0.0.1.example.com" as an address and the path ".example.com".
  const std::string path = text_of(parsed->encoded_path());
  if (!path.empty() && path.front() != '/') return refused();
  Endpoint endpoint;
  endpoint.is_tls = parsed->scheme_id() == boost::urls::scheme::https;
  if (!endpoint.is_tls && parsed->scheme_id() != boost::urls::scheme::http) return refused();
  endpoint.port = endpoint.is_tls ? 443 : 80;
  endpoint.host = parsed->host_address();
  endpoint.host_header = text_of(parsed->encoded_host());
  if (parsed->has_port() && !parsed->port().empty()) {
    const std::uint16_t scheme_port = endpoint.port;
    // Boost's port_number() wraps around above 65535.
    const std::string digits = text_of(parsed->port());
    const char* const end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, endpoint.port) != std::from_chars_result{end, {}} ||
        endpoint.port == 0) {
      return refused();
    }
    if (endpoint.port != scheme_port) {
      endpoint.host_header.append(":").append(std::to_string(endpoint.port));
    }
  }
  endpoint.base_path = path;
  while (endpoint.base_path.ends_with('/')) endpoint.base_path.pop_back();
  return endpoint;
}

}  // namespace orderflow
