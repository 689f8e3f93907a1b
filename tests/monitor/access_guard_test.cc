// AccessGuard: each way to bring a token or a login, right and wrong, and the slowing of guesses.
#include "src/monitor/access_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/monitor/asked.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

using namespace std::chrono_literals;

const std::string kToken = "abcdefgh-12345678";

int status_of(AccessGuard& guard, const Asked& asked) {
  const auto refused = guard.check(asked.request());
  return refused ? refused->response.status : 200;
}

int with_authorization(const std::string& value) {
  AccessGuard guard(kToken);
  return status_of(guard, Asked("/metrics").with("authorization", value));
}

constexpr std::chrono::steady_clock::time_point kLoggedIn{1h};  // when Asked asks

/// `%` in the cookies stands for the id of an open login.
int with_cookie(std::string value, const std::string& host = "localhost:9464") {
  AccessGuard guard(kToken);
  const std::string id = guard.logins().begin(kLoggedIn);
  if (const std::size_t place = value.find('%'); place != std::string::npos) value.replace(place, 1, id);
  return status_of(guard, Asked("/metrics").with("cookie", value).with("host", host));
}

TEST(AccessGuard, LetsEverybodyInWithoutAToken) {
  AccessGuard guard("");
  EXPECT_EQ(status_of(guard, Asked("/metrics")), 200);
  EXPECT_EQ(status_of(guard, Asked("/metrics").with("authorization", "Bearer anything")), 200);
}

TEST(AccessGuard, AsksForTheTokenEverywhereButWhereNothingIsTold) {
  AccessGuard guard(kToken);
  for (const char* path : {"/", "/metrics", "/api/metrics", "/ws/metrics", "/nowhere", "/healthz/",
                           "/HEALTHZ", "/login/x", "/logout"}) {
    EXPECT_EQ(status_of(guard, Asked(path)), 401) << path;
    EXPECT_EQ(status_of(guard, Asked(path, "POST")), 401) << path;
  }
  for (const char* path :
       {"/healthz", "/readyz", "/login", "/login.css", "/assets/icon.svg", "/assets/index.css"}) {
    EXPECT_EQ(status_of(guard, Asked(path)), 200) << path;
  }
}

