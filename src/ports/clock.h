#pragma once

#include "base/time.h"

namespace orderflow {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() = 0;
};

}  // namespace orderflow
