#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace orderflow::aws {

/// Whose certificates are believed: a few roots from memory, and a bundle from a file that is read
/// only once those did not suffice. The system's whole bundle costs 17 ms to read, which a cold
/// start would pay for nothing: the services of AWS chain to five roots.
class TlsTrust {
 public:
  /// The first of `bundle_paths` that can be read is the bundle.
  TlsTrust(std::string_view roots_pem, std::vector<std::string> bundle_paths);
  ~TlsTrust();

  /// The Amazon roots and the system's bundle; or `ca_bundle` alone.
  [[nodiscard]] static std::shared_ptr<TlsTrust> standard(
      const std::optional<std::string>& ca_bundle);

  /// For clients of TLS 1.2 or later that verify; the host's name is the connection's business.
  [[nodiscard]] boost::asio::ssl::context& context() { return *context_; }

  [[nodiscard]] bool has_bundle() const { return has_bundle_; }
  /// True once the bundle is trusted as well.
  bool load_bundle();

 private:
  std::unique_ptr<boost::asio::ssl::context> context_;
  std::vector<std::string> bundle_paths_;
  bool has_bundle_ = false;
};

}  // namespace orderflow::aws
