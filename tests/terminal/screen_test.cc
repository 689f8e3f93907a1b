// Whole screens as golden texts. KYMO_UPDATE_GOLDEN=1 writes them anew: look at them before you keep them.
#include <clocale>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kymo/terminal/keys.h>
#include <kymo/terminal/reports.h>

#include "worlds.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

using test::kBegin;
using testing::HasSubstr;
using testing::Not;

class Screens : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
    ::setenv("TZ", "UTC", 1);
    link.state = Link::State::live;
    link.address = "127.0.0.1:9464";
  }

  std::string draw(const SeriesStore& store, const Sessions* sessions, Size size,
                   Alphabet alphabet = Alphabet::unicode) {
    return draw_screen({store.world(), sessions, link, kBegin + 40, &answers}, state, size, alphabet)
        .to_text();
  }

  static void expect_golden(const std::string& name, const std::string& text) {
    const std::string path = std::string(KYMO_GOLDEN) + "/" + name + ".txt";
    if (std::getenv("KYMO_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
    std::ifstream file(path, std::ios::binary);
    EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {})) << name;
  }

  void type(std::string_view keys) {
    for (const char key : keys) press({Key::character, static_cast<char32_t>(key)}, state);
  }

  Link link;
  ViewState state;
  Answers answers;
};

TEST_F(Screens, Overview) {
  const SeriesStore store = test::voice_server();
  const Sessions sessions = test::sessions();
  expect_golden("overview_80x24", draw(store, &sessions, {80, 24}));
  expect_golden("overview_120x40", draw(store, &sessions, {120, 40}));
  expect_golden("overview_60x15", draw(store, &sessions, {60, 15}));
  expect_golden("overview_ascii_80x24", draw(store, nullptr, {80, 24}, Alphabet::ascii));
}

TEST_F(Screens, Series) {
  const SeriesStore store = test::voice_server();
  state.page = Page::series;
  expect_golden("series_80x24", draw(store, nullptr, {80, 24}));
  expect_golden("series_60x15", draw(store, nullptr, {60, 15}));
  type("/HTTP re");
  expect_golden("series_filtering_80x24", draw(store, nullptr, {80, 24}));
}

TEST_F(Screens, SessionsAndHelp) {
  const SeriesStore store = test::voice_server();
  const Sessions sessions = test::sessions();
  state.page = Page::sessions;
  expect_golden("sessions_80x24", draw(store, &sessions, {80, 24}));
  expect_golden("sessions_120x40", draw(store, &sessions, {120, 40}));
  expect_golden("sessions_60x15", draw(store, &sessions, {60, 15}));
  EXPECT_THAT(draw(store, nullptr, {80, 24}), HasSubstr("Waiting for the server."));
  answers.has_sessions_answer = true;
  EXPECT_THAT(draw(store, nullptr, {80, 24}), HasSubstr("has no /api/sessions/live"));
  answers.has_sessions_answer = false;
  link.state = Link::State::lost;
  EXPECT_THAT(draw(store, nullptr, {80, 24}), HasSubstr("Unknown without a connection."));
  link.state = Link::State::live;
  type("?");
  expect_golden("help_80x24", draw(store, &sessions, {80, 24}));
}

TEST_F(Screens, AFilterOfAnotherPageLeavesTheOverviewAsItIs) {
  const SeriesStore store = test::voice_server();
  const Sessions sessions = test::sessions();
  const std::string before = draw(store, &sessions, {120, 40});
  state.filter = "nothing has this";
  state.is_reversed = true;
  EXPECT_EQ(draw(store, &sessions, {120, 40}), before);
}

