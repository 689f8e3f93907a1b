#include "src/monitor/login_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/monitor/asked.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

using testing::HasSubstr;

const std::string kToken = "abcdefgh+/12345678==";

net::HttpResponse page_not_there() {
  net::HttpResponse response;
  response.status = 404;
  return response;
}

net::HttpResponse answer(AccessGuard& guard, const Asked& asked) {
  const net::HttpRequest request = asked.request();
  for (const live::Route& route : login_routes(guard, nullptr)) {
    if (route.method == request.method && route.path == request.path && route.is_there()) {
      return route.handle(request);
    }
  }
  return page_not_there();
}

TEST(LoginRoutes, GiveACookieThatLetsIn) {
  AccessGuard guard(kToken);
  const net::HttpResponse response =
      answer(guard, Asked("/login", "POST").body("token=abcdefgh%2B%2F12345678%3D%3D"));
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header_of(response, "Location"), "/");
  const std::string cookie = header_of(response, "Set-Cookie");
  EXPECT_THAT(cookie, HasSubstr("; HttpOnly"));
  EXPECT_THAT(cookie, HasSubstr("; SameSite=Strict"));
  EXPECT_THAT(cookie, HasSubstr("; Max-Age=604800"));
  EXPECT_EQ(cookie.find("abcdefgh"), std::string::npos) << "the token stays in the login's request";
  EXPECT_FALSE(guard.check(Asked("/metrics").with("cookie", cookie.substr(0, cookie.find(';'))).request()));
}

TEST(LoginRoutes, AreSentWithTheirOrigin) {
  AccessGuard guard(kToken);
  EXPECT_EQ(header_of(answer(guard, Asked("/login")), "Referrer-Policy"), "same-origin");
}

TEST(LoginRoutes, GiveNothingForAnotherToken) {
  AccessGuard guard(kToken);
  for (const char* form :
       {"", "token=", "token=abcdefgh", "token=%zz", "other=abcdefgh%2B%2F12345678%3D%3D"}) {
    const net::HttpResponse response = answer(guard, Asked("/login", "POST").body(form));
    EXPECT_EQ(response.status, 401) << form;
    EXPECT_EQ(header_of(response, "Set-Cookie"), "") << form;
    EXPECT_THAT(response.body.text(), HasSubstr("role=\"alert\"")) << form;
  }
  EXPECT_EQ(answer(guard, Asked("/login", "POST").body("token=x")).status, 429);
}

TEST(LoginRoutes, LeadBackToWhereTheBrowserWas) {
  AccessGuard guard(kToken);
  const auto led_to = [&](const std::string& next) {
    Asked asked("/login", "POST");
    asked.body("token=abcdefgh%2B%2F12345678%3D%3D");
    net::HttpRequest request = asked.request();
    request.query = {{"next", next}};
    for (const live::Route& route : login_routes(guard, nullptr)) {
      if (route.method == "POST" && route.path == "/login") {
        return header_of(route.handle(request), "Location");
      }
    }
    return std::string();
  };
  EXPECT_EQ(led_to("/api"), "/api");
  EXPECT_EQ(led_to("/#/sessions?by=errors"), "/#/sessions?by=errors");
  for (const char* elsewhere :
       {"", "api", "//evil.example", "/\\evil.example", "/\t/evil.example", "/a\r\nSet-Cookie: a=b",
        "https://evil.example", "javascript:alert(1)", "/login?next=/login", "/\xC3\xA9"}) {
    EXPECT_EQ(led_to(elsewhere), "/") << elsewhere;
  }
  EXPECT_EQ(led_to('/' + std::string(3000, 'a')), "/");
}

TEST(LoginRoutes, KeepTheWayBackInTheForm) {
  AccessGuard guard(kToken);
  net::HttpRequest request = Asked("/login").request();
  request.query = {{"next", "/?a=\"><script>&b='"}};
  const live::Route route = login_routes(guard, nullptr).front();
  EXPECT_THAT(route.handle(request).body.text(),
              HasSubstr(R"(action="/login?next=%2F%3Fa%3D%22%3E%3Cscript%3E%26b%3D%27">)"));
  request.query = {};
  EXPECT_THAT(route.handle(request).body.text(), HasSubstr(R"(action="/login">)"));
}

