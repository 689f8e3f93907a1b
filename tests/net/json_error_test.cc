#include <kymo/net/json_error.h>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::net {
namespace {

TEST(JsonError, HasStatusMessageAndRemedy) {
  const HttpResponse response = json_error(404, "no \"x\"", "try /y");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body.text(),
            "{\"error\":{\"status\":404,\"message\":\"no \\\"x\\\"\",\"remedy\":\"try /y\"}}\n");
}

TEST(JsonError, LeavesOutAnEmptyRemedy) {
  EXPECT_EQ(json_error(500, "m").body.text(), "{\"error\":{\"status\":500,\"message\":\"m\"}}\n");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
