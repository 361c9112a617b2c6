#include "tools/import_shop.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <vector>

#include "audit/clock_difference.h"
#include "tools/book_findings.h"
#include "tools/export_line.h"
#include "tools/order_stock.h"
#include "tools/progress.h"

namespace orderflow {
namespace {

constexpr std::size_t kLineBytesMax = 4 * 1024 * 1024;

std::unexpected<Error> invalid(std::string what) {
  return failure(ErrorCode::InvalidInput, std::move(what));
}

/// The order of the last order line, which its payment and its shipment may follow.
struct LastOrder {
  explicit LastOrder(const Order& stored) : order(stored) {
    for (const Event& event : order.state.events) (void)timeline.apply(event);
  }
  [[nodiscard]] std::vector<Finding> payment_findings() const {
    return orderflow::payment_findings(order, timeline,
                                       payment.value_or(sandbox::PaymentAccount()));
  }
  [[nodiscard]] std::vector<Finding> shipment_findings() const {
    return orderflow::shipment_findings(order, timeline, shipped_attempt,
                                        payment.value_or(sandbox::PaymentAccount()));
  }

  Order order;
  Timeline timeline{*order.body};
  std::optional<sandbox::PaymentAccount> payment;
  std::optional<int> shipped_attempt;
};

class Importer {
 public:
  Importer(ShopImport& shop, Timestamp now) : shop_(shop), now_(now) {}

  Result<TransferSummary> run(std::istream& in) {
    Progress progress("import", "lines");
    std::string text;
    while (std::getline(in, text)) {
      if (auto stored = store_line(text); !stored) {
        Error& error = stored.error();
        return failure(error.code,
                       fmt::format("line {}: {}; nothing was imported", lines_ + 1, error.detail));
      }
      ++lines_;
      progress.step();
    }
    if (in.bad()) return failure(ErrorCode::Unavailable, "the input cannot be read to its end");
    if (!ended_) {
      return invalid(fmt::format(
          "the input stops after line {}, before its end line; nothing was imported", lines_));
    }
    if (auto adds_up = check_stock(); !adds_up) return std::unexpected(std::move(adds_up.error()));
    if (auto done = shop_.commit(); !done) return std::unexpected(std::move(done.error()));
    return summary_;
  }

 private:
  Result<void> store_line(const std::string& text) {
    if (text.size() > kLineBytesMax) return invalid("is too long");
    if (ended_) return invalid("stands after the end line");
    auto line = parse_line(text);
    if (!line) return invalid(std::move(line.error()));
    if ((lines_ == 0) != std::holds_alternative<HeaderLine>(*line)) {
      return invalid(lines_ == 0 ? "is not the header of an orderflow export"
                                 : "is a second header");
    }
    return std::visit([this](const auto& value) { return store(value); }, *line);
  }

  Result<void> store(const HeaderLine& header) {
    sandbox_ = header.sandbox;
    return {};
  }

  Result<void> store(const Product& product) {
    if (auto done = finish_order(); !done) return done;
    const Stock& stock = product.stock;
    if (stock.available + stock.reserved + stock.shipped != stock.received) {
      return invalid("available + reserved + shipped is not received");
    }
    products_[product.sku] = stock;
    ++summary_.products;
    return shop_.add_product(product);
  }

  Result<void> store(const StockEntry& entry) {
    if (auto done = finish_order(); !done) return done;
    received_[entry.sku] += entry.quantity;
    return shop_.add_stock_entry(entry);
  }

  Result<void> store(const OrderLine& line) {
    if (auto wrong = clock_difference(*line.order.body, now_); !wrong.empty()) {
      return invalid(fmt::format("order {}: {}", line.order.id().to_string(), wrong));
    }
    if (auto done = finish_order(); !done) return done;
    add_order_stock(stock_, line.order.state);
    ++summary_.orders;
    last_.emplace(line.order);
    return shop_.add_order(line.order, line.idempotency);
  }

