#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "collected_host.h"
#include "parse_everything.h"

namespace kymo::KYMO_ABI::system {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string>& golden_texts() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(KYMO_GOLDEN)) {
      if (!entry.is_regular_file() || entry.path().extension() == ".txt") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      found.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return found;
  }();
  return texts;
}

/// A real file with some bytes replaced, inserted or cut: nearer to what breaks parsers than noise.
rc::Gen<std::string> damaged_file() {
  return rc::gen::exec([] {
    std::string text = *rc::gen::elementOf(golden_texts());
    const int changes = *rc::gen::inRange(1, 8);
    for (int i = 0; i < changes && !text.empty(); ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      switch (*rc::gen::inRange(0, 4)) {
        case 0: text[at] = *rc::gen::arbitrary<char>(); break;
        case 1:
          text.insert(at,
                      *rc::gen::elementOf(std::vector<std::string>{"\n", " ", ":", "-", "9999999999", "\0"}));
          break;
        case 2: text.erase(at, *rc::gen::inRange<std::size_t>(1, 20)); break;
        default: text.resize(at); break;
      }
    }
    return text;
  });
}

RC_GTEST_PROP(Parsers, KeepTheirPromisesOnAnyBytes, ()) {
  RC_ASSERT(parse_everything(*rc::gen::arbitrary<std::string>()));
}

RC_GTEST_PROP(Parsers, KeepTheirPromisesOnDamagedFiles, ()) { RC_ASSERT(parse_everything(*damaged_file())); }

RC_GTEST_PROP(Collector, GivesSaneValuesWhateverFilesHold, ()) {
  CollectedHost collected("5.15-container");
  const std::vector<std::string> paths = {
      "/proc/stat",        "/proc/meminfo",      "/proc/net/dev",
      "/proc/diskstats",   "/proc/self/stat",    "/proc/self/mountinfo",
      "/proc/self/cgroup", "/proc/pressure/cpu", "/sys/fs/cgroup/cpu.max"};
  for (int tick = 0; tick < 3; ++tick) {
    for (const std::string& path : paths) {
      if (*rc::gen::arbitrary<bool>()) collected.host->replaced[path] = *damaged_file();
    }
    const auto snapshot = collected.collect_after(11s);
    for (const FamilySnapshot& family : snapshot->families) {
      const std::string& name = family.descriptor().name;
      for (std::size_t i = 0; i < family.size(); ++i) {
        const double value = to_double(family.point(i).number);
        RC_ASSERT(value >= 0);
        if (name.ends_with("_ratio") && name != "kymo_process_cpu_ratio" && name != "kymo_cgroup_cpu_ratio") {
          RC_ASSERT(value <= 1);
        }
      }
    }
  }
}

/// Counters as they may come: growing, falling, wrapping.
RC_GTEST_PROP(CounterGrowth, IsNeverMoreThanWhatTheCounterCanHaveCounted,
              (std::uint64_t before, std::uint64_t now)) {
  const std::uint64_t growth = counter_growth(before, now);
  if (now >= before) {
    RC_ASSERT(growth == now - before);
  } else {
    RC_ASSERT(growth == now || growth < (std::uint64_t{1} << 31));
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::system
