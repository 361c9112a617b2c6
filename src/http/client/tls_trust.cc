#include "http/client/tls_trust.h"

#include <boost/asio/buffer.hpp>

namespace orderflow {

namespace ssl = boost::asio::ssl;

TlsTrust::TlsTrust(std::string_view roots_pem, std::vector<std::string> bundle_paths)
    : bundle_paths_(std::move(bundle_paths)) {
  SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
  context_.set_verify_mode(ssl::verify_peer);
  if (!roots_pem.empty()) {
    context_.add_certificate_authority(boost::asio::buffer(roots_pem.data(), roots_pem.size()));
  }
}

std::vector<std::string> TlsTrust::system_bundles() {
  return {"/etc/ssl/certs/ca-certificates.crt",  // Debian, Alpine
          "/etc/pki/tls/certs/ca-bundle.crt",    // Amazon Linux, Fedora
          "/etc/ssl/cert.pem"};
}

bool TlsTrust::load_bundle() {
  for (const std::string& path : bundle_paths_) {
    if (has_bundle_) break;
    boost::system::error_code error;
    context_.load_verify_file(path, error);
    has_bundle_ = !error;
  }
  return has_bundle_;
}

}  // namespace orderflow