TEST(LoginRoutes, ABrowserThatIsNotLetInIsLedToThem) {
  AccessGuard guard(kToken);
  const auto refused = [&](const std::string& path) {
    return header_of(guard.check(Asked(path).with("accept", "text/html").request())->response, "Location");
  };
  EXPECT_EQ(refused("/"), "/login");
  EXPECT_EQ(refused("/api?x=1"), "/login?next=%2Fapi%3Fx%3D1");
}

TEST(LoginRoutes, NoLoginOutlivesItsToken) {
  for (int i = 0; i < 1000; ++i) {
    AccessGuard guard(kToken);
    std::atomic<int> ready{0};
    const auto meet = [&ready] {
      ++ready;
      while (ready != 2) std::this_thread::yield();
    };
    std::thread changes([&] {
      meet();
      std::atomic<int> wait{i % 1000};  // so that it comes at another step each time
      while (--wait > 0) continue;
      guard.use_token("another-token-of-the-test");
    });
    meet();
    const net::HttpResponse response =
        answer(guard, Asked("/login", "POST").body("token=abcdefgh%2B%2F12345678%3D%3D"));
    changes.join();
    const std::string cookie = header_of(response, "Set-Cookie");
    ASSERT_TRUE(guard.check(Asked("/metrics").with("cookie", cookie.substr(0, cookie.find(';'))).request()))
        << "at the " << i << "th try";
  }
}

TEST(LoginRoutes, EndALogin) {
  AccessGuard guard(kToken);
  int ended = 0;
  const std::string id = guard.logins().begin(Asked("/").request().received);
  const auto log_out = [&] {
    const Asked asked = Asked("/logout", "POST").with("cookie", "kymo_9464=" + id);
    for (const live::Route& route : login_routes(guard, [&] { ++ended; })) {
      if (route.path == "/logout") (void)route.handle(asked.request());
    }
  };
  log_out();
  EXPECT_EQ(ended, 1) << "what it holds open has to end";
  EXPECT_TRUE(guard.check(Asked("/metrics").with("cookie", "kymo_9464=" + id).request()));
  log_out();
  EXPECT_EQ(ended, 1) << "nobody without a login ends the connections of others";
  EXPECT_THAT(header_of(answer(guard, Asked("/logout", "POST")), "Set-Cookie"), HasSubstr("kymo_9464=; "));
  EXPECT_THAT(header_of(answer(guard, Asked("/logout", "POST")), "Set-Cookie"), HasSubstr("Max-Age=0"));
}

TEST(LoginRoutes, ACookieGivenOverTlsNeverTravelsInClear) {
  AccessGuard guard(kToken);
  const auto cookie_of = [&](Asked asked) {
    return header_of(answer(guard, asked.body("token=abcdefgh%2B%2F12345678%3D%3D")), "Set-Cookie");
  };
  EXPECT_THAT(cookie_of(Asked("/login", "POST").over_tls()), HasSubstr("; Secure"));
  EXPECT_THAT(cookie_of(Asked("/logout", "POST").over_tls()), HasSubstr("; Secure"));
  EXPECT_EQ(cookie_of(Asked("/login", "POST")).find("Secure"), std::string::npos);
  EXPECT_THAT(cookie_of(Asked("/login", "POST").over_tls().with("host", "kymo.example")),
              HasSubstr("__Host-kymo_443="));
}

TEST(LoginRoutes, AreThereWhileATokenIsAsked) {
  AccessGuard guard("");
  EXPECT_EQ(answer(guard, Asked("/login")).status, 404);
  guard.use_token(kToken);
  EXPECT_EQ(answer(guard, Asked("/login")).status, 200);
}

TEST(LoginRoutes, AskInAPageWithoutScript) {
  AccessGuard guard(kToken);
  const net::HttpResponse page = answer(guard, Asked("/login"));
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body.text(), HasSubstr("type=\"password\""));
  EXPECT_THAT(header_of(page, "Content-Security-Policy"), HasSubstr("form-action 'self'"));
  EXPECT_EQ(page.body.text().find("<script"), std::string::npos);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
