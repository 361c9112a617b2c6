#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// FUZZ(name) { ... input ... } is a fuzzer: it takes any bytes and ends in a CHECK where a property
// does not hold. With ORDERFLOW_LIBFUZZER it is a libFuzzer program, without it is one of
// fuzzers(), which fuzz_replay_test runs on its corpus.
namespace orderflow::fuzz {

struct Fuzzer {
  std::string name;
  void (*run)(std::string_view input);
};

inline std::vector<Fuzzer>& fuzzers() {
  static std::vector<Fuzzer> all;
  return all;
}

inline bool add_fuzzer(const char* name, void (*run)(std::string_view)) {
  fuzzers().push_back({name, run});
  return true;
}

}  // namespace orderflow::fuzz

#ifdef ORDERFLOW_LIBFUZZER
#define ORDERFLOW_FUZZ_ENTRY(name)                                                    \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz_##name(std::string_view(reinterpret_cast<const char*>(data), size));         \
    return 0;                                                                         \
  }
#else
#define ORDERFLOW_FUZZ_ENTRY(name) \
  [[maybe_unused]] static const bool added_##name = orderflow::fuzz::add_fuzzer(#name, fuzz_##name);
#endif

#define FUZZ(name)                                 \
  static void fuzz_##name(std::string_view input); \
  ORDERFLOW_FUZZ_ENTRY(name)                       \
  static void fuzz_##name(std::string_view input)