  Result<void> store(const PaymentLine& line) {
    if (!last_ || last_->order.id() != line.order) return invalid("does not follow its order");
    if (last_->payment) return invalid("is a second payment of its order");
    if (last_->shipped_attempt) return invalid("stands after the shipment of its order");
    last_->payment = line.account;
    if (auto right = none_of(last_->payment_findings()); !right) return right;
    ++summary_.effects;
    return shop_.add_payment(line.order, line.account);
  }

  Result<void> store(const ArchivedShipment& shipment) {
    if (!last_ || last_->order.id() != shipment.order) return invalid("does not follow its order");
    if (last_->shipped_attempt) return invalid("is a second shipment of its order");
    last_->shipped_attempt = shipment.attempt;
    if (auto right = none_of(last_->shipment_findings()); !right) return right;
    ++summary_.effects;
    return shop_.add_shipment(shipment);
  }

  /// No payment or shipment of the last order follows any more.
  Result<void> finish_order() {
    if (!last_) return {};
    std::vector<Finding> missing;
    if (sandbox_ && !last_->payment) missing = last_->payment_findings();
    if (sandbox_ && missing.empty() && !last_->shipped_attempt)
      missing = last_->shipment_findings();
    if (!missing.empty()) {
      return invalid(fmt::format("what the sandbox has for order {} must follow it: {}",
                                 last_->order.id().to_string(), missing.front().detail));
    }
    last_.reset();
    return {};
  }

  static Result<void> none_of(const std::vector<Finding>& findings) {
    if (findings.empty()) return {};
    return invalid("does not agree with its order: " + findings.front().detail);
  }

  Result<void> store(const EndLine& line) {
    if (auto done = finish_order(); !done) return done;
    if (line.lines != lines_) {
      return invalid(fmt::format("{} lines should stand before it, not {}", line.lines, lines_));
    }
    ended_ = true;
    return {};
  }

  Result<void> check_stock() {
    for (const auto& [sku, quantity] : received_) stock_.try_emplace(sku);
    for (const auto& [sku, stock] : products_) stock_.try_emplace(sku);
    for (const auto& [sku, sums] : stock_) {
      const auto stated = products_.find(sku);
      if (stated == products_.end()) {
        return invalid(fmt::format("{} has stock, but no product line; nothing was imported", sku));
      }
      const Stock& stock = stated->second;
      if (stock.received != received_[sku] || stock.reserved != sums.reserved ||
          stock.shipped != sums.shipped) {
        return invalid(fmt::format(
            "product {} has received {}, reserved {}, shipped {}; the other lines add up to {}, "
            "{}, {}; nothing was imported",
            sku, stock.received, stock.reserved, stock.shipped, received_[sku], sums.reserved,
            sums.shipped));
      }
    }
    return {};
  }

  ShopImport& shop_;
  Timestamp now_;
  bool sandbox_ = true;
  std::optional<LastOrder> last_;
  std::map<std::string, Stock> products_;         ///< what the product lines say
  std::map<std::string, std::int64_t> received_;  ///< by the stock ledger
  StockOfOrders stock_;
  std::int64_t lines_ = 0;
  bool ended_ = false;
  TransferSummary summary_;
};

Result<TransferSummary> open_and_import(
    const std::function<Result<std::unique_ptr<ShopImport>>()>& open, std::istream& in) {
  const auto shop = open();
  if (!shop) return std::unexpected(shop.error());
  return import_shop(**shop, in);
}

}  // namespace

Result<TransferSummary> import_shop(ShopImport& shop, std::istream& in, Timestamp now) {
  return Importer(shop, now).run(in);
}

int run_import(const std::function<Result<std::unique_ptr<ShopImport>>()>& open,
               const std::string& input) {
  if (input == "-") return report_transfer("import", open_and_import(open, std::cin));
  std::ifstream file(input, std::ios::binary);
  if (!file) {
    fmt::print(stderr, "import: {} cannot be read: {}\n", input, std::strerror(errno));
    return 1;
  }
  return report_transfer("import", open_and_import(open, file));
}

}  // namespace orderflow
