#pragma once

#include "base/system_time.h"
#include "ports/clock.h"

namespace orderflow {

class SystemClock : public Clock {
 public:
  [[nodiscard]] Timestamp now() override { return system_time(); }
};

}  // namespace orderflow
