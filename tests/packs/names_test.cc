#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/format/lint.h>

#include "tests/packs/all_packs.h"

namespace kymo::KYMO_ABI::format {

void PrintTo(const LintFinding& finding, std::ostream* out) {
  *out << finding.family << ": " << finding.problem;
}

}  // namespace kymo::KYMO_ABI::format

namespace kymo::KYMO_ABI::packs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::set<std::string> label_keys(const FamilySnapshot& family) {
  std::set<std::string> keys;
  for (std::size_t i = 0; i < family.size(); ++i) {
    for (const LabelsView::Entry label : family.point(i).labels) keys.emplace(label.key);
  }
  return keys;
}

/// One line a family: name, type, unit, labels, help, and the bounds that text formats show of a histogram.
std::string describe(const FamilySnapshot& family) {
  const Descriptor& descriptor = family.descriptor();
  std::ostringstream line;
  line << descriptor.name << " | " << kind_name(descriptor.kind) << " | "
       << (descriptor.unit.empty() ? "-" : descriptor.unit) << " |";
  for (const std::string& key : label_keys(family)) line << ' ' << key;
  line << " | " << descriptor.help;
  if (descriptor.kind == Kind::histogram) {
    line << " |";
    for (const double bound : family.text_bounds()) line << ' ' << bound;
  }
  line << '\n';
  return line.str();
}

std::string describe_packs() {
  Registry registry;
  const AllPacks packs(registry);
  std::string text = "name | type | unit | labels | help | bounds\n";
  const auto snapshot = registry.snapshot();
  for (const FamilySnapshot& family : snapshot->families) {
    if (!family.descriptor().name.starts_with("kymo_")) text += describe(family);
  }
  return text;
}

// To accept what is found: KYMO_REWRITE_GOLDEN=1 packs_names_test
TEST(Packs, HaveTheNamesOfTheGoldenFile) {
  const std::string found = describe_packs();
  if (std::getenv("KYMO_REWRITE_GOLDEN") != nullptr) std::ofstream(KYMO_GOLDEN) << found;
  std::ostringstream expected;
  expected << std::ifstream(KYMO_GOLDEN).rdbuf();
  EXPECT_EQ(found, expected.str()) << "KYMO_REWRITE_GOLDEN=1 accepts this:\n" << found;
}

TEST(Packs, TheVoicePipelinesAre31) {
  Registry registry;
  const AllPacks packs(registry);
  std::map<std::string, int> counts;
  const auto snapshot = registry.snapshot();
  for (const FamilySnapshot& family : snapshot->families) {
    const std::string& name = family.descriptor().name;
    ++counts[name.substr(0, name.find_first_of("._"))];
  }
  EXPECT_EQ(counts["http"], 5);
  EXPECT_EQ(counts["webrtc"], 6);
  EXPECT_EQ(counts["stt"], 5);
  EXPECT_EQ(counts["llm"], 6);
  EXPECT_EQ(counts["tts"], 5);
  EXPECT_EQ(counts["recording"], 4);
}

TEST(Packs, AreAllInTheReference) {
  Registry registry;
  const AllPacks packs(registry);
  std::ostringstream reference;
  reference << std::ifstream(KYMO_REFERENCE).rdbuf();
  const auto snapshot = registry.snapshot();
  for (const FamilySnapshot& family : snapshot->families) {
    const Descriptor& descriptor = family.descriptor();
    const std::string name = descriptor.family_name + (descriptor.kind == Kind::counter ? "_total" : "");
    if (name.starts_with("kymo_") || name.starts_with("events_ignored_")) continue;
    EXPECT_THAT(reference.str(), testing::HasSubstr('`' + name + '`'));
  }
}

TEST(Packs, LatenciesHaveTheUsualBounds) {
  Registry registry;
  const AllPacks packs(registry);
  std::size_t latencies = 0;
  const auto snapshot = registry.snapshot();
  for (const FamilySnapshot& family : snapshot->families) {
    const std::string& name = family.descriptor().name;
    if (!name.ends_with("_seconds") || family.descriptor().kind != Kind::histogram ||
        name.starts_with("kymo_")) {
      continue;
    }
    ++latencies;
    EXPECT_THAT(family.text_bounds(), ElementsAre(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10)) << name;
  }
  EXPECT_EQ(latencies, 10U);
}

TEST(Packs, TakeNoNegativeLatencyAndTellTrueOnes) {
  Registry registry;
  const HttpMetrics http(registry);
  StreamMetrics stream(registry, StreamTimeUnit::seconds);
  const auto refused = [&registry] {
    const auto snapshot = registry.snapshot();
    return to_double(snapshot->find("kymo_recordings_refused_total", {{"reason", "negative"}})->number);
  };
  const double before = refused();
  Histogram duration = http.request_duration_seconds.with("GET", "/", 200, "", "", "", "", "");
  duration.record(-0.25);
  stream.inference_time.record(-0.25);
  stream.processing_time.record(-0.25);
  EXPECT_EQ(refused() - before, 3);
  EXPECT_EQ(duration.value().count(), 0U);
  for (int i = 0; i < 100; ++i) stream.inference_time.record(0.000061);
  EXPECT_NEAR(stream.inference_time.value().quantile(0.5), 0.000061, 0.000001);
}

TEST(Packs, AndTheRegistrysOwnMetricsFollowTheConventions) {
  Registry registry;
  const AllPacks packs(registry);
  std::vector<format::LintFinding> findings = format::lint(*registry.snapshot());
  // Names that the pack's clients know from elsewhere; a base unit would be another name.
  std::erase_if(findings, [](const format::LintFinding& finding) {
    return finding.family == "inference_time_ms" || finding.family == "processing_time_ms";
  });
  EXPECT_THAT(findings, IsEmpty());
}

TEST(Packs, TheLimitOfSeriesHoldsForEachFamily) {
  Registry registry;
  const HttpMetrics http(registry, {.max_series = 2});
  for (const char* route : {"/a", "/b", "/c", "/d"}) http.timeout_total.with("GET", route).add();
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(snapshot->find("http_timeout_total")->size(), 3U) << "two, and the overflow series";
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
