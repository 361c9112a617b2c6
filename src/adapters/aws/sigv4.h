#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/client/request_text.h"

// AWS Signature Version 4 for requests whose whole body is at hand. Pure: no clock, no environment.
// docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
namespace orderflow {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< empty for the long-lived keys of a user
};

/// The parts of a POST that are signed, as they are sent.
struct SignedRequest {
  std::string_view path;  ///< percent-encoded, without empty or dot segments; there is no query
  /// Those that the signature covers: `host` and `x-amz-date` at least, and `x-amz-security-token`
  /// where there is a session token. Names in lower case, sorted, each once; values without runs of
  /// space.
  std::vector<HttpHeader> headers;
  std::string_view body;
};

/// "20150830T123600Z", the value of x-amz-date.
[[nodiscard]] std::string amz_date(std::chrono::sys_seconds at);

using SigningKey = std::array<std::uint8_t, 32>;
/// `date` is "20150830". The key is valid for that day, region and service only.
[[nodiscard]] SigningKey signing_key(std::string_view secret_access_key, std::string_view date,
                                     std::string_view region, std::string_view service);

/// Signs for one service in one region. Keeps the key of the day, so that a signature costs one
/// HMAC and two digests instead of five HMACs.
class Signer {
 public:
  Signer(std::string region, std::string service)
      : region_(std::move(region)), service_(std::move(service)) {}

  /// The value of the Authorization header. `date` is that of the x-amz-date header.
  [[nodiscard]] std::string authorization(const SignedRequest& request, std::string_view date,
                                          const Credentials& credentials);

 private:
  const SigningKey& key_of(std::string_view day, const std::string& secret_access_key);

  std::string region_;
  std::string service_;
  std::string day_;
  std::string secret_of_key_;
  SigningKey key_{};
};

}  // namespace orderflow
