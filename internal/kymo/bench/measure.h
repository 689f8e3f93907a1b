#pragma once

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

#include <kymo/version.h>

/// The method of all figures. CPU time of the working thread counts, so waiting for a busy core does not.
/// Contenders take turns, so other load on the machine meets all of them. The result is the median of the
/// turns.
namespace kymo::KYMO_ABI::bench {

/// Amount of work for a figure. A smoke run does almost nothing: it shows that the code still runs.
struct Effort {
  bool smoke = false;
  int turns = 9;

  [[nodiscard]] std::size_t of(std::size_t full, std::size_t smoke_size = 100) const {
    return smoke ? smoke_size : full;
  }
};

/// CPU time of the calling thread.
[[nodiscard]] double thread_cpu_ns();

/// The cycle counter, ordered after earlier instructions.
[[nodiscard]] std::uint64_t cycles();
/// Nanoseconds per cycle of that counter.
[[nodiscard]] double ns_per_cycle();

[[nodiscard]] double median(std::vector<double> values);

/// One measurement of one side.
using Contender = std::function<double()>;

/// Runs the contenders in turns and returns the cost of each turn. The first turn warms up and does not
/// count. `seldom` contenders are slow: the others have kOften turns to each of theirs. Their results come
/// last.
[[nodiscard]] std::vector<std::vector<double>> turns_of(const Effort& effort,
                                                        const std::vector<Contender>& contenders,
                                                        const std::vector<Contender>& seldom = {});
inline constexpr int kOften = 5;
/// The median ratio of two contenders' costs within the same turn. The machine's speed changes from turn to
/// turn, and less within one.
[[nodiscard]] double median_ratio(const std::vector<double>& one, const std::vector<double>& other);
/// The median of each.
[[nodiscard]] std::vector<double> medians(const Effort& effort, const std::vector<Contender>& contenders);

/// The compiler must assume from now on that others read and write the object's memory.
template <class T>
inline void escape(T* object) {
  asm volatile("" : : "g"(object) : "memory");
}

/// Calls operation(i) for i in [0, operations). The compiler keeps nothing loaded in a register between
/// calls, as in a program whose calls stand far apart.
template <class Operation>
inline void repeat(std::size_t operations, Operation operation) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < operations; ++i) {
    operation(i);
    asm volatile("" : : : "memory");
  }
}

/// Detects whether all threads run at the same time. On a busy machine two threads may take turns on one
/// core, and contention between them would not show.
class Overlap final {
 public:
  explicit Overlap(unsigned threads) : progress_(threads) {}

  /// The progress of the others, in parts of their work.
  [[nodiscard]] std::vector<std::uint64_t> others(unsigned self) const;
  /// Ends a part. True if each other thread has ended a part since `before`.
  [[nodiscard]] bool end_part(unsigned self, const std::vector<std::uint64_t>& before);
  /// This thread has enough parts. All go on until all have enough.
  void satisfied() { ++satisfied_; }
  [[nodiscard]] bool all_satisfied() const { return satisfied_ == progress_.size(); }

 private:
  struct alignas(64) Progress {
    std::atomic<std::uint64_t> parts{0};
  };
  std::vector<Progress> progress_;
  std::atomic<std::size_t> satisfied_ = 0;
};

/// CPU nanoseconds of an operation while `threads` threads do the same, over the parts of the work in which
/// all ran. NaN if they never did.
template <class Operation>
double cpu_ns_each(unsigned threads, std::size_t operations, Operation operation) {
  constexpr std::size_t kParts = 400;
  constexpr auto kPatience = std::chrono::milliseconds(1500);
  const std::size_t wanted = threads == 1 ? kParts : kParts / 10;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const std::size_t in_part = (operations + kParts - 1) / kParts;
  Overlap overlap(threads);
  std::vector<double> each(threads);
  std::vector<std::jthread> workers;
  for (unsigned t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      operation(0);  // the cost of a thread's first touch does not count
      double spent = 0;
      std::size_t counted = 0;
      for (std::size_t part = 0; !(counted >= wanted && overlap.all_satisfied()); ++part) {
        if (threads > 1 && std::chrono::steady_clock::now() > deadline) break;
        const auto before = overlap.others(t);
        const auto wall_begin = std::chrono::steady_clock::now();
        const double begin = thread_cpu_ns();
        repeat(in_part, [&](std::size_t i) { operation(part * in_part + i); });
        const double end = thread_cpu_ns();
        const std::chrono::duration<double, std::nano> wall = std::chrono::steady_clock::now() - wall_begin;
        const bool interrupted = wall.count() > 1.5 * (end - begin) + 2000;
        if (!overlap.end_part(t, before) || (interrupted && threads > 1)) continue;
        spent += end - begin;
        if (++counted == wanted) overlap.satisfied();
      }
      each[t] = spent / static_cast<double>(counted * in_part);
    });
  }
  workers.clear();
  std::erase_if(each, [](double ns) { return std::isnan(ns); });
  return std::reduce(each.begin(), each.end()) / static_cast<double>(each.size());
}

/// CPU nanoseconds of one call.
template <class Work>
double cpu_ns_of(Work work) {
  const double before = thread_cpu_ns();
  work();
  return thread_cpu_ns() - before;
}

}  // namespace kymo::KYMO_ABI::bench
