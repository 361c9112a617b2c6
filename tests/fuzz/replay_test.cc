#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "fuzz/fuzz.h"

// Every fuzzer over its corpus, ORDERFLOW_FUZZ_CORPUS/<name>/, and the empty input. A property that
// does not hold ends the process; the file is named before it is read.
namespace orderflow::fuzz {
namespace {

std::vector<std::filesystem::path> corpus_of(const std::string& name) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path folder = std::filesystem::path(ORDERFLOW_FUZZ_CORPUS) / name;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Replay : public ::testing::TestWithParam<Fuzzer> {};

TEST_P(Replay, TheCorpusHoldsEveryProperty) {
  const auto files = corpus_of(GetParam().name);
  ASSERT_FALSE(files.empty());
  GetParam().run({});
  for (const auto& file : files) {
    std::cout << file.filename().string() << std::endl;
    GetParam().run(read(file));
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzzers, Replay, ::testing::ValuesIn(fuzzers()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace orderflow::fuzz
