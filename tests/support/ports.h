#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/carrier.h"
#include "ports/clock.h"
#include "ports/ids.h"
#include "ports/payment_gateway.h"
#include "ports/work_queue.h"

// Ports that do what a test tells them to, and record what they were asked.
namespace orderflow {

/// Ids in a row: "0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c" and `number` in hexadecimal.
inline OrderId order_id(std::uint8_t number) {
  std::array<std::uint8_t, 16> bytes = {0x01, 0x95, 0xb2, 0xa4, 0x8f, 0x6e, 0x7c, 0x31,
                                        0x9d, 0x42, 0x5f, 0x0e, 0x1a, 0x7b, 0x3c, number};
  return OrderId(bytes);
}

/// Moves only when a test moves it, or by `step` with each reading.
struct TestClock : Clock {
  TestClock() = default;
  explicit TestClock(Timestamp now, Duration every = {}) : at(now), step(every) {}
  Timestamp now() override { return at += step; }

  Timestamp at = *parse_rfc3339("2026-03-20T09:30:00.125Z");
  Duration step{};
};

struct TestIds : Ids {
  explicit TestIds(double jitter = 1.0) : jitter_value(jitter) {}
  OrderId next_order_id(Timestamp) override { return order_id(made++); }
  double jitter() override { return jitter_value; }

  std::uint8_t made = 0;
  double jitter_value;
};

/// Keeps nudges for the test to deliver.
struct TestQueue : WorkQueue {
  struct Nudge {
    Stage stage;
    OrderId order;
    Duration delay;
  };
  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override {
    nudges.push_back({stage, order, delay});
    co_return Result<void>();
  }
  Task<Result<std::vector<QueueDepth>>> depths() override { co_return depth_by_stage; }

  std::deque<Nudge> nudges;
  std::vector<QueueDepth> depth_by_stage;
};

/// Answers what the test scripted, else Ok, and keeps every key it was asked under, without the
/// order's id.
struct ScriptedGateway : PaymentGateway {
  std::deque<PaymentAnswer> script;
  std::vector<std::string> keys;
  std::expected<PaymentRecord, PaymentAnswer> record;
  int look_ups = 0;
  boost::asio::steady_timer* gate = nullptr;  ///< where set, answers come once it is cancelled

  Task<PaymentAnswer> answer(PaymentRequest request) {
    keys.push_back(request.key.substr(request.key.find(':') + 1));
    if (gate != nullptr) {
      (void)co_await gate->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    PaymentAnswer next{.outcome = EffectOutcome::Ok};
    if (!script.empty()) {
      next = script.front();
      script.pop_front();
    }
    co_return next;
  }

  Task<PaymentAnswer> authorize(PaymentRequest request) override { return answer(request); }
  Task<PaymentAnswer> capture(PaymentRequest request) override { return answer(request); }
  Task<PaymentAnswer> void_authorization(PaymentRequest request) override {
    return answer(request);
  }
  Task<PaymentAnswer> refund(PaymentRequest request) override { return answer(request); }
  Task<std::expected<PaymentRecord, PaymentAnswer>> look_up(OrderId) override {
    ++look_ups;
    co_return record;
  }
};

/// Thrown where a test lets the process die.
struct Death {};

struct ScriptedCarrier : Carrier {
  bool deadly = false;  ///< ship() takes effect and then throws Death
  std::deque<ShipAnswer> script;
  ShipAnswer found{.outcome = EffectOutcome::Declined};
  int ships = 0;

  Task<ShipAnswer> ship(std::string, std::shared_ptr<const OrderBody>) override {
    ++ships;
    if (deadly) throw Death{};
    ShipAnswer answer{EffectOutcome::Ok, {"SIM1", "simulated"}, ""};
    if (!script.empty()) {
      answer = script.front();
      script.pop_front();
    }
    co_return answer;
  }
  Task<ShipAnswer> look_up(std::string) override { co_return found; }
};

}  // namespace orderflow
