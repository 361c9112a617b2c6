#include "api/request_parts.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <charconv>

#include "api/problem.h"
#include "base/limits.h"
#include "http/list_header.h"

namespace orderflow {
namespace {

using boost::beast::iequals;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Whether the media type (RFC 9110, 8.3.1) is application/json, in UTF-8 if it names a charset.
bool is_json_in_utf8(std::string_view content_type) {
  std::size_t end = content_type.find(';');
  if (!iequals(trim(content_type.substr(0, end)), "application/json")) return false;
  while (end != std::string_view::npos) {
    content_type.remove_prefix(end + 1);
    end = content_type.find(';');
    const std::string_view parameter = trim(content_type.substr(0, end));
    const std::size_t equals = parameter.find('=');
    if (!iequals(parameter.substr(0, equals), "charset")) continue;
    if (equals == std::string_view::npos) return false;
    std::string_view charset = parameter.substr(equals + 1);
    if (charset.size() >= 2 && charset.starts_with('"') && charset.ends_with('"')) {
      charset = charset.substr(1, charset.size() - 2);
    }
    // ASCII is a part of UTF-8; "utf8" is what many clients call it.
    const bool known =
        std::ranges::any_of(std::array{"utf-8", "utf8", "us-ascii"},
                            [charset](std::string_view name) { return iequals(charset, name); });
    if (!known) return false;
  }
  return true;
}

bool has_comma_outside_quotes(std::string_view text) {
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) return true;
  }
  return false;
}

}  // namespace

Part<JsonDocument> read_json(const HttpRequest& request) {
  auto document = JsonDocument::parse(request.body);
  if (document) return std::move(*document);
  const JsonError& error = document.error();
  return std::unexpected(problem_response(
      Problem::InvalidJson, "The body is not a valid JSON object: " + error.problem + ", at byte " +
                                std::to_string(error.offset) + " (line " +
                                std::to_string(error.line) + ", column " +
                                std::to_string(error.column) + ")."));
}

Part<std::optional<std::string_view>> read_idempotency_key(const HttpRequest& request) {
  const auto refused = [](std::string_view detail) {
    return std::unexpected(problem_response(Problem::InvalidIdempotencyKey, detail));
  };
  const auto& keys = request.idempotency_keys;
  if (keys.empty()) return std::nullopt;
  if (keys.size() > 1) return refused("The header was sent more than once.");
  const std::string_view key = keys.front();
  if (key.empty()) return refused("The header is empty.");
  if (key.size() > kIdempotencyKeyBytesMax) {
    return refused("It is longer than " + std::to_string(kIdempotencyKeyBytesMax) + " characters.");
  }
  const bool printable = std::ranges::all_of(key, [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable) return refused("It contains characters other than printable ASCII.");
  // A proxy and API Gateway may join the lines of one header (RFC 9110, 5.3), so this is two keys.
  if (has_comma_outside_quotes(key)) {
    return refused(
        "It contains a comma outside of double quotes: the header was sent more than once.");
  }
  return key;
}

Part<OrderId> read_order_id(const ApiCall& call) {
  const auto id = OrderId::parse(call.target.segment(1));
  if (!id) return std::unexpected(problem_response(Problem::NotFound, "There is no such order."));
  return *id;
}

Part<std::int64_t> read_limit(const ApiCall& call) {
  const auto text = call.target.parameter("limit");
  if (!text) return kPageLimitDefault;
  std::int64_t limit = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, limit);
  if (parsed.ec != std::errc() || parsed.ptr != end || limit < 1 || limit > kPageLimitMax) {
    return std::unexpected(
        bad_parameter("limit", "must be an integer from 1 to " + std::to_string(kPageLimitMax)));
  }
  return limit;
}

Part<std::string> read_cursor(const ApiCall& call) {
  const auto text = call.target.parameter("cursor");
  if (!text) return std::string();
  if (text->empty()) return std::unexpected(bad_parameter("cursor", "must not be empty"));
  return std::string(*text);
}

HttpResponse bad_parameter(std::string_view name, std::string_view detail) {
  std::string text = "The query parameter `";
  text.append(name).append("` ").append(detail).append(".");
  return problem_response(Problem::InvalidParameter, text);
}

std::optional<HttpResponse> refuse_media_type(const HttpRequest& request) {
  if (!lists_only(request.content_encoding.value_or(""), "identity")) {
    auto response = problem_response(Problem::UnsupportedMediaType,
                                     "The body must not have a Content-Encoding.");
    response.headers.emplace_back("Accept-Encoding", "identity");
    return response;
  }
  if (request.content_type && is_json_in_utf8(*request.content_type)) return std::nullopt;
  auto response = problem_response(Problem::UnsupportedMediaType,
                                   "The Content-Type must be application/json, in UTF-8.");
  response.headers.emplace_back("Accept", "application/json");
  return response;
}

bool bears_token(std::optional<std::string_view> authorization, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization || token.empty()) return false;
  if (!iequals(authorization->substr(0, kScheme.size()), kScheme)) return false;
  const std::string_view sent = trim(authorization->substr(kScheme.size()));
  return sent.size() == token.size() && CRYPTO_memcmp(sent.data(), token.data(), sent.size()) == 0;
}

}  // namespace orderflow
