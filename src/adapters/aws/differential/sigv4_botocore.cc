// Compiled into the test where python3 has botocore: random requests must get the same signature.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "adapters/aws/sigv4.h"
#include "base/json_writer.h"

namespace orderflow {
namespace {

constexpr int kRequests = 400;
constexpr std::uint32_t kSeed = 20150830;

/// A request as both sides sign it.
struct Sample {
  std::string path, content_type, target, body, access_key, secret, token, region, service;
};

class Samples {
 public:
  Sample next() {
    Sample sample;
    for (std::size_t i = below(4); i > 0; --i) {
      sample.path.append("/").append(text("abcXYZ019-_~", 1, 8));
      sample.path += pick({"", "%20", "%E2%82%AC", "%2F", "+"});
    }
    sample.path += "/";
    sample.content_type = pick({"application/x-amz-json-1.0", "text/plain; charset=utf-8"});
    sample.target = text("abc,;=\"", 1, 20);
    sample.body = text("{}\":, abc019\n", 0, 300);
    sample.access_key = text("AKIBCDEFGH234567", 20, 20);
    sample.secret = text("abcdefXYZ/+0123456789", 40, 40);
    sample.token = below(2) == 0 ? "" : text("abcdefXYZ/+=0123456789", 10, 200);
    sample.region = pick({"us-east-1", "eu-central-1", "cn-north-1"});
    sample.service = pick({"dynamodb", "sqs", "secretsmanager", "ssm"});
    return sample;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string pick(std::initializer_list<const char*> of) { return of.begin()[below(of.size())]; }
  std::string text(std::string_view letters, std::size_t shortest, std::size_t longest) {
    std::string out;
    for (std::size_t n = shortest + below(longest - shortest + 1); n > 0; --n) {
      out += letters[below(letters.size())];
    }
    return out;
  }

  std::mt19937 random_{kSeed};
};

std::string line_for_botocore(const Sample& sample) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().member("url", "https://example.amazonaws.com" + sample.path);
  json.key("headers").begin_object().member("Content-Type", sample.content_type);
  json.member("X-Amz-Target", sample.target).end_object();
  json.member("body", sample.body).member("access_key", sample.access_key);
  json.member("secret", sample.secret).member("token", sample.token);
  json.member("region", sample.region).member("service", sample.service).end_object();
  return line + "\n";
}

std::string ours(const Sample& sample, std::string_view date) {
  SignedRequest request{sample.path, {}, sample.body};
  request.headers = {{"content-type", sample.content_type},
                     {"host", "example.amazonaws.com"},
                     {"x-amz-date", date}};
  if (!sample.token.empty()) request.headers.push_back({"x-amz-security-token", sample.token});
  request.headers.push_back({"x-amz-target", sample.target});
  Signer signer(sample.region, sample.service);
  return signer.authorization(request, date, {sample.access_key, sample.secret, sample.token});
}

TEST(SigV4, AgreesWithBotocore) {
  Samples random;
  std::vector<Sample> samples;
  for (int i = 0; i < kRequests; ++i) samples.push_back(random.next());

  const auto input = std::filesystem::temp_directory_path() /
                     ("orderflow_botocore_" + std::to_string(::getpid()) + ".jsonl");
  {
    std::ofstream file(input);
    for (const Sample& sample : samples) file << line_for_botocore(sample);
  }
  const std::string command =
      std::string(ORDERFLOW_PYTHON) + " " + ORDERFLOW_BOTOCORE_SIGN + " < " + input.string();
  std::FILE* const output = ::popen(command.c_str(), "r");
  ASSERT_NE(output, nullptr);
  std::array<char, 4096> line;
  std::size_t compared = 0;
  while (std::fgets(line.data(), line.size(), output) != nullptr && compared < samples.size()) {
    const std::string text(line.data());
    const std::size_t space = text.find(' ');
    const std::string theirs = text.substr(space + 1, text.size() - space - 2);
    const Sample& sample = samples[compared++];
    EXPECT_EQ(ours(sample, text.substr(0, space)), theirs) << line_for_botocore(sample);
  }
  EXPECT_EQ(::pclose(output), 0);
  EXPECT_EQ(compared, samples.size());
  std::filesystem::remove(input);
}

}  // namespace
}  // namespace orderflow
