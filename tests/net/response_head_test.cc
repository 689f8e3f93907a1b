#include "src/net/response_head.h"

#include <clocale>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::net {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

constexpr system_clock::time_point kTime{seconds(784111777)};

HttpResponse with_header(std::string name, std::string value) {
  HttpResponse response;
  response.headers.emplace_back(std::move(name), std::move(value));
  return response;
}

TEST(HttpDate, IsTheOneOfTheRfcInAnyLocale) {
  EXPECT_EQ(http_date(kTime), "Sun, 06 Nov 1994 08:49:37 GMT");
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(http_date(kTime), "Sun, 06 Nov 1994 08:49:37 GMT");
  std::setlocale(LC_ALL, "C");
}

TEST(RenderHead, WritesAllFields) {
  HttpResponse response = with_header("X-Y", "z");
  response.body = "hello";
  EXPECT_EQ(render_head(response, {"kymo", kTime, After::close, false}),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: kymo\r\n"
            "Content-Type: application/json\r\nContent-Length: 5\r\nX-Y: z\r\n"
            "Connection: close\r\n\r\n");
}

TEST(RenderHead, SaysKeepAliveOnlyToHttp10) {
  const HttpResponse response;
  EXPECT_EQ(render_head(response, {"", kTime, After::keep, false}).find("Connection"), std::string::npos);
  EXPECT_NE(render_head(response, {"", kTime, After::keep, true}).find("Connection: keep-alive\r\n"),
            std::string::npos);
}

TEST(RenderHead, KeepsFramingToItself) {
  HttpResponse response = with_header("content-LENGTH", "424242");
  response.headers.emplace_back("Transfer-Encoding", "chunked");
  const std::string head = render_head(response, {"kymo", kTime, After::keep, false});
  EXPECT_EQ(head.find("424242"), std::string::npos);
  EXPECT_EQ(head.find("chunked"), std::string::npos);
}

TEST(RenderHead, LeavesLengthAndTypeOutWhereThereIsNoBody) {
  HttpResponse response;
  response.status = 204;
  const std::string head = render_head(response, {"kymo", kTime, After::keep, false});
  EXPECT_EQ(head.find("Content-"), std::string::npos);
}

TEST(IsSendable, RefusesWhatWouldSplitTheResponse) {
  EXPECT_TRUE(is_sendable(with_header("X-Y", "z \t\xC3\xA9")));
  EXPECT_FALSE(is_sendable(with_header("X", "a\r\nSet-Cookie: b")));
  EXPECT_FALSE(is_sendable(with_header("X", "a\nb")));
  EXPECT_FALSE(is_sendable(with_header("X", std::string("a\0b", 3))));
  EXPECT_FALSE(is_sendable(with_header("X: y", "z")));
  EXPECT_FALSE(is_sendable(with_header("", "z")));
  HttpResponse response;
  response.content_type = "a\r\nb";
  EXPECT_FALSE(is_sendable(response));
}

TEST(IsSendable, KnowsTheFinalStatuses) {
  HttpResponse response;
  for (const int status : {0, 100, 199, 600, -1}) {
    response.status = status;
    EXPECT_FALSE(is_sendable(response)) << status;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
