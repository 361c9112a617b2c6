#include "api/host_names.h"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/beast/core/string.hpp>
#include <optional>

namespace orderflow {
namespace {

using boost::asio::ip::address;

std::optional<address> read_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  boost::system::error_code ec;
  const auto read = boost::asio::ip::make_address(text, ec);
  if (ec) return std::nullopt;
  return read;
}

/// Without the port and without the dot at the end of a full name: "[::1]", "shop.example.com".
std::string_view name_in(std::string_view host) {
  const auto end = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  host = host.substr(0, end);
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace

HostNames::HostNames(std::string_view address, std::vector<std::string> names)
    : addresses_{boost::asio::ip::address_v4::loopback(), boost::asio::ip::address_v6::loopback()} {
  names.emplace_back("localhost");
  names.emplace_back(address);
  for (std::string& name : names) {
    if (name.ends_with('.')) name.pop_back();
    if (const auto ip = read_address(name)) {
      addresses_.push_back(*ip);
    } else {
      names_.push_back(std::move(name));
    }
  }
  const auto listens_on = read_address(address);
  any_address_ = listens_on && listens_on->is_unspecified();
}

bool HostNames::accept(std::string_view host) const {
  if (host.empty()) return true;
  const std::string_view name = name_in(host);
  const auto same = [name](std::string_view own) { return boost::beast::iequals(own, name); };
  if (std::ranges::any_of(names_, same)) return true;
  const auto ip = read_address(name);
  return ip && (any_address_ || std::ranges::find(addresses_, *ip) != addresses_.end());
}

}  // namespace orderflow
