#include "http/server/http_parser.h"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/beast/core/string.hpp>
#include <cctype>
#include <charconv>
#include <cstring>

#include "base/hex.h"
#include "base/limits.h"
#include "http/list_header.h"

namespace orderflow {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t kRequestIdBytesMax = 64;
constexpr std::size_t kChunkExtensionBytesMax = 1024;
constexpr std::string_view kVersionAndLineEnd = " HTTP/1.1\r\n";

constexpr HttpProblem kMalformed{400, "malformed_request", "The request is not HTTP/1.1."};
constexpr HttpProblem kBadRequestLine{400, "malformed_request",
                                      "The request line is not 'METHOD target HTTP/1.1'."};
constexpr HttpProblem kBadHeader{400, "malformed_request", "A header field is malformed."};
constexpr HttpProblem kBareLineFeed{400, "malformed_request", "A line does not end in CR LF."};
constexpr HttpProblem kFolded{400, "malformed_request", "A header is folded over several lines."};
constexpr HttpProblem kBadHost{400, "malformed_request",
                               "There must be one Host header: a name or an address, and a port "
                               "where it is not 80."};
constexpr HttpProblem kDoubledContentType{400, "malformed_request",
                                          "The header Content-Type was sent more than once."};
constexpr HttpProblem kDoubledAuthorization{400, "malformed_request",
                                            "The header Authorization was sent more than once."};
constexpr HttpProblem kBadLength{400, "malformed_request", "The length of the body is not clear."};
constexpr HttpProblem kBodyTooLarge{413, "body_too_large", "The body has more than 256 KiB."};
constexpr HttpProblem kUnknownCoding{501, "transfer_encoding_unsupported",
                                     "The only supported transfer coding is 'chunked'."};
constexpr HttpProblem kUnknownExpectation{417, "expectation_failed",
                                          "The only supported expectation is '100-continue'."};

// Named in the texts.
static_assert(kBodyBytesMax == 256 * 1024 && kUriBytesMax == 8 * 1024 &&
              kHeaderBytesMax == 16 * 1024);

const HttpProblem& problem_of(boost::beast::error_code ec) {
  switch (static_cast<beast_http::error>(ec.value())) {
    case beast_http::error::bad_method:
    case beast_http::error::bad_target:
    case beast_http::error::bad_version:
      return kBadRequestLine;
    case beast_http::error::bad_line_ending:
      return kBareLineFeed;
    case beast_http::error::bad_field:
    case beast_http::error::bad_value:
      return kBadHeader;
    case beast_http::error::bad_content_length:
    case beast_http::error::multiple_content_length:
    case beast_http::error::bad_transfer_encoding:
      return kBadLength;
    case beast_http::error::bad_chunk:
    case beast_http::error::bad_chunk_extension:
      return kBadChunk;
    case beast_http::error::body_limit:
      return kBodyTooLarge;
    case beast_http::error::header_limit:
      return kHeadersTooLarge;
    default:
      return kMalformed;
  }
}

std::string_view method_name(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
    case beast_http::verb::post:
    case beast_http::verb::put:
    case beast_http::verb::head:
    case beast_http::verb::delete_:
    case beast_http::verb::patch:
    case beast_http::verb::options:
      return beast_http::to_string(verb);
    default:
      return "OTHER";
  }
}

