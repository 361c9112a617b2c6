#include "api/host_names.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

TEST(HostNames, AreLoopbackAndTheAddressThatItListensOn) {
  const HostNames hosts("192.0.2.7", {});
  for (const char* own : {"localhost", "LocalHost:8080", "localhost.", "127.0.0.1", "127.0.0.1:80",
                          "[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]", "192.0.2.7:8080", ""}) {
    EXPECT_TRUE(hosts.accept(own)) << own;
  }
  for (const char* foreign : {"evil.example", "evil.example:8080", "localhost.evil.example",
                              "evil.localhost", "127.0.0.1.evil.example", "192.0.2.8",
                              "[2001:db8::1]:80", "127.1", "0x7f000001", ":8080"}) {
    EXPECT_FALSE(hosts.accept(foreign)) << foreign;
  }
}

TEST(HostNames, AreThoseThatWereNamed) {
  const HostNames hosts("127.0.0.1", {"shop.example.com", "full.example.com.", "203.0.113.9",
                                      "2001:db8::1", "[2001:db8::2]"});
  for (const char* own :
       {"shop.example.com", "full.example.com", "full.example.com.:80", "SHOP.example.com:443",
        "203.0.113.9:80", "[2001:db8::1]", "[2001:DB8:0::2]:8080", "127.0.0.1"}) {
    EXPECT_TRUE(hosts.accept(own)) << own;
  }
  EXPECT_FALSE(hosts.accept("example.com"));
  EXPECT_FALSE(hosts.accept("other.shop.example.com"));
}

TEST(HostNames, AreAllAddressesWhereItListensOnAll) {
  for (const char* all : {"0.0.0.0", "::"}) {
    const HostNames hosts(all, {});
    EXPECT_TRUE(hosts.accept("198.51.100.1:8080"));
    EXPECT_TRUE(hosts.accept("[2001:db8::1]"));
    EXPECT_TRUE(hosts.accept("localhost:8080"));
    EXPECT_FALSE(hosts.accept("evil.example"));
  }
}

}  // namespace
}  // namespace orderflow
