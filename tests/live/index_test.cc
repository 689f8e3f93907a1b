#include "src/live/routes/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::live {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string page_of(const std::vector<Route>& listed) {
  return index_routes(listed).front().handle({}).body.text();
}

TEST(Index, ListsTheRoutesThatSayWhatTheyAreAbout) {
  const std::string page =
      page_of({{"GET", "/metrics", nullptr, "Numbers & more."}, {"GET", "/hidden", nullptr}});
  EXPECT_THAT(page, HasSubstr("<a href=\"/metrics\">/metrics</a><p>Numbers &amp; more.</p>"));
  EXPECT_THAT(page, Not(HasSubstr("/hidden")));
}

TEST(Index, LinksOnlyToWhatABrowserCanOpen) {
  const std::string page =
      page_of({{.path = "/ws/<a>", .handle = nullptr, .about = "Live.", .opens_in_browser = false}});
  EXPECT_THAT(page, HasSubstr("<code>/ws/&lt;a&gt;</code><p>Live.</p>"));
  EXPECT_THAT(page, Not(HasSubstr("href=\"/ws")));
}

TEST(Index, EscapesWhatOthersNamed) {
  const std::string page = page_of({{"GET", "/\"><script>", nullptr, "<b>'"}});
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("/&quot;&gt;&lt;script&gt;"));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;&#39;"));
}

/// `default-src 'self'` forbids inline scripts and styles, and whatever comes from elsewhere.
TEST(Index, KeepsToTheContentSecurityPolicy) {
  const std::string page = page_of({{"GET", "/metrics", nullptr, "x"}});
  for (const char* forbidden : {"<script", "<style", "style=", "onclick", "http://", "https://", "//cdn"}) {
    EXPECT_THAT(page, Not(HasSubstr(forbidden)));
  }
}

TEST(Index, ServesItsStyleSheet) {
  const auto routes = index_routes({});
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_THAT(routes.front().handle({}).body.text(), HasSubstr("\"" + routes.back().path + "\""));
  EXPECT_FALSE(routes.back().handle({}).body.empty());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
