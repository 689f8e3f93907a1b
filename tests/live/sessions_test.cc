#include <kymo/live/session_hub.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace kymo::KYMO_ABI::live {
namespace {

using testing::HasSubstr;

net::HttpResponse get(net::HttpRequest::Pairs query) {
  const Route route =
      live_sessions_route({.fields = {"errors", "realtime_factor"},
                           .json = [](std::size_t top, std::string_view by) -> std::optional<std::string> {
                             if (by != "errors" && by != "realtime_factor") return std::nullopt;
                             return std::to_string(top) + ' ' + std::string(by);
                           }});
  EXPECT_EQ(route.path, "/api/sessions/live");
  net::HttpRequest request;
  request.query = std::move(query);
  return route.handle(request);
}

TEST(LiveSessions, AreThoseThatAreAskedFor) {
  EXPECT_EQ(get({}).body.text(), "10 realtime_factor");
  EXPECT_EQ(get({{"top", "3"}, {"by", "errors"}}).body.text(), "3 errors");
  EXPECT_EQ(get({{"top", "0"}}).body.text(), "0 realtime_factor");
  EXPECT_EQ(get({}).content_type, "application/json");
}

TEST(LiveSessions, RefuseAFieldThatThereIsNoneOf) {
  for (const char* field : {"error", "", "session_id", "\"\n"}) {
    const auto response = get({{"by", field}});
    EXPECT_EQ(response.status, 400) << field;
    EXPECT_THAT(response.body.text(), HasSubstr("errors, realtime_factor"));
  }
}

TEST(LiveSessions, RefuseATopThatIsNoCount) {
  for (const char* top : {"", "x", "-1", "1.5", "1001", "99999999999999999999", " 1", "1 "}) {
    EXPECT_EQ(get({{"top", top}}).status, 400) << top;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
