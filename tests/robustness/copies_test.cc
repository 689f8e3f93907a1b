// A host program and three libraries, each with a copy of kymo of its own, built with other options: whoever
// asks for the process' registry gets the same one.

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include <kymo/core/registry.h>

#include "tests/robustness/effort.h"
#include "tests/robustness/plugins/loaded_plugin.h"

namespace kymo::robustness {
namespace {

struct Copy {
  std::string name;
  std::string path;
  int scope;

  friend void PrintTo(const Copy& copy, std::ostream* out) { *out << copy.name; }
};

const std::vector<Copy>& copies() {
  // Kept loaded: what an unloaded copy leaves behind is the subject of plugins_test.
  static const std::vector<Copy> all{
      {"visible", KYMO_PLUGIN_VISIBLE_COPY, RTLD_GLOBAL | RTLD_NODELETE},
      {"hidden", KYMO_PLUGIN_HIDDEN_COPY, RTLD_GLOBAL | RTLD_NODELETE},
      {"local", KYMO_PLUGIN_OWN_COPY, RTLD_LOCAL | RTLD_NODELETE},
  };
  return all;
}

class Copies : public testing::TestWithParam<Copy> {
 protected:
  void SetUp() override {
    if (kAddressSanitizer && GetParam().name == "visible") {
      GTEST_SKIP() << "the sanitizer's own table of globals does not survive a second, visible copy";
    }
  }
};

TEST_P(Copies, OfKymoShareTheProcessRegistry) {
  const LoadedPlugin plugin(GetParam().path, GetParam().scope);
  EXPECT_EQ(plugin->default_registry(), &default_registry());
  const std::string name = "counted_by_" + GetParam().name;
  plugin->count(*plugin->default_registry(), name, 7);
  const auto point = default_registry().snapshot()->find(name, {});
  ASSERT_TRUE(point) << "the host's scrape lacks what the library counted, and nobody is told";
  EXPECT_EQ(to_double(point->number), 7);
}

// Whether one or several: none disturbs another.
TEST_P(Copies, OfKymoAreExactBesideOneAnother) {
  Registry registry;
  Counter counter = registry.counter("hosts", "H.");
  counter.add(1);
  const LoadedPlugin plugin(GetParam().path, GetParam().scope);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(plugin->record_on_threads(), 0);
    counter.add(1);
  }
  EXPECT_EQ(counter.value(), 21U);
}

INSTANTIATE_TEST_SUITE_P(Of, Copies, testing::ValuesIn(copies()),
                         [](const auto& copy) { return copy.param.name; });

// The host hands out its registry; the library was built with another standard and without assertions.
TEST(OtherOptions, ShareInstrumentsThroughAPointer) {
  const LoadedPlugin plugin(KYMO_PLUGIN_HOSTS_COPY);
  Registry registry;
  plugin->count(registry, "shared", 9);
  EXPECT_EQ(to_double(registry.snapshot()->find("shared", {})->number), 9);
}

}  // namespace
}  // namespace kymo::robustness
