#pragma once

#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

// The environment of the process; POSIX.
extern "C" char** environ;

namespace orderflow {

/// The environment with exactly these AWS_* and ORDERFLOW_* variables, until the end of the scope.
class Environment {
 public:
  Environment() : Environment({}) {}
  Environment(std::initializer_list<std::pair<std::string, std::string>> variables) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (std::strncmp(*entry, "AWS_", 4) != 0 && std::strncmp(*entry, "ORDERFLOW_", 10) != 0) {
        continue;
      }
      const std::string text = *entry;
      const std::size_t equals = text.find('=');
      before_.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    for (const auto& [name, value] : before_) ::unsetenv(name.c_str());
    for (const auto& [name, value] : variables) set(name, value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
    for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
  }

  void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  void unset(const std::string& name) { ::unsetenv(name.c_str()); }

 private:
  std::vector<std::pair<std::string, std::string>> before_;
  std::vector<std::string> set_;
};

}  // namespace orderflow
