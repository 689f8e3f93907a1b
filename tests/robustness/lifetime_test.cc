// Programs that record before main, after it, and while they end: each exits 0, and soon.

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/robustness/child_process.h"
#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = kSanitized ? 10s : 2s;

std::vector<std::string> variants() {
  std::istringstream lines(run_program({KYMO_LIFETIME_PROGRAM, "--list"}, {}, 20s).output);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  return names;
}

class Lifetime : public testing::TestWithParam<std::string> {};

TEST_P(Lifetime, EndsWellAndSoon) {
  for (int run = 1; run <= repetitions(10, 2); ++run) {
    // A thread whose parent was about to join it when the process ended is no leak.
    const Ending ending =
        run_program({KYMO_LIFETIME_PROGRAM},
                    {"LIFETIME_VARIANT=" + GetParam(), "TSAN_OPTIONS=report_thread_leaks=0"}, kPatience);
    ASSERT_TRUE(ending.fine()) << "run " << run << ": " << ending.text();
    ASSERT_EQ(ending.output, "") << "run " << run;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Lifetime, testing::ValuesIn(variants()),
                         [](const auto& variant) { return variant.param; });

TEST(LifetimeProgram, HasItsVariants) { EXPECT_GE(variants().size(), 30U); }

}  // namespace
}  // namespace kymo::robustness
