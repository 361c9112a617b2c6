#include "http/client/http_client_connection.h"

#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace orderflow {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Kind = HttpError::Kind;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// A connection that takes longer to open is given up, so that the caller has time for another.
constexpr std::chrono::seconds kOpenMax{3};
/// Bytes that stay unacknowledged for this long break the connection. A peer that vanished without
/// closing, as a frozen or restarted machine does, is then noticed long before the deadline. An
/// answer that is merely slow does not count: its request has been acknowledged.
constexpr unsigned int kUnacknowledgedMsMax = 3'000;
/// The largest answer of any service that we call: DynamoDB's 16 MB.
constexpr std::size_t kAnswerBytesMax = 20 * 1024 * 1024;
constexpr std::uint32_t kAnswerHeaderBytesMax = 64 * 1024;
/// Beast reads as much as there is room for: an ordinary answer takes one read.
constexpr std::size_t kBufferBytes = 8 * 1024;

std::unexpected<HttpError> http_error(Kind kind, std::string_view what, const error_code& error) {
  if (error == beast::error::timeout) kind = Kind::Timeout;
  return std::unexpected(HttpError{kind, std::string(what) + ": " + error.message()});
}

/// An address lookup that may outlive its caller, since getaddrinfo cannot be interrupted.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  bool finished = false;
  error_code error;
  std::vector<tcp::endpoint> addresses;
};

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
  if (!lookup->finished) co_return http_error(Kind::Timeout, host, beast::error::timeout);
  if (lookup->error) co_return http_error(Kind::Unreachable, host, lookup->error);
  co_return std::move(lookup->addresses);
}

/// True where another set of roots could make the certificate valid; a wrong name or an expired
/// certificate stays wrong.
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

HttpClientConnection::HttpClientConnection(const asio::any_io_executor& executor, Endpoint endpoint,
                                           TlsTrust* trust)
    : tcp_(executor), endpoint_(std::move(endpoint)), trust_(trust) {
  buffer_.reserve(kBufferBytes);
}

Task<HttpResult<void>> HttpClientConnection::open(Deadline deadline) {
  deadline = std::min(deadline, std::chrono::steady_clock::now() + kOpenMax);
  auto addresses = co_await resolve(tcp_.get_executor(), endpoint_.host, endpoint_.port, deadline);
  if (!addresses) co_return std::unexpected(std::move(addresses).error());
  tcp_.expires_at(deadline);
  auto connected = co_await connect(*addresses);
  if (connected && endpoint_.is_tls) {
    const bool had_bundle = trust_->has_bundle();
    connected = co_await shake_hands();
    // The bundle is read only now, since the roots in memory suffice as a rule. A failed handshake
    // has used up the connection, so the second one needs a new connection.
    if (!connected && misses_issuer(verify_result_) && !had_bundle && trust_->load_bundle()) {
      connected = co_await connect(*addresses);
      if (connected) connected = co_await shake_hands();
    }
  }
  usable_ = connected.has_value();
  co_return connected;
}

Task<HttpResult<HttpAnswer>> HttpClientConnection::exchange(std::string_view request,
                                                            Deadline deadline) {
  tcp_.expires_at(deadline);
  usable_ = false;  // until the whole answer is read
  if (tls_) return exchange_over(*tls_, request);
  return exchange_over(tcp_, request);
}

bool HttpClientConnection::is_usable() {
  if (!usable_) return false;
  // Between exchanges a server has nothing to say: a byte that waits is TLS's closing alert, and
  // zero bytes are the end of the stream.
  char byte;
  const ssize_t got = ::recv(tcp_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Task<HttpResult<void>> HttpClientConnection::connect(const std::vector<tcp::endpoint>& addresses) {
  tls_.reset();
  tcp_.close();
  const auto [error, address] = co_await tcp_.async_connect(addresses, kAwait);
  if (error) co_return http_error(Kind::Unreachable, endpoint_.host_header, error);
  error_code ignored;
  tcp_.socket().set_option(tcp::no_delay(true), ignored);
  ::setsockopt(tcp_.socket().native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMsMax,
               sizeof kUnacknowledgedMsMax);
  co_return HttpResult<void>();
}

Task<HttpResult<void>> HttpClientConnection::shake_hands() {
  tls_.emplace(tcp_, trust_->context());
  SSL* const tls = tls_->native_handle();
  error_code not_numeric;
  asio::ip::make_address(endpoint_.host, not_numeric);
  // SNI is for names only (RFC 6066, 3); an address is compared with the certificate's addresses.
  const int named =
      not_numeric ? SSL_set_tlsext_host_name(tls, endpoint_.host.c_str()) &&
                        SSL_set1_host(tls, endpoint_.host.c_str())
                  : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), endpoint_.host.c_str());
  if (named != 1) {
    co_return std::unexpected(HttpError{Kind::Unreachable, "not a host: " + endpoint_.host});
  }
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAwait);
  verify_result_ = SSL_get_verify_result(tls);
  if (!error) co_return HttpResult<void>();
  if (verify_result_ == X509_V_OK) {
    co_return http_error(Kind::Unreachable, endpoint_.host_header + ": TLS", error);
  }
  co_return std::unexpected(
      HttpError{Kind::Untrusted, endpoint_.host_header + ": certificate refused: " +
                                     X509_verify_cert_error_string(verify_result_)});
}

template <typename Stream>
Task<HttpResult<HttpAnswer>> HttpClientConnection::exchange_over(Stream& stream,
                                                                 std::string_view request) {
  // A failed write counts as Silent, too: the server may have closed an idle connection just as the
  // request went out.
  const auto [write_error, written] =
      co_await asio::async_write(stream, asio::buffer(request), kAwait);
  if (write_error) co_return http_error(Kind::Silent, endpoint_.host_header, write_error);

  http::response_parser<http::string_body> parser;
  parser.header_limit(kAnswerHeaderBytesMax);
  parser.body_limit(kAnswerBytesMax);
  const auto [read_error, got] = co_await http::async_read(stream, buffer_, parser, kAwait);
  if (read_error) {
    const Kind kind = parser.got_some() ? Kind::Broken : Kind::Silent;
    co_return http_error(kind, endpoint_.host_header, read_error);
  }
  // Bytes behind the answer belong to no request of ours: such a connection is not used again.
  usable_ = parser.keep_alive() && buffer_.size() == 0;
  tcp_.expires_never();

  auto& message = parser.get();
  HttpAnswer answer;
  answer.status = static_cast<int>(message.result_int());
  answer.body = std::move(message.body());
  for (const auto& field : message) {
    answer.headers.emplace_back(field.name_string(), field.value());
  }
  co_return answer;
}

}  // namespace orderflow