TEST_F(Screens, NoFigureIsCutAndNoTwoRunTogether) {
  SeriesStore store = test::voice_server();
  test::take(
      store,
      R"({"type":"delta","seq":99,"time":1764000031,"uptime_seconds":131,"families":[{"id":50,"name":"engine.torque","kind":"gauge","unit":"newton_metres_now","help":""}],"series":[{"id":50,"family":50,"labels":{}}],"values":[[50,-0.0000123],[10,1047552],[11,1047552]]})");
  const auto sessions = parse_sessions(
      R"({"sessions":2,"top":[{"session_id":"a-long-name-of-a-session","level":"EMERGENCY","idle":true,"queue_fill_ratio":0.000012,"realtime_factor":0.0000123,"backlog_seconds":3599,"dropped_total":999499,"errors":12345},{"session_id":"b","level":"NORMAL","idle":true}]})");
  answers = test::answers();
  answers.peers.value->rows[0].latency_ms = 7'199'000;
  answers.peers.value->rows[0].loss_percent = 0.0012;
  answers.profile.value->rows[0].total_seconds = 7199;
  for (const int width : {60, 66, 72, 80, 90, 100}) {
    state.page = Page::sessions;
    const std::string open = draw(store, &*sessions, {width, 24});
    EXPECT_THAT(open, testing::ContainsRegex(" emergency, idle( |\n)"));
    EXPECT_THAT(open, HasSubstr(" normal, idle"));
    EXPECT_THAT(open, testing::ContainsRegex(" [0-9.e-]+% +1\\.23e-5 ")) << open;
    state.page = Page::peers;
    EXPECT_THAT(draw(store, nullptr, {width, 24}), testing::ContainsRegex(" 1 h 59 min |2 h "));
    state.page = Page::profile;
    EXPECT_THAT(draw(store, nullptr, {width, 24}), testing::ContainsRegex(" 1 h 59 min |2 h "));
    state.page = Page::series;
    EXPECT_THAT(draw(store, nullptr, {width, 40}), HasSubstr(" -1.23e-5 newton metres n"));
    state.page = Page::overview;
    const std::string overview = draw(store, &*sessions, {width, 32});
    EXPECT_THAT(overview, HasSubstr(" 45% of 16 GiB"));
    EXPECT_THAT(overview, HasSubstr(" http.request.dur"));
    EXPECT_THAT(overview, HasSubstr("iB/s "));
  }
}

TEST_F(Screens, VoiceHasTwoDecimals) {
  const SeriesStore store = test::voice_server();
  answers = test::answers();
  state.page = Page::peers;
  EXPECT_THAT(draw(store, nullptr, {120, 40}), testing::ContainsRegex(" 4.00( |\n)"));
}

TEST_F(Screens, PastSessionsBeganByTheLocalClock) {
  const SeriesStore store = test::voice_server();
  answers = test::answers();
  answers.past_sessions.value->back().is_interrupted = true;
  state.page = Page::sessions;
  ::setenv("TZ", "UTC-2", 1);
  ::tzset();
  const std::string screen = draw(store, nullptr, {80, 24});
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_THAT(screen, HasSubstr("11-24 17:58"));
  EXPECT_THAT(screen, HasSubstr("cut off"));
}

TEST_F(Screens, SessionsThatWereStandBelowThoseThatGoOn) {
  const SeriesStore store = test::voice_server();
  const Sessions sessions = test::sessions();
  answers = test::answers();
  state.page = Page::sessions;
  expect_golden("past_sessions_80x24", draw(store, &sessions, {80, 24}));
  expect_golden("past_sessions_120x40", draw(store, nullptr, {120, 40}));
}

TEST_F(Screens, Peers) {
  const SeriesStore store = test::voice_server();
  answers = test::answers();
  state.page = Page::peers;
  expect_golden("peers_80x24", draw(store, nullptr, {80, 24}));
  expect_golden("peers_120x40", draw(store, nullptr, {120, 40}));
  type("/gone");
  const std::string filtered = draw(store, nullptr, {80, 24});
  EXPECT_THAT(filtered, HasSubstr("gone"));
  EXPECT_THAT(filtered, Not(HasSubstr("lobby")));
}

TEST_F(Screens, Profile) {
  const SeriesStore store = test::voice_server();
  answers = test::answers();
  state.page = Page::profile;
  expect_golden("profile_80x24", draw(store, nullptr, {80, 24}));
  expect_golden("profile_120x40", draw(store, nullptr, {120, 40}));
}

