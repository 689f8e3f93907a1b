#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>

#include <sys/resource.h>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// Limit of sockets that one Prober's probes hold together, so the rest of the process keeps its descriptors.
/// Threads: one at a time.
class SocketBudget final {
 public:
  /// The place of one socket, freed with it. It may outlive the budget.
  using Place = std::shared_ptr<std::size_t>;

  explicit SocketBudget(std::size_t most) : most_(most) {}

  /// A quarter of the process' descriptors, at least 16.
  [[nodiscard]] static std::size_t most_of_process() noexcept {
    constexpr rlim_t kLeast = 16;
    constexpr rlim_t kMost = 65'536;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kLeast;
    return static_cast<std::size_t>(std::clamp(limit.rlim_cur / 4, kLeast, kMost));
  }

  /// A place for one socket; null if none is left. Errors: std::bad_alloc.
  [[nodiscard]] Place take() {
    if (*taken_ >= most_) return nullptr;
    ++*taken_;
    return {taken_.get(), [taken = taken_](std::size_t*) { --*taken; }};
  }

  /// True while more than half is in use: unneeded sockets should be closed.
  [[nodiscard]] bool is_tight() const noexcept { return *taken_ > most_ / 2; }

  /// The reason why take() returned null, with the remedy.
  [[nodiscard]] std::string reason() const {
    return "all " + std::to_string(most_) +
           " sockets of this prober are in use; probe less often or fewer targets, or raise ulimit -n";
  }

 private:
  std::size_t most_;
  std::shared_ptr<std::size_t> taken_ = std::make_shared<std::size_t>(0);
};

}  // namespace kymo::KYMO_ABI::probe
