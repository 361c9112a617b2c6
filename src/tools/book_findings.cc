#include "tools/book_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "adapters/sandbox/payment_account.h"
#include "adapters/sandbox/sandbox_carrier.h"

namespace orderflow {
namespace {

using sandbox::PaymentAccount;
using sandbox::PaymentEntry;
using sandbox::PaymentOperation;

/// The event by which the timeline says that the provider refused the operation.
std::optional<EventType> decline_of(PaymentOperation operation) {
  if (operation == PaymentOperation::Authorize) return EventType::PaymentDeclined;
  if (operation == PaymentOperation::Capture) return EventType::CaptureDeclined;
  return std::nullopt;
}

/// How many attempts of the operation the timeline can have made, that of the step that is due
/// included.
int attempts_max(const OrderState& state, PaymentOperation operation) {
  if (operation == PaymentOperation::Refund) return 0;  // no step of an order asks for one
  const auto decline = decline_of(operation);
  if (!decline) return 1;
  return 1 + static_cast<int>(std::ranges::count(state.events, *decline, &Event::type));
}

class PaymentChecks {
 public:
  PaymentChecks(const Order& order, const PaymentAccount& account)
      : order_(order), account_(account) {}

  std::vector<Finding> run(const Timeline& timeline) {
    std::set<std::pair<PaymentOperation, int>> seen;
    for (const PaymentEntry& entry : account_.entries) {
      require(seen.emplace(entry.operation, entry.attempt).second, Invariant::E1,
              "{}:{} twice at the provider", to_string(entry.operation), entry.attempt);
      require(entry.attempt >= 1 && entry.attempt <= attempts_max(order_.state, entry.operation),
              Invariant::E1, "{}:{} at the provider, which no step asked for",
              to_string(entry.operation), entry.attempt);
    }
    const auto wrong = money_difference(timeline, *order_.body, sandbox::record_of(account_));
    require(wrong.empty(), Invariant::M5, "{}", wrong);
    for (const Event& event : order_.state.events) check_decline(event);
    check_account();
    return std::move(findings_);
  }

 private:
  /// The provider refused for the reason that the timeline gives.
  void check_decline(const Event& event) {
    for (const auto operation : {PaymentOperation::Authorize, PaymentOperation::Capture}) {
      if (decline_of(operation) != event.type) continue;
      const auto refusal = std::ranges::find_if(account_.entries, [&](const PaymentEntry& entry) {
        return entry.operation == operation && entry.attempt == event.attempt &&
               entry.answer == event.detail;
      });
      require(refusal != account_.entries.end(), Invariant::M5,
              "{}:{} was declined as {}, not so at the provider", to_string(operation),
              event.attempt, event.detail);
    }
  }

  void check_account() {
    const OrderBody& body = *order_.body;
    require(account_.currency.empty() || account_.currency == body.currency.code(), Invariant::M5,
            "the provider has it in {}", account_.currency);
    require(account_.payment_method.empty() || account_.payment_method == body.payment_method,
            Invariant::M5, "the provider has it under another payment method");
    require(sandbox::follows_rules(account_), Invariant::M5,
            "the provider's answers are not those that it gives by its rules");
  }

  template <typename... Args>
  void require(bool holds, Invariant invariant, fmt::format_string<Args...> otherwise,
               Args&&... args) {
    if (holds) return;
    findings_.push_back({invariant, fmt::format(otherwise, std::forward<Args>(args)...)});
  }

  const Order& order_;
  const PaymentAccount& account_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> payment_findings(const Order& order, const Timeline& timeline,
                                      const PaymentAccount& account) {
  return PaymentChecks(order, account).run(timeline);
}

std::vector<Finding> shipment_findings(const Order& order, const Timeline& timeline,
                                       std::optional<int> attempt, const PaymentAccount& account) {
  std::vector<Finding> findings;
  std::optional<std::string> shipment;
  if (attempt) shipment = tracking_number(order.id());
  if (auto wrong = shipment_difference(timeline, order.state, shipment); !wrong.empty()) {
    findings.push_back({Invariant::E1, std::move(wrong)});
  }
  if (!attempt) return findings;
  const Event& last = order.state.events.back();
  const int asked = last.type == EventType::OrderShipped ? last.attempt : 1;
  if (asked != *attempt) {
    findings.push_back(
        {Invariant::E1, fmt::format("shipped by attempt {}, here by {}", *attempt, asked)});
  }
  if (const Minor captured = sandbox::record_of(account).captured; captured != order.body->total) {
    findings.push_back(
        {Invariant::M3,
         fmt::format("the carrier has shipped it, the provider has captured {} of {}", captured,
                     order.body->total)});
  }
  return findings;
}

}  // namespace orderflow
