// A program that speaks German, by C's locale and by C++', writes its metrics as one that does not.

#include <gtest/gtest.h>

#include <chrono>
#include <clocale>
#include <cstdio>
#include <locale>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/format/json.h>
#include <kymo/format/live_json.h>
#include <kymo/format/openmetrics.h>
#include <kymo/format/prometheus_text.h>
#include <kymo/format/server_json.h>
#include <kymo/format/summary.h>
#include <kymo/format/system_json.h>

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

/// The whole process speaks German while this lives, where the system can.
class GermanProcess final {
 public:
  GermanProcess() : german_(std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr) {
    if (german_) std::locale::global(std::locale("de_DE.UTF-8"));
  }
  GermanProcess(const GermanProcess&) = delete;
  GermanProcess& operator=(const GermanProcess&) = delete;
  ~GermanProcess() {
    std::locale::global(std::locale::classic());
    std::setlocale(LC_ALL, "C");
  }

  [[nodiscard]] bool is_german() const { return german_; }

 private:
  bool german_;
};

/// A registry with every instrument; the numbers have points, and thousands to group.
void fill(Registry& registry, std::vector<Registration>& registrations) {
  registry.counter("counter", "C.").add(1'234'567);
  registry.double_counter("fractions", "F.").add(1234567.25);
  registry.gauge("gauge", "G.", {.unit = "seconds"}).set(0.1);
  Histogram histogram = registry.histogram("histogram", "H.", {.bounds = {0.5, 1234.5}});
  Timing timing = registry.timing("event.processing.duration", "T.");
  Window window = registry.window("window", "W.");
  for (int i = 1; i <= 5; ++i) {
    histogram.record(1000.25 * i), window.record(1000.25 * i), timing.record(i * 1234567us);
  }
  registry.family<Gauge>("labelled", "L.").with({{"size", "1.5"}}).set(1e-7);
  registrations.push_back(registry.observe_gauge("observed", "O.", [] { return 123456.75; }));
  registrations.push_back(registry.add_producer([](SnapshotWriter& writer) {
    writer.gauge({.name = "process_resident_memory_bytes", .help = "R."}).add(123456789);
    writer.gauge({.name = "kymo_system_cpu_ratio", .help = "C."}).add(0.125);
    writer.gauge({.name = "node_load1", .help = "L."}).add(1.25);
  }));
}

std::vector<std::string> all_formats(const Snapshot& snapshot) {
  std::vector<std::string> texts(7);
  format::write_prometheus_text(snapshot, texts[0]);
  format::write_openmetrics(snapshot, texts[1]);
  format::write_json(snapshot, texts[2]);
  format::write_summary_json(snapshot, texts[3]);
  format::write_server_json(snapshot, texts[4]);
  format::write_system_json(snapshot, texts[5]);
  for (const FamilySnapshot& family : snapshot.families) {
    format::append_live_family(family, 1, texts[6]);
    for (std::size_t i = 0; i < family.size(); ++i) {
      format::append_live_labels(family.point(i).labels, texts[6]);
      format::append_live_value(family.point(i), texts[6]);
    }
  }
  format::append_live_seconds(std::chrono::milliseconds(1'234'567), texts[6]);
  return texts;
}

TEST(Locale, ChangesNoFormat) {
  Registry registry;
  std::vector<Registration> registrations;
  fill(registry, registrations);
  const auto snapshot = registry.snapshot();
  const std::vector<std::string> expected = all_formats(*snapshot);
  EXPECT_NE(expected[0].find("1234567.25"), std::string::npos);

  const GermanProcess german;
  ASSERT_TRUE(german.is_german()) << "no German here; as root: localedef -i de_DE -f UTF-8 de_DE.UTF-8";
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", 1.5);
  ASSERT_STREQ(text, "1,5") << "the locale does nothing, and so would this test";
  EXPECT_EQ(all_formats(*snapshot), expected);
  // Registering and looking up under a German locale changes nothing: bounds and label values are texts.
  Registry made_in_german;
  std::vector<Registration> more;
  fill(made_in_german, more);
  std::string plain;
  format::write_prometheus_text(*made_in_german.snapshot(), plain);
  EXPECT_EQ(plain.find("1,5"), std::string::npos);
  EXPECT_NE(plain.find("le=\"1234.5\""), std::string::npos);
  // On a thread with a locale of its own, as some programs have it.
  const locale_t own = newlocale(LC_ALL_MASK, "de_DE.UTF-8", nullptr);
  std::thread([&] {
    uselocale(own);
    EXPECT_EQ(all_formats(*snapshot), expected);
    uselocale(LC_GLOBAL_LOCALE);
  }).join();
  freelocale(own);
}

}  // namespace
}  // namespace kymo::robustness