bool has_bare_line_feed(std::string_view text) {
  for (auto at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
}

/// True where the value does not follow its name on the same line (RFC 9112, 5.2). Beast accepts
/// folded values: it joins their lines in a buffer of its own, so the value lies elsewhere, or skips
/// the line end of an empty first line, so a CR lies between name and value.
bool is_folded(std::string_view name, std::string_view value) {
  const char* const from = name.data() + name.size();
  const auto gap =
      reinterpret_cast<std::uintptr_t>(value.data()) - reinterpret_cast<std::uintptr_t>(from);
  return gap > kHeaderBytesMax || std::memchr(from, '\r', gap) != nullptr;
}

bool is_request_id(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !text.empty() && text.size() <= kRequestIdBytesMax && std::ranges::all_of(text, plain);
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return text.empty() ||
         (error == std::errc() && end == text.data() + text.size() && port <= 65535);
}

bool is_ip_literal(std::string_view text) {
  constexpr std::string_view kLetters = "0123456789abcdefABCDEF:.";
  if (text.find_first_not_of(kLetters) != text.npos) return false;
  boost::system::error_code ec;
  boost::asio::ip::make_address_v6(text, ec);
  return !ec;
}

/// A host and, optionally, a port (RFC 9110, 7.2; RFC 3986, 3.2.2): a name, an IPv4 address, or an
/// IPv6 address in brackets. Nothing at all is valid, too: a target without an authority has none. A
/// comma, which the grammar allows in a name, is refused: it would split the header in two.
bool is_host(std::string_view text) {
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == text.npos || !is_ip_literal(text.substr(1, end - 1))) return false;
    ++end;
  }
  const std::string_view name = text.substr(0, end);
  const std::string_view rest = end < text.size() ? text.substr(end) : std::string_view();
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return false;
  if (name.starts_with('[')) return true;
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+;=";
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%') {
      if (i + 2 >= name.size() || hex_value(name[i + 1]) < 0 || hex_value(name[i + 2]) < 0) {
        return false;
      }
      i += 2;
    } else if (kLetters.find(name[i]) == kLetters.npos) {
      return false;
    }
  }
  return true;
}

/// The path and query of a target in absolute form, "http://host/path", which a server must accept
/// (RFC 9112, 3.2.2). Empty where its host is malformed. Sets `host` where there is one.
std::string_view origin_form(std::string_view target, std::string_view& host) {
  constexpr std::string_view kScheme = "http://";
  if (!boost::beast::iequals(target.substr(0, kScheme.size()), kScheme)) return target;
  target.remove_prefix(kScheme.size());
  const auto path = target.find_first_of("/?");
  host = target.substr(0, path);
  if (!is_host(host)) return {};
  return path == target.npos ? "/" : target.substr(path);
}

/// Unless "chunked" is the last coding and occurs once, the end of the body is unknown: 400. A coding
/// before it that we do not support is 501 (RFC 9112, 6.1 and 6.3).
const HttpProblem& problem_of_coding(std::string_view codings) {
  constexpr std::string_view kChunked = "chunked";
  const auto last = codings.find_last_of(", \t");
  const auto final_coding = last == codings.npos ? codings : codings.substr(last + 1);
  const auto before = codings.substr(0, codings.size() - final_coding.size());
  const bool ends_chunked = boost::beast::iequals(final_coding, kChunked);
  const auto other = std::ranges::search(before, kChunked, [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  });
  const bool twice = !other.empty();
  return ends_chunked && !twice ? kUnknownCoding : kBadLength;
}

}  // namespace

HttpParser::HttpParser(std::string& body) : body_(body) {
  body_.clear();
  body_limit(kBodyBytesMax);
  // Beast counts the request line and the headers together; the exact limits are in
  // on_request_impl() and on_field_impl().
  header_limit(2 * (kHeaderBytesMax + kUriBytesMax));
}

std::size_t HttpParser::feed(std::string_view input) {
  std::size_t used = 0;
  while (used < input.size() && !is_done() && problem_ == nullptr) {
    error_code ec;
    used += put({input.data() + used, input.size() - used}, ec);
    if (ec == beast_http::error::need_more) {
      // Beast waits for the CR LF of a line that already ended in a bare LF. Refused here, or the
      // client would get 408 and not the reason.
      if (!is_header_done() && has_bare_line_feed(input.substr(used))) problem_ = &kBareLineFeed;
      break;
    }
    if (ec && problem_ == nullptr) problem_ = &problem_of(ec);
    if (header_end_ == nullptr && is_header_done()) header_end_ = input.data() + used;
  }
  return used;
}

HttpRequest HttpParser::take_request() {
  request_.body = body_in_place_.empty() ? std::string_view(body_) : body_in_place_;
  return std::move(request_);
}

void HttpParser::refuse(const HttpProblem& problem, error_code& ec) {
  problem_ = &problem;
  ec = beast_http::error::bad_value;
}

void HttpParser::set_once(std::optional<std::string_view>& to, std::string_view value,
                          const HttpProblem& doubled, error_code& ec) {
  if (to) return refuse(doubled, ec);
  to = value;
}

