#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace orderflow {

/// Which certificate authorities a client trusts: some roots from memory, and a bundle from a file,
/// which is read only after a server's certificate did not chain to those roots. Reading the
/// system's whole bundle takes 17 ms, which a cold start should not pay where a few roots suffice.
class TlsTrust {
 public:
  /// `roots_pem` may be empty. The bundle is the first of `bundle_paths` that can be read.
  TlsTrust(std::string_view roots_pem, std::vector<std::string> bundle_paths);

  /// Where the systems that we know keep their bundle.
  [[nodiscard]] static std::vector<std::string> system_bundles();

  /// Verifies the chain, from TLS 1.2 on; HttpClientConnection adds the check of the host name.
  [[nodiscard]] boost::asio::ssl::context& context() { return context_; }

  [[nodiscard]] bool has_bundle() const { return has_bundle_; }
  /// True once a bundle is trusted, too; false where none can be read.
  bool load_bundle();

 private:
  boost::asio::ssl::context context_{boost::asio::ssl::context::tls_client};
  std::vector<std::string> bundle_paths_;
  bool has_bundle_ = false;
};

}  // namespace orderflow
