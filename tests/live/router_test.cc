#include <kymo/live/router.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kymo/net/uri.h>

namespace kymo::KYMO_ABI::live {
namespace {

using ::testing::HasSubstr;

net::HttpServer::Handler says(std::string text) {
  return [text](const net::HttpRequest& request) {
    std::string all = text;
    for (const auto& [name, value] : request.path_parameters) all += " " + name + "=" + value;
    net::HttpResponse response;
    response.body = all;
    return response;
  };
}

net::HttpResponse ask(const Router& router, std::string_view target, std::string_view method = "GET") {
  net::HttpRequest request;
  request.method = method;
  request.target = target;
  const auto parsed = net::parse_target(target);
  const std::string path = parsed ? parsed->path : std::string(target);
  request.path = path;
  request.header = [](std::string_view) { return std::string_view(); };
  return router.handle(request);
}

std::string body(const net::HttpResponse& response) { return response.body.text(); }

std::string header(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [known, value] : response.headers) {
    if (known == name) return value;
  }
  return "";
}

Router make_router() {
  return Router({{"GET", "/", says("root")},
                 {"GET", "/metrics", says("metrics")},
                 {"GET", "/series/{name}", says("one")},
                 {"GET", "/series/all", says("all")},
                 {"DELETE", "/series/{name}", says("deleted")},
                 {"GET", "/{tenant}/rules/{rule}", says("rule")},
                 {"POST", "/reload", says("reloaded")}});
}

TEST(Router, FindsExactPaths) {
  const Router router = make_router();
  EXPECT_EQ(body(ask(router, "/")), "root");
  EXPECT_EQ(body(ask(router, "/metrics?format=x")), "metrics");
  EXPECT_EQ(body(ask(router, "/%6Detrics")), "metrics");
}

TEST(Router, TellsTheThreadsOfARequest) {
  using net::ThreadClass;
  const Router router({{.path = "/health", .handle = says("ok"), .threads = ThreadClass::quick},
                       {.path = "/series/{name}", .handle = says("one"), .threads = ThreadClass::heavy},
                       {.path = "/series/all", .handle = says("all")},
                       {.method = "POST", .path = "/series/{name}", .handle = says("made")}});
  EXPECT_EQ(router.thread_class_of("GET", "/health?x"), ThreadClass::quick);
  EXPECT_EQ(router.thread_class_of("GET", "/%68ealth"), ThreadClass::quick);
  EXPECT_EQ(router.thread_class_of("GET", "/series/a"), ThreadClass::heavy);
  EXPECT_EQ(router.thread_class_of("HEAD", "/series/a%2Fb"), ThreadClass::heavy) << "escapes change nothing";
  EXPECT_EQ(router.thread_class_of("GET", "/series/all"), ThreadClass::normal);
  EXPECT_EQ(router.thread_class_of("POST", "/series/a"), ThreadClass::normal);
  for (const char* target : {"*", "/nothing", "/series/%zz", ""}) {
    EXPECT_EQ(router.thread_class_of("GET", target), ThreadClass::normal) << target;
  }
}

TEST(Router, PutsLiteralsBeforeParameters) {
  const Router router = make_router();
  EXPECT_EQ(body(ask(router, "/series/all")), "all");
  EXPECT_EQ(body(ask(router, "/series/up")), "one name=up");
}

TEST(Router, HandsOverParametersDecodedOneByOne) {
  const Router router = make_router();
  EXPECT_EQ(body(ask(router, "/a%20b/rules/c%2Fd")), "rule tenant=a b rule=c/d");
  EXPECT_EQ(body(ask(router, "/series/x", "DELETE")), "deleted name=x");
}

TEST(Router, KnowsNothingOfARouteThatIsNotThereNow) {
  bool is_there = false;
  const Router router({{.path = "/metric", .handle = says("there"), .is_there = [&] { return is_there; }}});
  EXPECT_EQ(ask(router, "/metric").status, 404);
  EXPECT_EQ(ask(router, "/metric", "OPTIONS").status, 404);
  EXPECT_EQ(body(ask(router, "/metrics")).find("did you mean"), std::string::npos);
  is_there = true;
  EXPECT_EQ(body(ask(router, "/metric")), "there");
  EXPECT_NE(body(ask(router, "/metrics")).find("did you mean /metric?"), std::string::npos);
}

TEST(Router, TakesNoEmptyParameterAndNoFurtherSegments) {
  const Router router = make_router();
  for (const char* target :
       {"/series/", "/series/a/b", "//metrics", "/metrics/", "/series%2Fall", "/../metrics"}) {
    EXPECT_EQ(ask(router, target).status, 404) << target;
  }
}

TEST(Router, Answers404WithWhatIsSimilar) {
  const Router router = make_router();
  const auto response = ask(router, "/metric");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(body(response),
            "{\"error\":{\"status\":404,\"message\":\"there is nothing at /metric\","
            "\"remedy\":\"did you mean /metrics?\"}}\n");
  EXPECT_THAT(body(ask(router, "/zzzzzzzzzz")), HasSubstr("/api lists the addresses"));
}

TEST(Router, ReflectsOnlyABitOfALongPath) {
  const Router router = make_router();
  EXPECT_LT(body(ask(router, "/" + std::string(10'000, 'x'))).size(), 400U);
}

TEST(Router, EscapesWhatItReflects) {
  const Router router = make_router();
  const auto response = ask(router, "/%22%3Cscript%3E");
  EXPECT_THAT(body(response), HasSubstr("\\\"<script>"));
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
}

TEST(Router, Answers405WithWhatIsAllowed) {
  const Router router = make_router();
  const auto response = ask(router, "/series/x", "PUT");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header(response, "Allow"), "GET, DELETE, HEAD, OPTIONS");
  EXPECT_EQ(header(ask(router, "/reload"), "Allow"), "POST, OPTIONS");
  EXPECT_EQ(ask(router, "/reload", "HEAD").status, 405);
  EXPECT_EQ(ask(router, "/metrics", "get").status, 405) << "methods are case-sensitive";
}

TEST(Router, AnswersHeadByGetAndOptionsByItself) {
  const Router router = make_router();
  EXPECT_EQ(body(ask(router, "/metrics", "HEAD")), "metrics");
  const auto options = ask(router, "/metrics", "OPTIONS");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(header(options, "Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(ask(router, "*", "OPTIONS").status, 204);
}

TEST(Router, MakesEveryResponseSafe) {
  const Router router = make_router();
  for (const char* target : {"/", "/metrics", "/none", "*"}) {
    const auto response = ask(router, target, target[0] == '*' ? "OPTIONS" : "GET");
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff") << target;
    EXPECT_EQ(header(response, "Cache-Control"), "no-store") << target;
    EXPECT_EQ(header(response, "Referrer-Policy"), "no-referrer") << target;
    EXPECT_THAT(header(response, "Content-Security-Policy"), HasSubstr("default-src 'self'"));
    EXPECT_THAT(header(response, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
    for (const auto& [name, value] : response.headers) {
      EXPECT_EQ(name.find("Access-Control"), std::string::npos);
    }
  }
}

TEST(Router, LeavesAHandlersOwnHeadersAlone) {
  const Router router({{"GET", "/asset", [](const net::HttpRequest&) {
                          net::HttpResponse response;
                          response.headers.emplace_back("cache-control", "max-age=60");
                          return response;
                        }}});
  const auto response = ask(router, "/asset");
  EXPECT_EQ(header(response, "cache-control"), "max-age=60");
  EXPECT_EQ(header(response, "Cache-Control"), "");
}

TEST(Router, LetsAHandlersExceptionThrough) {
  const Router router(
      {{"GET", "/", [](const net::HttpRequest&) -> net::HttpResponse { throw std::runtime_error("x"); }}});
  EXPECT_THROW((void)ask(router, "/"), std::runtime_error);
}

TEST(Router, RefusesRoutesThatCannotWork) {
  const auto refused = [](std::vector<Route> routes, std::string_view reason) {
    try {
      const Router router(std::move(routes));
      ADD_FAILURE() << "taken: " << reason;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr(reason));
    }
  };
  refused({{"GET", "metrics", says("")}}, "route GET metrics: its path does not begin with /");
  refused({{"", "/", says("")}}, "it has no method");
  refused({{"GET", "/", nullptr}}, "it has no handler");
  refused({{"GET", "/a{b}", says("")}}, "braces");
  refused({{"GET", "/{}", says("")}}, "braces");
  refused({{"GET", "/a", says("")}, {"GET", "/a", says("")}}, "an equal route exists");
  refused({{"GET", "/{a}", says("")}, {"GET", "/{b}", says("")}}, "an equal route exists");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