TEST_F(Screens, AnEmptyPageSaysWhatToDo) {
  const SeriesStore store = test::voice_server();
  const auto page = [&](Page which) {
    state.page = which;
    return draw(store, nullptr, {80, 24});
  };
  EXPECT_THAT(page(Page::peers), HasSubstr("Waiting for the server."));
  answers.peers.is_there = answers.profile.is_there = true;
  EXPECT_THAT(page(Page::peers), HasSubstr("has no /api/metrics/peers"));
  EXPECT_THAT(page(Page::profile), HasSubstr("has no /api/profile"));
  answers.peers.value.emplace();
  EXPECT_THAT(page(Page::peers), HasSubstr("add them to a PeerTable"));
  answers.profile.value.emplace();
  EXPECT_THAT(page(Page::profile), HasSubstr("POST /api/profile/start, with the token"));
  answers.may_change = true;
  EXPECT_THAT(page(Page::profile), HasSubstr("p turns the profiler on"));
  answers.profile.value->is_on = true;
  EXPECT_THAT(page(Page::profile), HasSubstr("KYMO_PROFILE_SCOPE"));
  answers = {};
  link.state = Link::State::local;
  EXPECT_THAT(page(Page::profile), HasSubstr("only a server has this page"));
}

TEST_F(Screens, KeysOfTheProfilerAreOrdersOnItsPageOnly) {
  type("p");
  EXPECT_EQ(state.profiler_order, ProfilerOrder::none);
  type("5p");
  EXPECT_EQ(state.profiler_order, ProfilerOrder::toggle);
  type("z");
  EXPECT_EQ(state.profiler_order, ProfilerOrder::reset);
}

TEST_F(Screens, HostileNamesReachNoTerminal) {
  const SeriesStore store = test::hostile_server();
  state.page = Page::series;
  state.filter = "evil";
  const std::string screen = draw(store, nullptr, {80, 24});
  expect_golden("hostile_80x24", screen);
  expect_golden("hostile_ascii_80x24", draw(store, nullptr, {80, 24}, Alphabet::ascii));
  answers = test::hostile_answers();
  state.filter.clear();
  std::vector<std::string> texts = {
      screen, plain_report({store.world(), nullptr, link, kBegin, &answers}, state, Alphabet::unicode)};
  for (const Page page : {Page::sessions, Page::peers, Page::profile}) {
    state.page = page;
    texts.push_back(draw(store, nullptr, {120, 40}));
    EXPECT_THAT(texts.back(), HasSubstr(page == Page::profile ? "\u65e5"
                                        : page == Page::peers ? "^[[2J"
                                                              : "abc"));
  }
  for (const std::string& text : texts) {
    for (const char c : text)
      ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') << int{c};
    EXPECT_THAT(text, Not(HasSubstr("\u202e")));
    EXPECT_THAT(text, Not(HasSubstr("\u009b")));
  }
}

TEST_F(Screens, EveryRowIsAsWideAsTheScreenWhateverItsCharacters) {
  const SeriesStore store = test::hostile_server();
  const Sessions sessions = test::sessions();
  answers = test::hostile_answers();
  for (int width = 1; width < 170; ++width) {
    for (const Page page : {Page::overview, Page::series, Page::sessions, Page::peers, Page::profile}) {
      state.page = page;
      const Canvas canvas = draw_screen({store.world(), &sessions, link, kBegin, &answers}, state,
                                        {width, 5 + width / 3}, Alphabet::unicode);
      for (int row = 0; row < canvas.size().height; ++row) {
        int used = 0;
        for (int column = 0; column < width; ++column) {
          const Cell& cell = canvas.at(row, column);
          used += cell.width;
          // The right half stands beside its left one, or a column would be moved.
          ASSERT_EQ(cell.width == 2, column + 1 < width && canvas.at(row, column + 1).width == 0)
              << width << " " << row << " " << column;
        }
        ASSERT_EQ(used, width) << row;
      }
    }
  }
}

TEST_F(Screens, SaysThatItIsTooSmall) {
  const SeriesStore store = test::voice_server();
  EXPECT_THAT(draw(store, nullptr, {59, 24}), HasSubstr("needs at least 60x15\nthis terminal has 59x24"));
  EXPECT_THAT(draw(store, nullptr, {80, 14}), HasSubstr("needs at least 60x15"));
  EXPECT_EQ(draw(store, nullptr, {0, 0}), "");
}

TEST_F(Screens, TellsOfALostConnection) {
  const SeriesStore store = test::voice_server();
  link.state = Link::State::lost;
  link.lost_since = kBegin + 30;
  link.retry_at = kBegin + 43;
  link.reason = "cannot reach 127.0.0.1:9464: connection refused";
  expect_golden("lost_80x24", draw(store, nullptr, {80, 24}));
}

