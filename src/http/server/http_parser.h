#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/version.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "http/message.h"

namespace orderflow {

/// Why a request cannot be read to its end. The client gets this as an answer, then the connection is
/// closed, since it is unknown where the next request would begin.
struct HttpProblem {
  int status;
  std::string_view code;
  std::string_view detail;
};

inline constexpr HttpProblem kUriTooLong{414, "uri_too_long",
                                         "The request target has more than 8 KiB."};
inline constexpr HttpProblem kHeadersTooLarge{431, "headers_too_large",
                                              "The header block has more than 16 KiB."};
inline constexpr HttpProblem kRequestTimeout{408, "request_timeout",
                                             "The request did not arrive in time."};
inline constexpr HttpProblem kTruncated{400, "malformed_request",
                                        "The connection ended before the request did."};
inline constexpr HttpProblem kBadChunk{400, "malformed_request", "The chunked body is malformed."};

/// One request off the wire: Beast's parser with the rules that it leaves open. Beyond what Beast
/// refuses by itself, it refuses folded headers (RFC 9112, 5.2), a missing, doubled or malformed Host
/// (3.2; also in a target of absolute form), a doubled Content-Type or Authorization (RFC 9110, 5.3),
/// and every transfer coding but a single "chunked" (RFC 9112, 6.1). A front end that reads one of
/// these another way than we do would let one request be taken for two. For one request only.
class HttpParser final : public boost::beast::http::basic_parser<true> {
 public:
  /// `body`, which is emptied, takes a body that comes in several pieces.
  explicit HttpParser(std::string& body);

  /// Parses `input`, which continues where the last call stopped, and returns how many bytes it has
  /// used. Headers are kept as views: their bytes must stay where they are until the request is done.
  std::size_t feed(std::string_view input);

  [[nodiscard]] const HttpProblem* problem() const { return problem_; }
  /// Where the header block ends in what was fed, when is_header_done().
  [[nodiscard]] const char* header_end() const { return header_end_; }
  /// The client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }
  /// The client's X-Request-Id; empty where there is none or it holds other than 1 to 64 letters,
  /// digits, '-' and '_'.
  [[nodiscard]] std::string_view request_id() const { return request_id_; }
  /// For metrics: a literal, "OTHER" for a method that HTTP does not name.
  [[nodiscard]] std::string_view method_label() const { return method_label_; }
  [[nodiscard]] bool is_head() const { return is_head_; }
  [[nodiscard]] bool is_http_1_0() const { return is_http_1_0_; }
  /// Once, when is_done(). HEAD becomes GET: the answer is the same but for its body.
  [[nodiscard]] HttpRequest take_request();

 private:
  using Field = boost::beast::http::field;
  using Text = boost::beast::string_view;
  using error_code = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb verb, Text method, Text target, int version,
                       error_code& ec) override;
  void on_response_impl(int, Text, int, error_code&) override {}
  void on_field_impl(Field field, Text name, Text value, error_code& ec) override;
#if BOOST_VERSION >= 109000  // earlier versions call on_field_impl for trailers, too
  void on_trailer_field_impl(Field field, Text name, Text value, error_code& ec) override {
    on_field_impl(field, name, value, ec);
  }
#endif
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override;
  std::size_t on_body_impl(Text piece, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remaining, Text piece, error_code& ec) override;
  void on_finish_impl(error_code& ec) override;

  void refuse(const HttpProblem& problem, error_code& ec);
  void set_once(std::optional<std::string_view>& to, std::string_view value,
                const HttpProblem& doubled, error_code& ec);

  std::string& body_;
  HttpRequest request_;
  std::string_view body_in_place_;
  std::string_view request_id_;
  std::string_view method_label_ = "OTHER";
  const char* fields_begin_ = nullptr;
  const char* header_end_ = nullptr;
  const HttpProblem* problem_ = nullptr;
  std::size_t body_length_ = 0;
  std::size_t extension_bytes_ = 0;
  int host_count_ = 0;
  bool is_head_ = false;
  bool is_http_1_0_ = false;
  bool in_trailer_ = false;
  bool expects_continue_ = false;
  std::string codings_;  ///< of all Transfer-Encoding headers
};

}  // namespace orderflow
