#pragma once

#include "ports/clock.h"

namespace orderflow {

class SystemClock : public Clock {
 public:
  [[nodiscard]] Timestamp now() override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }
};

}  // namespace orderflow
