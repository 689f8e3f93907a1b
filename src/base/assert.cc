#include <kymo/base/assert.h>

#include <cstdio>
#include <string_view>

namespace kymo::KYMO_ABI::base {
namespace {

constinit std::atomic<std::uint64_t> failures{0};
// Those that failed, the latest first.
constinit std::atomic<Assertion*> failed{nullptr};

/// From the last `src/` or `internal/` on: where a build was made is of no use to a reader.
std::string_view place_in_sources(std::string_view file) {
  for (const std::string_view root : {"src/", "internal/", "include/", "tests/"}) {
    const std::size_t found = file.rfind(root);
    if (found != std::string_view::npos) return file.substr(found);
  }
  return file;
}

}  // namespace

void count_failure(Assertion& assertion) noexcept {
  failures.fetch_add(1, std::memory_order_relaxed);
  if (assertion.failures.fetch_add(1, std::memory_order_relaxed) != 0) return;
  assertion.next = failed.load(std::memory_order_relaxed);
  while (!failed.compare_exchange_weak(assertion.next, &assertion, std::memory_order_release,
                                       std::memory_order_relaxed)) {
  }
}

void trap_at(const Assertion& assertion) noexcept {
  std::fprintf(stderr, "kymo: %s:%d: does not hold: %s\n", assertion.file, assertion.line,
               assertion.condition);
  __builtin_trap();
}

std::uint64_t assertion_failures() noexcept { return failures.load(std::memory_order_relaxed); }

std::vector<std::string> failed_assertions() {
  std::vector<std::string> messages;
  for (const Assertion* one = failed.load(std::memory_order_acquire); one != nullptr; one = one->next) {
    messages.push_back("a fault of kymo at " + std::string(place_in_sources(one->file)) + ":" +
                       std::to_string(one->line) + ": " + one->condition +
                       " does not hold; metrics may be wrong. Please report this line");
  }
  return messages;
}

}  // namespace kymo::KYMO_ABI::base
