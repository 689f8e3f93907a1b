// Tests the requests of the feed, and their times. This server has no live metrics, so only the rest is seen.
#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <kymo/terminal/feeds.h>

#include "tests/net/server_fixture.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

using net::test::eventually;

/// Answers to the addresses that pages want, a profiler, and what was asked.
class Answering final {
 public:
  Answering()
      : server_(
            net::test::start_server([this](const net::HttpRequest& request) { return answer(request); })) {}

  [[nodiscard]] net::ClientUrl url() const { return net::ClientUrl::parse(server_->endpoint().to_string()); }
  void answer_sessions_with(int status) {
    const std::lock_guard lock(mutex_);
    sessions_status_ = status;
  }
  [[nodiscard]] int asked(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return asked_[what];
  }
  /// Whether one connection brought both questions.
  [[nodiscard]] bool asked_together(const std::string& one, const std::string& other) {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(asked_by_, [&](const auto& entry) {
      return entry.second.contains(one) && entry.second.contains(other);
    });
  }

 private:
  net::HttpResponse answer(const net::HttpRequest& request) {
    const std::string target(request.target.substr(0, request.target.find('?')));
    const std::lock_guard lock(mutex_);
    ++asked_[std::string(request.method) + " " + target];
    asked_by_[std::string(request.remote)].insert(target);
    if (target == "/api/profile/start" || target == "/api/profile/stop") is_on_ = target.ends_with("start");
    if (target == "/api/profile")
      return net::test::text_response(std::string(R"({"functions":[],"enabled":)") +
                                      (is_on_ ? "true}" : "false}"));
    if (target == "/api/metrics/peers") return net::test::text_response(R"({"peers":[{"peer_id":"p"}]})");
    if (target == "/api/sessions/live") {
      net::HttpResponse sessions = net::test::text_response(R"({"top":[]})");
      sessions.status = sessions_status_;
      return sessions;
    }
    if (target == "/api/metrics/network") return net::test::text_response(R"({"score":80})");
    net::HttpResponse none = net::test::text_response("none");
    none.status = 404;
    return none;
  }

  std::mutex mutex_;
  std::map<std::string, int> asked_;
  std::map<std::string, std::set<std::string>> asked_by_;  // each client's address and port
  bool is_on_ = false;
  int sessions_status_ = 200;
  std::unique_ptr<net::HttpServer> server_;  // the last: its threads use the others
};

/// Whether the answers come to be like that.
bool become(SharedPicture& picture, const std::function<bool(const Answers&)>& like_that) {
  return eventually([&] {
    return picture.with([&](const SharedPicture::Picture& now) { return like_that(now.answers); });
  });
}

TEST(ServerFeed, AsksForWhatThePageWantsAndOnlyThen) {
  Answering server;
  SharedPicture picture;
  const auto feed = follow_server(server.url(), {}, 1, picture);
  picture.requests().show(Page::peers);
  EXPECT_TRUE(become(picture, [](const Answers& a) { return a.peers.value && a.peers.value->score == 80; }));
  picture.requests().show(Page::sessions);
  EXPECT_TRUE(become(picture, [](const Answers& a) {
    return a.past_sessions.is_there && !a.past_sessions.value;
  })) << "a server without any says so";
  const int peers = server.asked("GET /api/metrics/peers");
  EXPECT_EQ(server.asked("GET /api/profile"), 0);
  picture.requests().show(Page::profile);
  EXPECT_TRUE(eventually([&] { return server.asked("GET /api/profile") >= 2; })) << "again and again";
  EXPECT_EQ(server.asked("GET /api/metrics/peers"), peers);
}

TEST(ServerFeed, AsksForSessionsOnEveryPageOverOneConnection) {
  Answering server;
  SharedPicture picture;
  const auto feed = follow_server(server.url(), {}, 1, picture);
  EXPECT_TRUE(eventually([&] { return server.asked("GET /api/sessions/live") >= 2; }));
  picture.requests().show(Page::peers);
  const int before = server.asked("GET /api/sessions/live");
  EXPECT_TRUE(eventually([&] {
    return server.asked("GET /api/sessions/live") > before + 1 && server.asked("GET /api/metrics/peers") > 1;
  }));
  EXPECT_TRUE(server.asked_together("/api/sessions/live", "/api/metrics/peers"));
}

TEST(ServerFeed, KeepsTheSessionsOfAServerThatIsTooBusyToAnswer) {
  Answering server;
  SharedPicture picture;
  const auto feed = follow_server(server.url(), {}, 1, picture);
  // Questions come at once while pages change; here there is no live connection that would forget the
  // sessions.
  const auto has_sessions = [&] {
    return picture.with([](const SharedPicture::Picture& now) { return now.sessions.has_value(); });
  };
  const auto asked_again = [&] {
    const int before = server.asked("GET /api/sessions/live");
    return eventually([&] { return server.asked("GET /api/sessions/live") > before + 1; });
  };
  EXPECT_TRUE(eventually(has_sessions));
  server.answer_sessions_with(503);
  EXPECT_TRUE(asked_again()) << "not only after a quarter of a minute";
  server.answer_sessions_with(404);
  EXPECT_TRUE(eventually([&] {
    return picture.with([](const SharedPicture::Picture& now) {
      return !now.sessions.has_value() && now.answers.has_sessions_answer;
    });
  }));
}

TEST(ServerFeed, TurnsTheProfilerOnAndOff) {
  Answering server;
  SharedPicture picture;
  const auto feed = follow_server(server.url(), {}, 1, picture);
  picture.requests().show(Page::profile);
  const auto becomes = [&](bool is_on) {
    return become(picture,
                  [is_on](const Answers& a) { return a.profile.value && a.profile.value->is_on == is_on; });
  };
  EXPECT_TRUE(becomes(false));
  picture.requests().order(ProfilerOrder::toggle);
  EXPECT_TRUE(becomes(true));
  picture.requests().order(ProfilerOrder::toggle);
  EXPECT_TRUE(becomes(false));
  picture.requests().order(ProfilerOrder::reset);
  EXPECT_TRUE(eventually([&] { return server.asked("POST /api/profile/reset") == 1; }));
  EXPECT_EQ(server.asked("POST /api/profile/start"), 1);
  EXPECT_EQ(server.asked("POST /api/profile/stop"), 1);
}

TEST(ServerFeed, OrdersNothingWhereItMayNot) {
  Answering server;
  SharedPicture picture;
  const auto feed = follow_server(server.url(), {}, 1, picture);
  picture.with([](SharedPicture::Picture& now) { now.answers.may_change = false; });
  picture.requests().order(ProfilerOrder::toggle);
  picture.requests().show(Page::profile);
  EXPECT_TRUE(eventually([&] { return server.asked("GET /api/profile") >= 2; }));
  EXPECT_EQ(server.asked("POST /api/profile/start"), 0);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::terminal
