#include "adapters/aws/sigv4.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace orderflow {
namespace {

// Keys, time, region, service and requests of the test suite that AWS published for SigV4.
const Credentials kCredentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
constexpr const char* kDate = "20150830T123600Z";

std::string signature(SignedRequest request, const std::string& service = "service") {
  Signer signer("us-east-1", service);
  const std::string text = signer.authorization(request, kDate, kCredentials);
  return text.substr(text.rfind('=') + 1);
}

SignedRequest get(std::string_view path, std::string_view query = "") {
  return {"GET", path, query, {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", kDate}}, ""};
}

TEST(SigV4, DerivesTheSigningKeyOfTheDocumentation) {
  EXPECT_EQ(to_hex(signing_key(kCredentials.secret_access_key, "20150830", "us-east-1", "iam")),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
  EXPECT_EQ(to_hex(signing_key(kCredentials.secret_access_key, "20120215", "us-east-1", "iam")),
            "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
}

TEST(SigV4, SignsAsGetVanilla) {
  Signer signer("us-east-1", "service");
  EXPECT_EQ(signer.authorization(get("/"), kDate, kCredentials),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SigV4, SignsAsGetVanillaQueryOrderKeyCase) {
  EXPECT_EQ(signature(get("/", "Param2=value2&Param1=value1")),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(SigV4, SignsTheNormalizedPathAsGetRelative) {
  const std::string root = signature(get("/"));
  EXPECT_EQ(signature(get("/example/..")), root);
  EXPECT_EQ(signature(get("/./")), root);
  EXPECT_EQ(signature(get("//")), root);
  EXPECT_EQ(signature(get("/../../")), root);
}

TEST(SigV4, SignsAsPostVanilla) {
  SignedRequest request = get("/");
  request.method = "POST";
  EXPECT_EQ(signature(request), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(SigV4, SignsAsPostXWwwFormUrlencoded) {
  SignedRequest request = get("/");
  request.method = "POST";
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  request.body = "Param1=value1";
  EXPECT_EQ(signature(request), "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST(SigV4, SignsAsGetHeaderValueTrim) {
  SignedRequest request = get("/");
  request.headers.push_back({"My-Header1", " value1"});
  request.headers.push_back({"My-Header2", " \"a   b   c\""});
  EXPECT_EQ(signature(request), "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST(SigV4, SignsTheListUsersExampleOfTheDocumentation) {
  SignedRequest request{"GET", "/", "Action=ListUsers&Version=2010-05-08", {}, ""};
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                     {"Host", "iam.amazonaws.com"},
                     {"X-Amz-Date", kDate}};
  EXPECT_EQ(signature(request, "iam"),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(SigV4, DoesNotUseTheCachedKeyForAnotherDayOrSecret) {
  Signer signer("us-east-1", "service");
  const std::string first = signer.authorization(get("/"), kDate, kCredentials);
  const std::string other_day = signer.authorization(get("/"), "20150831T123600Z", kCredentials);
  const std::string other_secret = signer.authorization(get("/"), kDate, {"AKIDEXAMPLE", "x", ""});
  EXPECT_NE(first, other_day);
  EXPECT_NE(first, other_secret);
  EXPECT_EQ(signer.authorization(get("/"), kDate, kCredentials), first);
}

TEST(SigV4, WritesTheDateOfTheHeader) {
  using namespace std::chrono;
  EXPECT_EQ(amz_date(sys_days{2015y / August / 30d} + 12h + 36min), kDate);
  EXPECT_EQ(amz_date(sys_days{2026y / January / 1d} - 1s), "20251231T235959Z");
}

}  // namespace
}  // namespace orderflow
