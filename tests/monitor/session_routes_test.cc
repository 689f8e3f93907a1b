#include <kymo/monitor/session_routes.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <kymo/core/registry.h>
#include <kymo/packs/stream_sessions.h>

namespace kymo {
namespace {

TEST(SessionsRoute, AnswersWithTheSessionsThatGoOn) {
  Registry registry;
  packs::SessionStreams streams(registry);
  const auto route = sessions_route(streams);
  auto session = streams.begin({.ids = {.session_id = "anna"}});
  session->source({.name = "mic"})->queued({.bytes = 640, .audio = std::chrono::milliseconds(20)});
  net::HttpRequest request;
  request.query = {{"by", "queue_depth"}};
  const auto response = route.handle(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body.text(), testing::HasSubstr(R"("top":[{"session_id":"anna")"));
  for (const std::string_view field : packs::session_fields()) {
    request.query = {{"by", std::string(field)}};
    EXPECT_EQ(route.handle(request).status, 200) << field;
  }
  request.query = {{"by", "colour"}};
  EXPECT_EQ(route.handle(request).status, 400);
}

}  // namespace
}  // namespace kymo
