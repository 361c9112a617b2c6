#include "adapters/aws/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <cstdio>

#include "base/check.h"
#include "base/hex.h"
#include "base/percent.h"

namespace orderflow {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kScopeEnd = "aws4_request";
constexpr std::size_t kDayLetters = 8;

using Digest = std::array<std::uint8_t, SHA256_DIGEST_LENGTH>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Digest hmac(const void* key, std::size_t key_bytes, std::string_view text) {
  Digest digest;
  unsigned int length = 0;
  CHECK(HMAC(EVP_sha256(), key, static_cast<int>(key_bytes), bytes_of(text), text.size(),
             digest.data(), &length) != nullptr);
  return digest;
}

Digest hmac(const Digest& key, std::string_view text) { return hmac(key.data(), key.size(), text); }

void append_sha256(std::string& out, std::string_view text) {
  Digest digest;
  SHA256(bytes_of(text), text.size(), digest.data());
  append_hex(out, digest);
}

std::string names_of(const std::vector<HttpHeader>& headers) {
  std::string names;
  for (const HttpHeader& header : headers) {
    if (!names.empty()) names += ';';
    names += header.name;
  }
  return names;
}

std::string canonical_request(const SignedRequest& request, std::string_view names) {
  std::string out = "POST\n";
  out.reserve(1024);
  // The path is encoded once more than on the wire: "%20" is signed as "%2520". The query is empty.
  append_percent_encoded(out, request.path, "/");
  out.append("\n\n");
  for (const HttpHeader& header : request.headers) {
    out.append(header.name).append(":").append(header.value).append("\n");
  }
  out.append("\n").append(names).append("\n");
  append_sha256(out, request.body);
  return out;
}

}  // namespace

std::string amz_date(std::chrono::sys_seconds at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  char text[48];
  const int length = std::snprintf(
      text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

SigningKey signing_key(std::string_view secret_access_key, std::string_view date,
                       std::string_view region, std::string_view service) {
  const std::string first = std::string("AWS4").append(secret_access_key);
  Digest key = hmac(first.data(), first.size(), date);
  for (const std::string_view part : {region, service, kScopeEnd}) key = hmac(key, part);
  return key;
}

const SigningKey& Signer::key_of(std::string_view day, const std::string& secret_access_key) {
  if (day != day_ || secret_access_key != secret_of_key_) {
    key_ = signing_key(secret_access_key, day, region_, service_);
    day_ = day;
    secret_of_key_ = secret_access_key;
  }
  return key_;
}

std::string Signer::authorization(const SignedRequest& request, std::string_view date,
                                  const Credentials& credentials) {
  const std::string names = names_of(request.headers);
  const std::string_view day = date.substr(0, kDayLetters);

  std::string scope(day);
  for (const std::string_view part :
       {std::string_view(region_), std::string_view(service_), kScopeEnd}) {
    scope.append("/").append(part);
  }
  std::string to_sign(kAlgorithm);
  to_sign.append("\n").append(date).append("\n").append(scope).append("\n");
  append_sha256(to_sign, canonical_request(request, names));

  std::string out(kAlgorithm);
  out.append(" Credential=").append(credentials.access_key_id).append("/").append(scope);
  out.append(", SignedHeaders=").append(names).append(", Signature=");
  append_hex(out, hmac(key_of(day, credentials.secret_access_key), to_sign));
  return out;
}

}  // namespace orderflow
