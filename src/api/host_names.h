#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace orderflow {

/// The names and addresses by which clients reach the service. A request for another name may come
/// from a web page: its owner lets the page's name point to this machine (DNS rebinding), and the
/// browser then takes the service for a part of the page, behind any firewall and on loopback too.
class HostNames {
 public:
  /// The loopback names, the `address` that the service listens on and `names`, which are names and
  /// IP addresses. Where it listens on all addresses (0.0.0.0 or ::), every IP address is one of
  /// them: what a browser resolves is a name.
  HostNames(std::string_view address, std::vector<std::string> names);

  /// Whether a request with this Host is for the service. The parser has checked its form. An empty
  /// one is: browsers always send it.
  [[nodiscard]] bool accept(std::string_view host) const;

 private:
  std::vector<std::string> names_;
  std::vector<boost::asio::ip::address> addresses_;
  bool any_address_;
};

}  // namespace orderflow
