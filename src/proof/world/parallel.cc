#include "proof/world/parallel.h"

#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace orderflow::world {
namespace {

class Adder {
 public:
  Adder(std::uint64_t count, const Parallel& how) : count_(count), how_(how) {}

  void run(const std::function<Part(std::uint64_t)>& work) {
    while (!done_ && (how_.stop == nullptr || !*how_.stop)) {
      const std::uint64_t number = next_++;
      if (number >= count_) return;
      add(number, work(number));
    }
  }

  Part take_sum() { return std::move(sum_); }

 private:
  void add(std::uint64_t number, Part part) {
    const std::scoped_lock lock(mutex_);
    early_.emplace(number, std::move(part));
    while (!done_ && !early_.empty() && early_.begin()->first == added_) {
      sum_.add(early_.begin()->second);
      early_.erase(early_.begin());
      ++added_;
      if (how_.progress) how_.progress(sum_);
      if (!sum_.failures.empty() && !how_.keep_going) done_ = true;
    }
  }

  std::uint64_t count_;
  const Parallel& how_;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<bool> done_ = false;
  std::mutex mutex_;                     // of all that follows
  std::map<std::uint64_t, Part> early_;  ///< whose predecessors are still at work
  std::uint64_t added_ = 0;
  Part sum_;
};

}  // namespace

Part add_up(std::uint64_t count, const Parallel& how,
            const std::function<Part(std::uint64_t)>& work) {
  Adder adder(count, how);
  std::vector<std::jthread> threads;
  for (int i = 0; i < how.jobs; ++i) threads.emplace_back([&] { adder.run(work); });
  threads.clear();  // joins
  return adder.take_sum();
}

}  // namespace orderflow::world
