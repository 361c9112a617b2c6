#include "requests.h"

#include <cstring>
#include <random>
#include <stdexcept>

namespace orderflow::bench {
namespace {

constexpr std::uint64_t kCustomers = 200'000;
constexpr std::uint64_t kItems = 1'000;

/// The same request again and again.
class ConstantRequests final : public Requests {
 public:
  explicit ConstantRequests(std::string request) : request_(std::move(request)) {}
  std::string_view next() override { return request_; }

 private:
  std::string request_;
};

/// The digits of `value` into the field at `at`, with leading zeros.
void patch(std::string& text, std::size_t at, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width; i-- > 0; value /= 10) {
    text[at + i] = static_cast<char>('0' + value % 10);
  }
}

/// One text whose fields have a fixed width and are written over, so nothing is composed under
/// load.
class PostRequests final : public Requests {
 public:
  explicit PostRequests(bool keyed) : random_(std::random_device{}()), keyed_(keyed) {
    const std::string body = R"({"customerEmail":"customer0000000@example.com",)"
                             R"("items":[{"name":"Widget 0000","price":29.99,"quantity":1}]})";
    text_ = "POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
    if (keyed) {
      text_ += "Idempotency-Key: " + std::to_string(random_()) + "-00000000000\r\n";
      key_at_ = text_.size() - 2 - kKeyWidth;
    }
    text_ += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    customer_at_ = text_.find("customer0000000") + 8;
    item_at_ = text_.find("Widget 0000") + 7;
    quantity_at_ = text_.find("\"quantity\":") + 11;
  }

  std::string_view next() override {
    const std::uint64_t drawn = random_();
    patch(text_, customer_at_, 7, (drawn & 0xffffffff) % kCustomers);
    patch(text_, item_at_, 4, (drawn >> 32) % kItems);
    patch(text_, quantity_at_, 1, 1 + (drawn >> 60) % 9);
    if (keyed_) patch(text_, key_at_, kKeyWidth, ++keys_);
    return text_;
  }

 private:
  static constexpr std::size_t kKeyWidth = 11;

  std::mt19937_64 random_;
  bool keyed_;
  std::string text_;
  std::size_t customer_at_ = 0, item_at_ = 0, quantity_at_ = 0, key_at_ = 0;
  std::uint64_t keys_ = 0;
};

class OrderRequests final : public Requests {
 public:
  explicit OrderRequests(std::string_view ids)
      : random_(std::random_device{}()), width_(ids.find('\n')), ids_(ids) {
    const std::string_view first = ids.substr(0, width_);
    if (width_ == ids.npos || ids.size() % (width_ + 1) != 0) {
      throw std::runtime_error("the ids are not one a line");
    }
    text_ = get_request("/orders/" + std::string(first));
    id_at_ = text_.find(first);
  }

  std::string_view next() override {
    std::memcpy(text_.data() + id_at_, ids_.data() + next_, width_);
    // A million ids are more than the caches hold: the next one is fetched while this one is asked.
    next_ = random_() % (ids_.size() / (width_ + 1)) * (width_ + 1);
    __builtin_prefetch(ids_.data() + next_);
    return text_;
  }

 private:
  std::mt19937_64 random_;
  std::size_t width_;
  std::string ids_;
  std::string text_;
  std::size_t id_at_ = 0;
  std::size_t next_ = 0;
};

}  // namespace

std::string get_request(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
}

std::unique_ptr<Requests> healthz_requests() {
  return std::make_unique<ConstantRequests>(get_request("/healthz"));
}

std::unique_ptr<Requests> post_requests(bool keyed) {
  return std::make_unique<PostRequests>(keyed);
}

std::unique_ptr<Requests> order_requests(std::string_view ids) {
  return std::make_unique<OrderRequests>(ids);
}

}  // namespace orderflow::bench
