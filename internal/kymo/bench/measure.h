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

/// How figures are taken: CPU time of the thread that works, so that waiting for one of two busy cores does
/// not count; contenders take turns, so that what else the machine does meets all of them; and the median of
/// the turns.
namespace kymo::KYMO_ABI::bench {

/// How much work a figure is taken over. A smoke run does next to nothing: it shows that the code still runs.
struct Effort {
  bool smoke = false;
  int turns = 9;

  [[nodiscard]] std::size_t of(std::size_t full, std::size_t smoke_size = 100) const {
    return smoke ? smoke_size : full;
  }
};

/// CPU time of the calling thread.
[[nodiscard]] double thread_cpu_ns();

/// The cycle counter, ordered behind what came before it.
[[nodiscard]] std::uint64_t cycles();
/// How many nanoseconds a cycle of that counter takes.
[[nodiscard]] double ns_per_cycle();

[[nodiscard]] double median(std::vector<double> values);

/// One measurement of one side.
using Contender = std::function<double()>;

/// Lets the contenders take turns and gives what each of them took. The first turn warms up and is not
/// counted. Where there are `seldom` ones, which take long, the others have kOften turns to each of theirs;
/// what those took stands behind.
[[nodiscard]] std::vector<std::vector<double>> turns_of(const Effort& effort,
                                                        const std::vector<Contender>& contenders,
                                                        const std::vector<Contender>& seldom = {});
inline constexpr int kOften = 5;
/// Of two contenders that took turns: the median of what the one took for what the other did in the same
/// turn. The machine's speed changes from turn to turn, and less within one.
[[nodiscard]] double median_ratio(const std::vector<double>& one, const std::vector<double>& other);
/// The median of each.
[[nodiscard]] std::vector<double> medians(const Effort& effort, const std::vector<Contender>& contenders);

/// The compiler must take the object's memory as read and written by others from now on.
template <class T>
inline void escape(T* object) {
  asm volatile("" : : "g"(object) : "memory");
}

/// Calls operation(i) for i in [0, operations). Nothing that it loads is kept in a register from one call to
/// the next, as in a program whose calls stand far apart.
template <class Operation>
inline void repeat(std::size_t operations, Operation operation) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < operations; ++i) {
    operation(i);
    asm volatile("" : : : "memory");
  }
}

/// Tells, over and over, whether all threads run at the same time: on a busy machine two threads of one
/// program may well take turns on one core, and contention between them would not show.
class Overlap final {
 public:
  explicit Overlap(unsigned threads) : progress_(threads) {}

  /// How far the others have come, in parts of their work.
  [[nodiscard]] std::vector<std::uint64_t> others(unsigned self) const;
  /// A part is done; true when each other thread has ended a part since `before`.
  [[nodiscard]] bool end_part(unsigned self, const std::vector<std::uint64_t>& before);
  /// This thread has what it wants. All go on until all have.
  void satisfied() { ++satisfied_; }
  [[nodiscard]] bool all_satisfied() const { return satisfied_ == progress_.size(); }

 private:
  struct alignas(64) Progress {
    std::atomic<std::uint64_t> parts{0};
  };
  std::vector<Progress> progress_;
  std::atomic<std::size_t> satisfied_ = 0;
};

/// CPU nanoseconds an operation takes while as many threads as told do the same, over the parts of the work
/// in which all of them ran. NaN where that was never so.
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
      operation(0);  // what a thread does at its first touch is no part of the figure
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

/// CPU nanoseconds that one call takes.
template <class Work>
double cpu_ns_of(Work work) {
  const double before = thread_cpu_ns();
  work();
  return thread_cpu_ns() - before;
}

}  // namespace kymo::KYMO_ABI::bench