TEST(AccessGuard, TakesTheTokenAsBearer) {
  EXPECT_EQ(with_authorization("Bearer " + kToken), 200);
  EXPECT_EQ(with_authorization("bEARER  " + kToken), 200);
  const std::vector<std::string> all_wrong = {"Bearer",
                                              "Bearer ",
                                              "Bearer " + kToken + "x",
                                              "Bearer " + kToken.substr(1),
                                              "Bearer " + kToken.substr(0, 16),
                                              "Basic " + kToken,
                                              kToken,
                                              "Bearer ABCDEFGH-12345678",
                                              "Bearer " + kToken + kToken,
                                              "Bearer " + std::string(15'000, 'a')};
  for (const std::string& wrong : all_wrong) {
    EXPECT_EQ(with_authorization(wrong), 401) << wrong.substr(0, 60);
  }
}

TEST(AccessGuard, TakesAnOpenLoginAsCookieOfTheHostAndPortAsked) {
  EXPECT_EQ(with_cookie("kymo_9464=%"), 200);
  EXPECT_EQ(with_cookie("a=b; kymo_9464=%; c=d"), 200);
  EXPECT_EQ(with_cookie("kymo_80=%", "metrics.example"), 200);
  EXPECT_EQ(with_cookie("kymo_9000=%", "[::1]:9000"), 200);
  EXPECT_EQ(with_cookie("kymo_9465=%"), 401);
  EXPECT_EQ(with_cookie("xkymo_9464=%"), 401);
  EXPECT_EQ(with_cookie("kymo_9464x=%"), 401);
  EXPECT_EQ(with_cookie("kymo_9464=%x"), 401);
  EXPECT_EQ(with_cookie(";;;=;kymo_9464"), 401);
  EXPECT_EQ(with_cookie("kymo_9464=" + kToken), 401) << "a cookie reaches other services of this host";
  EXPECT_EQ(with_cookie("kymo_9464=" + std::string(64, '0')), 401);
}

TEST(AccessGuard, AForeignCookieOfItsNameShutsNobodyOut) {
  EXPECT_EQ(with_cookie("kymo_9464=junk; kymo_9464=%"), 200) << "as another port of this host may set it";
  EXPECT_EQ(with_cookie("kymo_9464=" + std::string(64, 'a') + "; x=y; kymo_9464=%; kymo_9464="), 200);
  EXPECT_EQ(with_cookie("x=y, kymo_9464=%"), 200) << "of two fields, joined";
  EXPECT_EQ(with_cookie("kymo_9464=junk; kymo_9464="), 401);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "kymo_9464=" + std::string(64, 'a') + "; ";
  EXPECT_EQ(with_cookie(many + "kymo_9464=%"), 401) << "only the first few are looked at";
}

TEST(AccessGuard, ACookieGivenOverTlsHasItsPrefix) {
  AccessGuard guard(kToken);
  const std::string id = guard.logins().begin(kLoggedIn);
  const auto status = [&](const std::string& name) {
    return status_of(guard, Asked("/metrics").over_tls().with("cookie", name + "=" + id));
  };
  EXPECT_EQ(status("__Host-kymo_9464"), 200);
  EXPECT_EQ(status("kymo_9464"), 401);
}

TEST(AccessGuard, TakesNoTokenOutOfAnAddress) {
  AccessGuard guard(kToken);
  Asked asked("/metrics?token=" + kToken);
  net::HttpRequest request = asked.request();
  request.query = {{"token", kToken}, {"access_token", kToken}};
  ASSERT_TRUE(guard.check(request));
}

TEST(AccessGuard, TellsAProgramHowAndABrowserWhere) {
  AccessGuard guard(kToken);
  const auto program = guard.check(Asked("/metrics").request());
  ASSERT_TRUE(program);
  EXPECT_EQ(header_of(program->response, "WWW-Authenticate"), "Bearer realm=\"kymo\"");
  EXPECT_EQ(program->response.body.text().find(kToken), std::string::npos);
  const auto browser = guard.check(Asked("/").with("accept", "text/html,*/*").request());
  ASSERT_TRUE(browser);
  EXPECT_EQ(browser->response.status, 303);
  EXPECT_EQ(header_of(browser->response, "Location"), "/login");
}

TEST(AccessGuard, RefusesChangesThatPagesOfOthersSend) {
  AccessGuard guard("");
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    for (const char* origin :
         {"http://evil.example", "null", "http://localhost", "http://localhost:9465", "https://"}) {
      EXPECT_EQ(status_of(guard, Asked("/x", method).with("origin", origin)), 403) << method << " " << origin;
    }
    EXPECT_EQ(status_of(guard, Asked("/x", method).with("origin", "http://localhost:9464")), 200) << method;
    EXPECT_EQ(status_of(guard, Asked("/x", method)), 200) << method;
  }
  EXPECT_EQ(status_of(guard, Asked("/x").with("origin", "http://evil.example")), 200)
      << "a page may ask, not read";
}

TEST(AccessGuard, LimitsWrongTokensASecondAndAddress) {
  AccessGuard guard(kToken);
  const std::chrono::steady_clock::time_point start{std::chrono::hours(2)};
  const auto guess = [&](const std::string& token, const std::string& from, std::chrono::milliseconds after) {
    return status_of(guard,
                     Asked("/metrics").with("authorization", "Bearer " + token).from(from).at(start + after));
  };
  for (int i = 0; i < AttemptLimit::kFailuresPerSecond; ++i) {
    EXPECT_EQ(guess("wrong", "10.0.0.1:" + std::to_string(1000 + i), 1ms * i), 401);
  }
  EXPECT_EQ(guess("wrong", "10.0.0.1:9", 500ms), 429);
  EXPECT_EQ(guess(kToken, "10.0.0.1:9", 500ms), 200) << "guesses of others must not lock the right token out";
  EXPECT_EQ(guess(kToken, "10.0.0.2:9", 500ms), 200);
  EXPECT_EQ(guess("wrong", "10.0.0.1:9", 1000ms), 401);
}

TEST(AccessGuard, SlowsDownGuessesOfAnAddressRightAndWrongAlike) {
  AccessGuard guard(kToken);
  const auto delay = [&](Asked asked) { return guard.delay_of(asked.request()); };
  const auto bearer = [](const std::string& token) {
    return Asked("/metrics").with("authorization", "Bearer " + token);
  };
  for (int i = 0; i < AttemptLimit::kFailuresPerSecond; ++i) {
    EXPECT_EQ(delay(bearer(kToken)), 0ms);
    EXPECT_EQ(status_of(guard, bearer("wrong")), 401);
  }
  EXPECT_GT(delay(bearer("wrong")), 0ms);
  EXPECT_EQ(delay(bearer(kToken)), delay(bearer("wrong"))) << "or a quick answer would tell the right one";
  EXPECT_GT(delay(Asked("/login", "POST")), 0ms);
  EXPECT_EQ(delay(Asked("/healthz")), 0ms);
  EXPECT_EQ(delay(Asked("/metrics").with("cookie", "kymo_9464=x")), 0ms) << "a login's id is beyond guessing";
  EXPECT_EQ(delay(bearer("wrong").from("127.0.0.2:1")), 0ms);
  EXPECT_EQ(delay(bearer("wrong").at(kLoggedIn + 1s)), 0ms);
}

TEST(Logins, EndByTimeByRequestAndWithTheToken) {
  Logins logins;
  const std::string id = logins.begin(kLoggedIn);
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_NE(id, logins.begin(kLoggedIn));
  EXPECT_TRUE(logins.is_open(id, kLoggedIn + Logins::kLifetime - 1s));
  EXPECT_FALSE(logins.is_open(id, kLoggedIn + Logins::kLifetime));
  EXPECT_FALSE(logins.is_open(id.substr(1), kLoggedIn));
  EXPECT_TRUE(logins.end(id));
  EXPECT_FALSE(logins.end(id));
  EXPECT_FALSE(logins.is_open(id, kLoggedIn));
}

TEST(Logins, TellThatOneHasExpiredOrWasEvicted) {
  Logins logins;
  (void)logins.begin(kLoggedIn);
  EXPECT_FALSE(logins.take_ended(kLoggedIn + Logins::kLifetime - 1s));
  EXPECT_TRUE(logins.take_ended(kLoggedIn + Logins::kLifetime));
  EXPECT_FALSE(logins.take_ended(kLoggedIn + Logins::kLifetime)) << "once";
  (void)logins.begin(kLoggedIn);
  (void)logins.begin(kLoggedIn + Logins::kLifetime);
  EXPECT_TRUE(logins.take_ended(kLoggedIn + Logins::kLifetime)) << "found by a later login";
  for (std::size_t i = 0; i < Logins::kMost; ++i) (void)logins.begin(kLoggedIn + Logins::kLifetime);
  EXPECT_TRUE(logins.take_ended(kLoggedIn + Logins::kLifetime)) << "evicted";
}

TEST(Logins, AreBoundedAndTheOldestGoesFirst) {
  Logins logins;
  const std::string first = logins.begin(kLoggedIn);
  const std::string second = logins.begin(kLoggedIn + 1ms);
  for (std::size_t i = 2; i < Logins::kMost; ++i) (void)logins.begin(kLoggedIn + 1s);
  EXPECT_TRUE(logins.is_open(first, kLoggedIn));
  EXPECT_EQ(logins.evicted(), 0U);
  (void)logins.begin(kLoggedIn + 1s);
  EXPECT_FALSE(logins.is_open(first, kLoggedIn));
  EXPECT_TRUE(logins.is_open(second, kLoggedIn));
  EXPECT_EQ(logins.evicted(), 1U);
}

TEST(AccessGuard, TheRightTokenAndNoneAreNoGuesses) {
  AccessGuard guard(kToken);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(status_of(guard, Asked("/metrics")), 401);
    EXPECT_EQ(status_of(guard, Asked("/metrics").with("authorization", "Bearer " + kToken)), 200);
  }
}

