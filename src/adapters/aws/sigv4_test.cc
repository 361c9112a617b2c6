#include "adapters/aws/sigv4.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace orderflow {
namespace {

// Keys, time, region, service and requests of the test suite that AWS published for SigV4.
const Credentials kCredentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
constexpr const char* kDate = "20150830T123600Z";

const SignedRequest kVanilla{"/", {{"host", "example.amazonaws.com"}, {"x-amz-date", kDate}}, ""};

TEST(SigV4, DerivesTheSigningKeyOfTheDocumentation) {
  EXPECT_EQ(to_hex(signing_key(kCredentials.secret_access_key, "20150830", "us-east-1", "iam")),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
  EXPECT_EQ(to_hex(signing_key(kCredentials.secret_access_key, "20120215", "us-east-1", "iam")),
            "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
}

TEST(SigV4, SignsAsPostVanilla) {
  Signer signer("us-east-1", "service");
  EXPECT_EQ(signer.authorization(kVanilla, kDate, kCredentials),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(SigV4, SignsAsPostXWwwFormUrlencoded) {
  Signer signer("us-east-1", "service");
  SignedRequest request = kVanilla;
  request.headers.insert(request.headers.begin(),
                         HttpHeader{"content-type", "application/x-www-form-urlencoded"});
  request.body = "Param1=value1";
  EXPECT_TRUE(signer.authorization(request, kDate, kCredentials)
                  .ends_with("ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"));
}

TEST(SigV4, DoesNotUseTheCachedKeyForAnotherDayOrSecret) {
  Signer signer("us-east-1", "service");
  const std::string first = signer.authorization(kVanilla, kDate, kCredentials);
  const std::string other_day = signer.authorization(kVanilla, "20150831T123600Z", kCredentials);
  const std::string other_secret = signer.authorization(kVanilla, kDate, {"AKIDEXAMPLE", "x", ""});
  EXPECT_NE(first, other_day);
  EXPECT_NE(first, other_secret);
  EXPECT_EQ(signer.authorization(kVanilla, kDate, kCredentials), first);
}

TEST(SigV4, WritesTheDateOfTheHeader) {
  using namespace std::chrono;
  EXPECT_EQ(amz_date(sys_days{2015y / August / 30d} + 12h + 36min), kDate);
  EXPECT_EQ(amz_date(sys_days{2026y / January / 1d} - 1s), "20251231T235959Z");
}

}  // namespace
}  // namespace orderflow
