#include "adapters/aws/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstdio>
#include <utility>

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

/// The path without dot segments and empty segments: what every service but S3 signs.
std::string normalized(std::string_view path) {
  std::vector<std::string_view> segments;
  const bool is_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      segments.push_back(segment);
    } else if (!segments.empty()) {
      segments.pop_back();
    }
  }
  std::string out;
  for (const std::string_view segment : segments) out.append("/").append(segment);
  if (is_folder || out.empty()) out += '/';
  return out;
}

void append_query(std::string& out, std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::size_t value = std::min(equals + 1, parameter.size());
    parameters.emplace_back(parameter.substr(0, equals), parameter.substr(value));
  }
  std::sort(parameters.begin(), parameters.end());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (i > 0) out += '&';
    out.append(parameters[i].first).append("=").append(parameters[i].second);
  }
}

/// The value without space around it, and with runs of space as one.
void append_trimmed(std::string& out, std::string_view value) {
  bool pending_space = false;
  const std::size_t begin = out.size();
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      pending_space = out.size() > begin;
      continue;
    }
    if (pending_space) out += ' ';
    pending_space = false;
    out += c;
  }
}

struct Canonical {
  std::string name;
  std::string value;
};

/// Lower case, sorted by name; the values of one name stay in their order, joined by commas.
std::vector<Canonical> canonical_headers(const std::vector<HttpHeader>& headers) {
  std::vector<Canonical> canonical;
  canonical.reserve(headers.size());
  for (const HttpHeader& header : headers) {
    Canonical& entry = canonical.emplace_back();
    entry.name = header.name;
    for (char& c : entry.name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    append_trimmed(entry.value, header.value);
  }
  std::stable_sort(canonical.begin(), canonical.end(),
                   [](const Canonical& a, const Canonical& b) { return a.name < b.name; });
  std::vector<Canonical> joined;
  joined.reserve(canonical.size());
  for (Canonical& entry : canonical) {
    if (!joined.empty() && joined.back().name == entry.name) {
      joined.back().value.append(",").append(entry.value);
    } else {
      joined.push_back(std::move(entry));
    }
  }
  return joined;
}

std::string names_of(const std::vector<Canonical>& headers) {
  std::string names;
  for (const Canonical& header : headers) {
    if (!names.empty()) names += ';';
    names += header.name;
  }
  return names;
}

std::string canonical_request(const SignedRequest& request, const std::vector<Canonical>& headers,
                              std::string_view names) {
  std::string out;
  out.reserve(1024);
  out.append(request.method).append("\n");
  // The path is encoded once more than on the wire: "%20" is signed as "%2520".
  append_percent_encoded(out, normalized(request.path), "/");
  out += '\n';
  append_query(out, request.query);
  out += '\n';
  for (const Canonical& header : headers) {
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

std::string canonical_request(const SignedRequest& request) {
  const std::vector<Canonical> headers = canonical_headers(request.headers);
  return canonical_request(request, headers, names_of(headers));
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
  const std::vector<Canonical> headers = canonical_headers(request.headers);
  const std::string names = names_of(headers);
  const std::string_view day = date.substr(0, kDayLetters);

  std::string scope(day);
  for (const std::string_view part :
       {std::string_view(region_), std::string_view(service_), kScopeEnd}) {
    scope.append("/").append(part);
  }
  std::string to_sign(kAlgorithm);
  to_sign.append("\n").append(date).append("\n").append(scope).append("\n");
  append_sha256(to_sign, canonical_request(request, headers, names));

  std::string out(kAlgorithm);
  out.append(" Credential=").append(credentials.access_key_id).append("/").append(scope);
  out.append(", SignedHeaders=").append(names).append(", Signature=");
  append_hex(out, hmac(key_of(day, credentials.secret_access_key), to_sign));
  return out;
}

}  // namespace orderflow