void HttpParser::on_request_impl(beast_http::verb verb, Text method, Text target, int version,
                                 error_code& ec) {
  method_label_ = method_name(verb);
  is_head_ = verb == beast_http::verb::head;
  is_http_1_0_ = version == 10;
  if (target.size() > kUriBytesMax) return refuse(kUriTooLong, ec);
  request_.method = is_head_ ? std::string_view("GET") : std::string_view(method);
  request_.target = origin_form(target, request_.host);
  const bool whole_server = target == "*" && verb == beast_http::verb::options;  // RFC 9112, 3.2.4
  if (!request_.target.starts_with('/') && !whole_server) return refuse(kBadRequestLine, ec);
  fields_begin_ = target.data() + target.size() + kVersionAndLineEnd.size();
}

void HttpParser::on_field_impl(Field field, Text name, Text value, error_code& ec) {
  if (is_folded(name, value)) return refuse(kFolded, ec);
  if (in_trailer_) {
    // Trailer fields must not act as headers (RFC 9110, 6.5.1). Those of the framing are refused: a
    // front end could act on them all the same. Beast refuses them itself, but not from Boost 1.90 on.
    if (field == Field::content_length || field == Field::transfer_encoding) refuse(kBadLength, ec);
    return;
  }
  if (value.data() + value.size() > fields_begin_ + kHeaderBytesMax) {
    return refuse(kHeadersTooLarge, ec);
  }
  switch (field) {
    case Field::host:
      // RFC 9112, 3.2: exactly one, and a valid one.
      if (++host_count_ > 1 || !is_host(value)) refuse(kBadHost, ec);
      if (request_.host.empty()) request_.host = value;  // that of the target goes before
      break;
    case Field::transfer_encoding:
      // Several headers are one list (RFC 9110, 5.3); it is judged as a whole when the headers end.
      if (value.empty()) return refuse(kBadLength, ec);
      if (!codings_.empty()) codings_ += ", ";
      codings_ += value;
      break;
    case Field::expect:
      if (!lists_only(value, "100-continue")) return refuse(kUnknownExpectation, ec);
      if (!list_elements(value).empty()) expects_continue_ = true;
      break;
    case Field::content_type:
      set_once(request_.content_type, value, kDoubledContentType, ec);
      break;
    case Field::content_encoding:
      if (lists_only(request_.content_encoding.value_or(""), "identity")) {
        request_.content_encoding = value;
      }
      break;
    case Field::if_match:
      request_.if_match.push_back(value);
      break;
    case Field::if_none_match:
      request_.if_none_match.push_back(value);
      break;
    case Field::authorization:
      set_once(request_.authorization, value, kDoubledAuthorization, ec);
      break;
    case Field::origin:
      request_.origin = value;
      break;
    case Field::access_control_request_method:
      request_.requested_method = value;
      break;
    case Field::unknown:
      if (boost::beast::iequals(name, "Idempotency-Key")) {
        request_.idempotency_keys.push_back(value);
      } else if (boost::beast::iequals(name, "X-Request-Id") && is_request_id(value)) {
        request_id_ = value;
      }
      break;
    default:
      break;
  }
}

void HttpParser::on_header_impl(error_code& ec) {
  in_trailer_ = true;
  if (host_count_ == 0 && !is_http_1_0_) return refuse(kBadHost, ec);
  // HTTP/1.0 has no transfer codings, so the framing of such a message is not to be trusted (RFC
  // 9112, 6.1).
  if (!codings_.empty() && is_http_1_0_) return refuse(kBadLength, ec);
  if (!codings_.empty() && !boost::beast::iequals(codings_, "chunked")) {
    return refuse(problem_of_coding(codings_), ec);
  }
  if (is_http_1_0_) expects_continue_ = false;  // ignored of HTTP/1.0 (RFC 9110, 10.1.1)
}

void HttpParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  body_length_ = length.value_or(0);  // at most kBodyBytesMax
}

std::size_t HttpParser::on_body_impl(Text piece, error_code&) {
  if (piece.size() == body_length_) {
    body_in_place_ = piece;  // the whole body in the read buffer: no copy
  } else {
    body_.append(piece);
  }
  return piece.size();
}

void HttpParser::on_chunk_header_impl(std::uint64_t, Text extensions, error_code& ec) {
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > kChunkExtensionBytesMax) refuse(kBadChunk, ec);
}

std::size_t HttpParser::on_chunk_body_impl(std::uint64_t, Text piece, error_code&) {
  body_.append(piece);
  return piece.size();
}

void HttpParser::on_finish_impl(error_code&) {}

}  // namespace orderflow
