#include "adapters/aws/connection.h"

#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <vector>

namespace orderflow::aws {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Kind = HttpFault::Kind;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// A connection that takes longer is given up, so that the caller has time for another.
constexpr std::chrono::seconds kOpenMax{3};
// Bytes that nobody acknowledges for this long break the connection: a peer that went away without
// a word, as after a freeze, is noticed long before the deadline. A slow answer is something else.
constexpr unsigned int kUnacknowledgedMsMax = 3'000;
// DynamoDB answers with 16 MB at the most.
constexpr std::size_t kAnswerBytesMax = 20 * 1024 * 1024;
constexpr std::uint32_t kAnswerHeaderBytesMax = 64 * 1024;

std::unexpected<HttpFault> fault(Kind kind, std::string_view what, const error_code& error) {
  if (error == beast::error::timeout) kind = Kind::Timeout;
  return std::unexpected(HttpFault{kind, std::string(what) + ": " + error.message()});
}

/// An address lookup that outlives whoever waits for it: getaddrinfo can not be interrupted.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  bool finished = false;
  error_code error;
  std::vector<tcp::endpoint> addresses;
};

/// The addresses of a host; none with `error` clear means that the deadline passed.
Task<HttpResult<std::vector<tcp::endpoint>>> resolve(asio::any_io_executor executor,
                                                     std::string host, std::uint16_t port,
                                                     Deadline deadline) {
  error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return std::vector{tcp::endpoint(address, port)};

  const auto lookup = std::make_shared<Lookup>(executor);
  lookup->done.expires_at(deadline);
  lookup->resolver.async_resolve(
      host, std::to_string(port), tcp::resolver::numeric_service,
      [lookup](const error_code& error, const tcp::resolver::results_type& results) {
        lookup->finished = true;
        lookup->error = error;
        for (const auto& result : results) lookup->addresses.push_back(result.endpoint());
        lookup->done.cancel();
      });
  co_await lookup->done.async_wait(kAwait);
  if (!lookup->finished) co_return fault(Kind::Timeout, host, beast::error::timeout);
  if (lookup->error) co_return fault(Kind::Unreachable, host, lookup->error);
  co_return std::move(lookup->addresses);
}

/// Room for an ordinary answer, so that it is one read: Beast reads as much as there is room for.
constexpr std::size_t kBufferBytes = 8 * 1024;

bool misses_issuer(long verify_result) {
  switch (verify_result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return true;
    default:
      return false;
  }
}

}  // namespace

class Connection::Streams {
 public:
  Streams(const asio::any_io_executor& executor, Endpoint endpoint, TlsTrust* trust)
      : tcp_(executor), endpoint_(std::move(endpoint)), trust_(trust) {
    buffer_.reserve(kBufferBytes);
  }

  Task<HttpResult<void>> open(Deadline deadline) {
    deadline = std::min(deadline, std::chrono::steady_clock::now() + kOpenMax);
    auto addresses =
        co_await resolve(tcp_.get_executor(), endpoint_.host, endpoint_.port, deadline);
    if (!addresses) co_return std::unexpected(std::move(addresses).error());
    tcp_.expires_at(deadline);
    auto connected = co_await connect(*addresses);
    if (connected && endpoint_.is_tls) {
      const bool had_bundle = trust_->has_bundle();
      connected = co_await shake_hands();
      if (!connected && misses_issuer(verify_result_) && !had_bundle && trust_->load_bundle()) {
        connected = co_await connect(*addresses);
        if (connected) connected = co_await shake_hands();
      }
    }
    usable_ = connected.has_value();
    co_return connected;
  }

  Task<HttpResult<HttpAnswer>> exchange(std::string_view request, Deadline deadline) {
    tcp_.expires_at(deadline);
    usable_ = false;
    if (tls_) return exchange_over(*tls_, request);
    return exchange_over(tcp_, request);
  }