TEST_F(Screens, HasNothingToShowAtFirst) {
  link.state = Link::State::connecting;
  EXPECT_THAT(draw(SeriesStore(), nullptr, {80, 24}), HasSubstr("waiting for the first figures"));
  state.page = Page::series;
  EXPECT_THAT(draw(SeriesStore(), nullptr, {80, 24}), HasSubstr("No series yet."));
}

TEST_F(Screens, PlainReport) {
  const SeriesStore store = test::voice_server();
  const Sessions sessions = test::sessions();
  state.filter = "http";
  answers = test::answers();
  const Scene scene{store.world(), &sessions, link, kBegin, &answers};
  expect_golden("once", plain_report(scene, state, Alphabet::unicode));
  expect_golden("once_json", json_report(scene, state));
}

TEST_F(Screens, FiguresOfAReportCoverTheTimeOfItsReasons) {
  // Two packets lost, one found again, then none.
  SeriesStore store;
  test::take(store, test::hello());
  test::take(store, R"({"type":"full","seq":1,"time":1764000000,"uptime_seconds":1,"families":[{"id":0,)"
                    R"("name":"udp.packet.dropped","kind":"up_down_counter","unit":"","help":"",)"
                    R"("series":[{"id":0,"labels":{},"v":7}]},{"id":1,"name":"udp.packet.received",)"
                    R"("kind":"counter","unit":"","help":"","series":[{"id":1,"labels":{},"v":100}]}]})");
  for (int i = 1; i <= 5; ++i) {
    const int dropped = i == 1 ? 9 : 8;
    const int received = i == 3 ? 5 : 100 + 10 * i;  // its program restarted
    test::take(store, R"({"type":"delta","seq":)" + std::to_string(i + 1) + R"(,"time":)" +
                          std::to_string(1764000000 + i) + R"(,"uptime_seconds":1,"values":[[0,)" +
                          std::to_string(dropped) + "],[1," + std::to_string(received) + "]]}");
  }
  state.filter = "udp";
  const Scene scene{store.world(), nullptr, link, kBegin, &answers};
  const std::string text = plain_report(scene, state, Alphabet::unicode);
  EXPECT_THAT(text, HasSubstr("udp.packet.dropped: 2 lost in the last 5 s"));
  EXPECT_THAT(text, HasSubstr("figure\tDrops\t0.40 /s\t"));
  EXPECT_THAT(text, HasSubstr("series\tudp.packet.dropped\t\t8\t0.20 /s"));
  EXPECT_THAT(text, HasSubstr("series\tudp.packet.received\t\t150\t34 /s"));
  const std::string json = json_report(scene, state);
  EXPECT_THAT(json, HasSubstr("\"per_second\": 34"));
  EXPECT_THAT(json, HasSubstr("\"value\": 0.4"));
}

TEST_F(Screens, KeysMoveSortAndFilter) {
  const SeriesStore store = test::voice_server();
  press({Key::tab}, state);
  EXPECT_EQ(state.page, Page::series);
  press({Key::end}, state);
  (void)draw(store, nullptr, {80, 24});
  EXPECT_EQ(state.cursor, 23) << "of 24 series, the last";
  press({Key::page_up}, state);
  (void)draw(store, nullptr, {80, 24});
  EXPECT_EQ(state.cursor, 23 - state.page_rows);
  press({Key::home}, state);
  press({Key::up}, state);
  EXPECT_EQ(state.cursor, 0);
  type("s");
  EXPECT_EQ(state.series_sort, SeriesSort::rate);
  const std::string sorted = draw(store, nullptr, {80, 24});
  EXPECT_LT(sorted.find("udp.packet.received"), sorted.find("http.requests")) << "100 a second before 50";
  type("r");
  const std::string reversed = draw(store, nullptr, {80, 24});
  EXPECT_THAT(reversed, HasSubstr("sorted by rate, reversed"));
  type("/udp");
  press({Key::backspace}, state);
  EXPECT_EQ(state.filter, "ud");
  type("q ");
  EXPECT_FALSE(state.is_over) << "a letter of the filter";
  EXPECT_THAT(draw(store, nullptr, {80, 24}), HasSubstr("No series has all of these words: udq"));
  press({Key::escape}, state);
  EXPECT_EQ(state.filter, "");
  type(" ");
  EXPECT_TRUE(state.is_paused);
  type("?q");
  EXPECT_TRUE(state.is_over);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::terminal
