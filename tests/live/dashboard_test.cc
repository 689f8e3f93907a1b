#include "src/live/routes/routes.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace kymo::KYMO_ABI::live {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Headers = std::vector<std::pair<std::string, std::string>>;

const std::string kScript = "console.log('" + std::string(5000, 'x') + "');\n";
const std::array kFiles = {
    EmbeddedFile{"index.html", "<!doctype html>\n"},
    EmbeddedFile{"assets/dashboard.js", kScript},
    EmbeddedFile{"assets/dashboard.css", "body{}\n"},
    EmbeddedFile{"assets/icon.svg", "<svg/>\n"},
};

net::HttpResponse ask(const std::vector<Route>& routes, std::string_view path, const Headers& sent = {}) {
  const auto route =
      std::find_if(routes.begin(), routes.end(), [&](const Route& r) { return r.path == path; });
  if (route == routes.end()) {
    net::HttpResponse missing;
    missing.status = 404;
    return missing;
  }
  net::HttpRequest request;
  request.header = [&](std::string_view name) -> std::string_view {
    for (const auto& [key, value] : sent) {
      if (key == name) return value;
    }
    return {};
  };
  return route->handle(request);
}

std::string header(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string gunzip(std::string packed) {
  std::string out(1'000'000, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(Dashboard, ServesEachFileWithItsType) {
  const auto routes = dashboard_routes(kFiles);
  EXPECT_EQ(ask(routes, "/").content_type, "text/html; charset=utf-8");
  EXPECT_EQ(ask(routes, "/").body.text(), "<!doctype html>\n");
  EXPECT_EQ(ask(routes, "/assets/dashboard.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(ask(routes, "/assets/dashboard.css").content_type, "text/css; charset=utf-8");
  EXPECT_EQ(ask(routes, "/assets/icon.svg").content_type, "image/svg+xml");
  EXPECT_EQ(ask(routes, "/index.html").status, 404);
}

TEST(Dashboard, SendsGzipToWhoPrefersIt) {
  const auto routes = dashboard_routes(kFiles);
  const auto plain = ask(routes, "/assets/dashboard.js");
  EXPECT_EQ(plain.body.text(), kScript);
  EXPECT_EQ(header(plain, "Content-Encoding"), "");
  const auto packed = ask(routes, "/assets/dashboard.js", {{"accept-encoding", "gzip, br"}});
  EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(packed, "Vary"), "Accept-Encoding");
  EXPECT_LT(packed.body.size(), 200U);
  EXPECT_EQ(gunzip(packed.body.text()), kScript);
  EXPECT_EQ(ask(routes, "/assets/dashboard.js", {{"accept-encoding", "gzip"}}).body.pieces().data(),
            packed.body.pieces().data())
      << "made once";
}

TEST(Dashboard, SmallFilesAreNotPacked) {
  const auto css = ask(dashboard_routes(kFiles), "/assets/dashboard.css", {{"accept-encoding", "gzip"}});
  EXPECT_EQ(header(css, "Content-Encoding"), "");
}

TEST(Dashboard, WhoHasItIsToldSo) {
  const auto routes = dashboard_routes(kFiles);
  const std::string tag = header(ask(routes, "/"), "ETag");
  ASSERT_EQ(tag.size(), 18U);
  for (const std::string& sent :
       {tag, "W/" + tag, "\"other\", " + tag, "\"other\" ,\t" + tag + " ", std::string("*")}) {
    const auto response = ask(routes, "/", {{"if-none-match", sent}});
    EXPECT_EQ(response.status, 304) << sent;
    EXPECT_TRUE(response.body.empty());
    EXPECT_EQ(header(response, "ETag"), tag);
    EXPECT_EQ(header(response, "Cache-Control"), "no-cache");
  }
  for (const std::string& sent :
       {std::string("\"other\""), tag.substr(0, 17), std::string(","), std::string()}) {
    EXPECT_EQ(ask(routes, "/", {{"if-none-match", sent}}).status, 200) << sent;
  }
}

/// A strong tag stands for bytes as they are sent.
TEST(Dashboard, EachEncodingAndEachContentHasItsOwnTag) {
  const auto routes = dashboard_routes(kFiles);
  const std::string plain = header(ask(routes, "/assets/dashboard.js"), "ETag");
  const std::string packed =
      header(ask(routes, "/assets/dashboard.js", {{"accept-encoding", "gzip"}}), "ETag");
  EXPECT_NE(plain, packed);
  EXPECT_EQ(ask(routes, "/assets/dashboard.js", {{"if-none-match", packed}}).status, 200);
  const std::array changed = {EmbeddedFile{"assets/dashboard.js", "other"}};
  EXPECT_NE(header(ask(dashboard_routes(changed), "/assets/dashboard.js"), "ETag"), plain);
}

/// What is built in is web/dist, whole, and fits the policy: no inline script or style, nothing from
/// elsewhere.
TEST(Dashboard, ThePageThatIsBuiltInLoadsOnlyWhatIsServed) {
  const auto routes = dashboard_routes(dashboard_files());
  const std::string page = ask(routes, "/").body.text();
  for (const char* path : {"./assets/dashboard.js", "./assets/dashboard.css", "./assets/icon.svg"}) {
    EXPECT_THAT(page, HasSubstr("\"" + std::string(path) + "\""));
    EXPECT_EQ(ask(routes, std::string(path).substr(1)).status, 200) << path;
  }
  for (const char* forbidden : {"<style", "style=", "onclick", "<script>", "//"}) {
    EXPECT_THAT(page, Not(HasSubstr(forbidden)));
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
