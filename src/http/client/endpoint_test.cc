#include "http/client/endpoint.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

TEST(Endpoint, IsReadFromAUrl) {
  const auto plain = Endpoint::parse("http://127.0.0.1:8000");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->is_tls);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8000);
  EXPECT_EQ(plain->host_header, "127.0.0.1:8000");
  EXPECT_EQ(plain->base_path, "");

  const auto tls = Endpoint::parse("https://example.com:443/prefix/");
  ASSERT_TRUE(tls);
  EXPECT_TRUE(tls->is_tls);
  EXPECT_EQ(tls->port, 443);
  EXPECT_EQ(tls->host_header, "example.com") << "no port where it is the scheme's own";
  EXPECT_EQ(tls->base_path, "/prefix");

  const auto v6 = Endpoint::parse("http://[::1]:8000/");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->host_header, "[::1]:8000");
}

TEST(Endpoint, RefusesWhatIsNotAnEndpoint) {
  for (const char* url :
       {"", "localhost:8000", "/path", "ftp://host", "http://", "http://user:secret@host",
        "http://host?x=1", "http://host#f", "http://host:0", "http://host:99999", "http://a b",
        "http://host\r\nx: y"}) {
    const auto endpoint = Endpoint::parse(url);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().code, ErrorCode::InvalidInput);
  }
}

}  // namespace
}  // namespace orderflow
