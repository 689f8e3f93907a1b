#include "src/monitor/login_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/monitor/asked.h"

namespace kymo::monitor {
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
  for (const live::Route& route : login_routes(guard)) {
    if (route.method == request.method && route.path == request.path) return route.handle(request);
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
  EXPECT_FALSE(guard.check(Asked("/metrics").with("cookie", cookie.substr(0, cookie.find(';'))).request()));
}

TEST(LoginRoutes, GiveNothingForAnotherToken) {
  AccessGuard guard(kToken);
  for (const char* form :
       {"", "token=", "token=abcdefgh", "token=%zz", "other=abcdefgh%2B%2F12345678%3D%3D"}) {
    const net::HttpResponse response = answer(guard, Asked("/login", "POST").body(form));
    EXPECT_EQ(response.status, 401) << form;
    EXPECT_EQ(header_of(response, "Set-Cookie"), "") << form;
    EXPECT_THAT(*response.body, HasSubstr("role=\"alert\"")) << form;
  }
  EXPECT_EQ(answer(guard, Asked("/login", "POST").body("token=x")).status, 429);
}

TEST(LoginRoutes, ForgetTheCookie) {
  AccessGuard guard(kToken);
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
              HasSubstr("kymo_443="));
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
  EXPECT_THAT(*page.body, HasSubstr("type=\"password\""));
  EXPECT_THAT(header_of(page, "Content-Security-Policy"), HasSubstr("form-action 'self'"));
  EXPECT_EQ(page.body->find("<script"), std::string::npos);
}

}  // namespace
}  // namespace kymo::monitor