  bool is_usable() {
    if (!usable_) return false;
    // Between exchanges there is nothing to read: a byte is TLS saying goodbye, none the end.
    char byte;
    const ssize_t got = ::recv(tcp_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

 private:
  Task<HttpResult<void>> connect(const std::vector<tcp::endpoint>& addresses) {
    tls_.reset();
    tcp_.close();
    const auto [error, address] = co_await tcp_.async_connect(addresses, kAwait);
    if (error) co_return fault(Kind::Unreachable, endpoint_.host_header, error);
    error_code ignored;
    tcp_.socket().set_option(tcp::no_delay(true), ignored);
    ::setsockopt(tcp_.socket().native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT,
                 &kUnacknowledgedMsMax, sizeof kUnacknowledgedMsMax);
    co_return HttpResult<void>();
  }

  /// Leaves in verify_result_ what the verification said.
  Task<HttpResult<void>> shake_hands() {
    tls_.emplace(tcp_, trust_->context());
    SSL* const tls = tls_->native_handle();
    error_code not_numeric;
    asio::ip::make_address(endpoint_.host, not_numeric);
    const int named =
        not_numeric ? SSL_set_tlsext_host_name(tls, endpoint_.host.c_str()) &&
                          SSL_set1_host(tls, endpoint_.host.c_str())
                    : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), endpoint_.host.c_str());
    if (named != 1) {
      co_return std::unexpected(HttpFault{Kind::Unreachable, "not a host: " + endpoint_.host});
    }
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAwait);
    verify_result_ = SSL_get_verify_result(tls);
    if (!error) co_return HttpResult<void>();
    if (verify_result_ == X509_V_OK) {
      co_return fault(Kind::Unreachable, endpoint_.host_header + ": TLS", error);
    }
    co_return std::unexpected(
        HttpFault{Kind::Untrusted, endpoint_.host_header + ": certificate refused: " +
                                       X509_verify_cert_error_string(verify_result_)});
  }

  template <typename Stream>
  Task<HttpResult<HttpAnswer>> exchange_over(Stream& stream, std::string_view request) {
    const auto [write_error, written] =
        co_await asio::async_write(stream, asio::buffer(request), kAwait);
    if (write_error) co_return fault(Kind::Silent, endpoint_.host_header, write_error);

    http::response_parser<http::string_body> parser;
    parser.header_limit(kAnswerHeaderBytesMax);
    parser.body_limit(kAnswerBytesMax);
    const auto [read_error, got] = co_await http::async_read(stream, buffer_, parser, kAwait);
    if (read_error) {
      const Kind kind = parser.got_some() ? Kind::Broken : Kind::Silent;
      co_return fault(kind, endpoint_.host_header, read_error);
    }
    usable_ = parser.keep_alive() && buffer_.size() == 0;
    tcp_.expires_never();

    auto& message = parser.get();
    HttpAnswer answer;
    answer.status = static_cast<int>(message.result_int());
    answer.body = std::move(message.body());
    answer.error_type = message["x-amzn-errortype"];
    answer.query_error = message["x-amzn-query-error"];
    co_return answer;
  }

  beast::tcp_stream tcp_;
  std::optional<asio::ssl::stream<beast::tcp_stream&>> tls_;
  beast::flat_buffer buffer_;
  const Endpoint endpoint_;
  TlsTrust* const trust_;
  long verify_result_ = X509_V_OK;
  bool usable_ = false;
};

Connection::Connection(asio::any_io_executor executor, const Endpoint& endpoint, TlsTrust* trust)
    : streams_(std::make_unique<Streams>(executor, endpoint, trust)) {}

Connection::~Connection() = default;

Task<HttpResult<void>> Connection::open(Deadline deadline) { return streams_->open(deadline); }

Task<HttpResult<HttpAnswer>> Connection::exchange(std::string_view request, Deadline deadline) {
  return streams_->exchange(request, deadline);
}

bool Connection::is_usable() { return streams_->is_usable(); }

}  // namespace orderflow::aws
