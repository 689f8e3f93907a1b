// The view of `kymo monitor` as golden texts. KYMO_UPDATE_GOLDEN=1 writes them anew: look at them.
#include <kymo/terminal/watch_screen.h>

#include <clocale>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::terminal {
namespace {

using testing::HasSubstr;
using watch::Metric;

/// Half a minute of a process that leaks.
watch::Recording leaking() {
  watch::Recording recording;
  for (int i = 0; i < 60; ++i) {
    watch::Sample sample{.at = i * 0.5, .seconds = i == 0 ? 0 : 0.5, .values = {}};
    sample.values.fill(std::nan(""));
    const auto set = [&](Metric metric, double value) { sample.values[watch::index_of(metric)] = value; };
    set(Metric::resident, 5e7 + 4e6 * i);
    set(Metric::threads, 8);
    set(Metric::files, 20);
    if (i > 0) {
      set(Metric::cpu, 0.5 + 0.4 * std::sin(i / 4.0));
      set(Metric::busiest_thread, 0.25);
      set(Metric::read, i % 10 == 0 ? 1e6 : 0);
      set(Metric::voluntary_switches, 400);
    }
    recording.add(sample);
  }
  return recording;
}

class WatchScreen : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
    surroundings.cores = 4;
    findings = watch::find_issues(recording, surroundings);
  }

  std::string draw(Size size, Alphabet alphabet = Alphabet::unicode, const std::string& output = "",
                   const std::string& state = "") {
    return draw_watch({.what = "./server \x1b[2J",
                       .pid = "4711",
                       .rate_hz = 2,
                       .recording = recording,
                       .surroundings = surroundings,
                       .findings = findings,
                       .last_output = output,
                       .state = state},
                      size, alphabet)
        .to_text();
  }

  static void expect_golden(const std::string& name, const std::string& text) {
    const std::string path = std::string(KYMO_GOLDEN) + "/" + name + ".txt";
    if (std::getenv("KYMO_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
    std::ifstream file(path, std::ios::binary);
    EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {})) << name;
  }

  watch::Recording recording = leaking();
  watch::Surroundings surroundings;
  std::vector<watch::Finding> findings;
};

TEST_F(WatchScreen, ShowsWhatIsWrongAndEachFigure) {
  expect_golden("watch_100x14", draw({100, 14}, Alphabet::unicode, "GET / 200\x07", ""));
  expect_golden("watch_ascii_80x12", draw({80, 12}, Alphabet::ascii));
}

TEST_F(WatchScreen, KeepsWhatMattersMostWhereThereIsLittleRoom) {
  const std::string text = draw({50, 8});
  for (const char* kept : {"leak", "CPU", "Memory (RSS)", "Threads"}) EXPECT_THAT(text, HasSubstr(kept));
  EXPECT_THAT(draw({49, 8}), HasSubstr("needs at least 50x8"));
  EXPECT_THAT(draw({0, 0}), "");
}

TEST_F(WatchScreen, SaysWhatIsGoingOn) {
  EXPECT_THAT(draw({80, 20}, Alphabet::unicode, "", "The command is asked to end"),
              HasSubstr("The command is asked to end"));
  recording = watch::Recording();
  findings.clear();
  EXPECT_THAT(draw({80, 20}), HasSubstr("No issue so far; growth is judged after 11 s"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::terminal
