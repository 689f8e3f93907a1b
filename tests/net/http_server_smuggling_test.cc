#include <mutex>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raw_client.h"
#include "server_fixture.h"
#include "smuggling_cases.h"

namespace kymo::KYMO_ABI::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Each case on a connection of its own, with a request behind it that only a deceived server would answer.
TEST(HttpServerSmuggling, NeverGivesTwoAnswersToOneRequest) {
  const auto server = test::start_server(
      [](const HttpRequest& request) { return test::text_response(std::string(request.path)); });
  for (const auto& test : test::load_smuggling_cases()) {
    SCOPED_TRACE(test.name);
    test::RawClient client(server->endpoint().port);
    client.send(test.bytes + "GET /smuggled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client.end_sending();
    const std::string answers = client.read_to_end();
    if (test.status == 200) {
      const auto expected = static_cast<std::size_t>(test.answers) + 1;
      EXPECT_EQ(test::count_of("HTTP/1.1 200 ", answers), expected) << answers;
      EXPECT_THAT(answers, HasSubstr("/smuggled"));
    } else {
      EXPECT_EQ(test::count_of("\r\nDate: ", answers), 1U) << answers;
      EXPECT_THAT(answers, HasSubstr("HTTP/1.1 " + std::to_string(test.status) + " "));
      EXPECT_THAT(answers, HasSubstr("Connection: close\r\n"));
      EXPECT_THAT(answers, Not(HasSubstr("/smuggled")));
    }
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