TEST(AttemptLimit, TakesAnIPv6NetworkForOneAddress) {
  AttemptLimit limit;
  const AttemptLimit::Time now{std::chrono::hours(1)};
  for (int i = 0; i < AttemptLimit::kFailuresPerSecond; ++i) {
    limit.count_failure("[2001:db8::" + std::to_string(i) + "]:1", now);
  }
  EXPECT_TRUE(limit.is_over("[2001:db8::ffff]:2", now));
  EXPECT_FALSE(limit.is_over("[2001:db8:0:1::ffff]:2", now));
  EXPECT_FALSE(limit.is_over("[2001:db8::ffff]:2", now + 1s));
  for (const char* odd : {"", ":", "[]:1", "[", "x", "[fe80::1%eth0]:1"}) limit.count_failure(odd, now);
}

TEST(AttemptLimit, GuessesOfThousandsOfAddressesConcernNobodyElse) {
  AttemptLimit limit;
  const AttemptLimit::Time now{std::chrono::hours(1)};
  const auto address = [](int i, int port) {
    return "10.1." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + ':' + std::to_string(port);
  };
  for (int i = 0; i < 5000; ++i) {
    for (int k = 0; k < 2 * AttemptLimit::kFailuresPerSecond; ++k) limit.count_failure(address(i, k), now);
  }
  EXPECT_TRUE(limit.is_over(address(0, 1), now));
  EXPECT_TRUE(limit.is_over(address(AttemptLimit::kAddresses - 1, 1), now));
  for (int i = 5000; i < 20'000; ++i) ASSERT_FALSE(limit.is_over(address(i, 1), now)) << i;
}

TEST(AccessGuard, ATokenThatChangesCountsAtOnce) {
  AccessGuard guard(kToken);
  const std::string other = "another-token-of-the-test";
  const auto lets_in = [&](const std::string& token) {
    return !guard.check(Asked("/metrics").with("authorization", "Bearer " + token).request());
  };
  EXPECT_TRUE(lets_in(kToken));
  const std::string login = guard.logins().begin(kLoggedIn);
  guard.use_token(other);
  EXPECT_FALSE(guard.logins().is_open(login, kLoggedIn));
  EXPECT_FALSE(lets_in(kToken));
  EXPECT_TRUE(lets_in(other));
  guard.use_token("");
  EXPECT_FALSE(guard.check(Asked("/metrics").request()));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
