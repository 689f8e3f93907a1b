// Counts of a tree of processes, against a model that knows all of them.
#include <kymo/watch/process_counts.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace kymo::KYMO_ABI::watch {
namespace {

/// Processes that fork, burn, end and are waited for, as the kernel has it.
class Model final {
 public:
  static constexpr Pid kFoster = 5;
  static constexpr Pid kRoot = 7;

  explicit Model(unsigned seed) : random_(seed) {
    processes_.push_back(One{.pid = kFoster, .waited = 50});
    processes_.push_back(One{.pid = kRoot, .parent = kFoster, .own = 20, .waited = 30});
  }

  void step() {
    switch (std::uniform_int_distribution<int>(0, 9)(random_)) {
      case 0:
      case 1:
      case 2: fork(); break;
      case 3: end(); break;
      case 4:
      case 5: wait(); break;
      default: burn(any([](const One& one) { return one.pid != kFoster && !one.is_zombie; }));
    }
  }

  void read_into(ProcessCounts& counts) const {
    for (const One& one : processes_) {
      ProcessReading reading;
      reading.pid = reading.start_ticks = one.pid;
      reading.parent = one.parent;
      reading.is_zombie = one.is_zombie;
      reading.cpu_seconds = one.own;
      reading.waited_cpu_seconds = one.waited;
      reading.minor_faults = static_cast<std::uint64_t>(one.own);
      reading.waited_minor_faults = static_cast<std::uint64_t>(one.waited);
      counts.add(reading, one.pid == kFoster ? ProcessCounts::Scope::waited_for : ProcessCounts::Scope::tree);
    }
  }

  [[nodiscard]] double used() const noexcept { return used_; }

 private:
  struct One {
    Pid pid = 0;
    Pid parent = 0;
    bool is_zombie = false;
    double own = 0;     // CPU time and faults alike
    double waited = 0;  // of those that it has waited for
  };

  template <class Test>
  One* any(Test test) {
    std::vector<One*> fitting;
    for (One& one : processes_) {
      if (test(one)) fitting.push_back(&one);
    }
    if (fitting.empty()) return nullptr;
    return fitting[std::uniform_int_distribution<std::size_t>(0, fitting.size() - 1)(random_)];
  }
  One& with(Pid pid) { return *std::ranges::find(processes_, pid, &One::pid); }

  void burn(One* one) {
    const double amount = std::uniform_int_distribution<int>(1, 100)(random_);
    one->own += amount;
    used_ += amount;
  }
  void fork() {
    const One* parent = any([](const One& one) { return one.pid != kFoster && !one.is_zombie; });
    processes_.push_back(One{.pid = next_pid_++, .parent = parent->pid});
    burn(&processes_.back());
  }
  void end() {
    One* one = any([](const One& other) { return other.pid > kRoot && !other.is_zombie; });
    if (one == nullptr) return;
    one->is_zombie = true;
    for (One& child : processes_) {
      if (child.parent == one->pid) child.parent = kFoster;
    }
  }
  void wait() {
    const One* found = any([](const One& one) { return one.is_zombie; });
    if (found == nullptr) return;
    const One zombie = *found;
    One& parent = with(zombie.parent);
    parent.waited += zombie.own + zombie.waited;
    std::erase_if(processes_, [&](const One& one) { return one.pid == zombie.pid; });
  }

  std::mt19937 random_;
  std::vector<One> processes_;
  Pid next_pid_ = 100;
  double used_ = 0;
};

TEST(ProcessCounts, OfATreeAreWhatItUsedWhateverEndsBetweenReadings) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    Model model(seed);
    ProcessCounts counts;
    for (int i = 0; i < 20; ++i) model.step();
    model.read_into(counts);
    EXPECT_EQ(counts.end()[ProcessCounts::cpu], 0);
    const double before = model.used();
    double counted = 0;
    double faults = 0;
    for (int reading = 0; reading < 20; ++reading) {
      for (int i = std::uniform_int_distribution<int>(0, 60)(random); i > 0; --i) model.step();
      model.read_into(counts);
      const auto grown = counts.end();
      counted += grown[ProcessCounts::cpu];
      faults += grown[ProcessCounts::minor_faults];
    }
    ASSERT_DOUBLE_EQ(counted, model.used() - before) << "seed " << seed;
    ASSERT_DOUBLE_EQ(faults, counted) << "seed " << seed;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::watch
