#include <kymo/monitor/monitor.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

#include <kymo/core/collector.h>

#include "tests/monitor/http_get.h"
#include "tests/monitor/temporary_file.h"

namespace kymo {
namespace {

using monitor::http_get;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

const std::string kAnyPort = "127.0.0.1:0";

/// Whether something comes true before a time that no working machine needs.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// The messages that a Monitor logs.
class Messages final {
 public:
  log::Sink sink() {
    return [this](const log::Record& record) {
      const std::lock_guard lock(mutex_);
      messages_.emplace_back(record.message);
    };
  }
  [[nodiscard]] bool any(const std::string& part) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(messages_, [&](const auto& m) { return m.find(part) != std::string::npos; });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> messages_;
};

double number(const Snapshot& snapshot, std::string_view name) {
  const auto point = snapshot.find(name, {});
  return point ? to_double(point->number) : -1;
}

TEST(Monitor, ServesTheHostTheProcessAndTheUsersMetrics) {
  Monitor monitor({.listen = kAnyPort});
  Counter sessions = monitor.registry().counter("voice.sessions", "Sessions.");
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  sessions.add(3);
  EXPECT_THAT(http_get(monitor.endpoint(), "/readyz"), StartsWith("HTTP/1.1 200 "));
  const std::string text = http_get(monitor.endpoint(), "/metrics");
  EXPECT_THAT(text, HasSubstr("\nvoice_sessions_total 3\n"));
  EXPECT_THAT(text, HasSubstr("\nnode_cpu_seconds_total{"));
  EXPECT_THAT(text, HasSubstr("\nprocess_cpu_seconds_total "));
  EXPECT_THAT(text, HasSubstr("\nkymo_build_info{version=\""));
  EXPECT_THAT(http_get(monitor.endpoint(), "/nothing"), StartsWith("HTTP/1.1 404 "));
}

TEST(Monitor, TellsTheApplicationOfAlerts) {
  std::promise<monitor::AlertEvent> told;
  std::atomic<bool> is_told{false};
  MonitorOptions options{.listen = kAnyPort, .tick_interval = 100ms, .system = false};
  options.rules.text =
      "groups: [{name: g, interval: 1s, rules: [{alert: Full, expr: room < 5, labels: {severity: page}, "
      "annotations: {left: '{{ $value }}'}}]}]";
  options.rules.on_alert = [&](const monitor::AlertEvent& event) {
    if (!is_told.exchange(true)) told.set_value(event);
  };
  Registry registry;
  registry.gauge("room", "R.").set(3);
  options.registry = &registry;
  Monitor monitor(options);
  auto event = told.get_future();
  ASSERT_EQ(event.wait_for(20s), std::future_status::ready);
  const monitor::AlertEvent first = event.get();
  EXPECT_EQ(first.group, "g");
  EXPECT_EQ(first.alert, "Full");
  EXPECT_EQ(first.from, monitor::AlertState::inactive);
  EXPECT_EQ(first.to, monitor::AlertState::firing);
  EXPECT_EQ(first.value, 3);
  EXPECT_THAT(first.labels,
              testing::ElementsAre(std::pair("alertname", "Full"), std::pair("severity", "page")));
  EXPECT_THAT(first.annotations, testing::ElementsAre(std::pair("left", "3")));
  monitor.stop();
}

TEST(Monitor, RefusesFaultyRulesAndRulesWithoutAPast) {
  const auto fault_of = [](const MonitorOptions& options) -> std::string {
    try {
      const Monitor monitor(options);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "none";
  };
  MonitorOptions options{.listen = kAnyPort};
  options.rules.text = "groups: [{name: g, rules: [{record: a, expr: 'sum('}]}]";
  EXPECT_THAT(fault_of(options), StartsWith("MonitorOptions::rules.text:1:"));
  options.rules.text = "groups: [{name: g, rules: [{record: a, expr: '1'}]}]";
  options.history.memory = 0;
  EXPECT_THAT(fault_of(options), HasSubstr("history.memory is 0"));
}

TEST(Monitor, SaysWhatItsRegistryRefuses) {
  testing::internal::CaptureStderr();
  Messages messages;
  for (const log::Sink& sink : {log::Sink(), messages.sink()}) {
    Monitor monitor({.listen = kAnyPort, .system = false, .process = false, .log = {.sink = sink}});
    Collector metrics(monitor.registry());
    for (int i = 0; i < 3; ++i) metrics.increment(sink ? "9logged" : "9said");
    EXPECT_EQ(number(*monitor.snapshot(), "kymo_registration_errors_total"), 1);
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.find("\"9said\""), said.rfind("\"9said\"")) << said;
  EXPECT_THAT(said, HasSubstr("kymo: metric name \"9said\" is not valid"));
  EXPECT_THAT(said, testing::Not(HasSubstr("9logged"))) << "the user set a sink";
  EXPECT_TRUE(messages.any("\"9logged\" is not valid"));
}

TEST(Monitor, ASnapshotHasWhatWasRecordedBefore) {
  Monitor monitor({.listen = kAnyPort, .system = false, .process = false});
  Counter count = monitor.registry().counter("count", "A count.");
  for (int i = 1; i <= 100; ++i) {
    count.add();
    EXPECT_EQ(number(*monitor.snapshot(), "count"), i);
  }
}

TEST(Monitor, MeasuresOnTheTickOnly) {
  Monitor monitor({.listen = kAnyPort, .tick_interval = std::chrono::hours(1)});
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  const auto first = monitor.snapshot()->find("process_cpu_seconds_total", {});
  for (volatile int i = 0; i < 20'000'000;) i = i + 1;
  const auto second = monitor.snapshot()->find("process_cpu_seconds_total", {});
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->number, second->number);
}

TEST(Monitor, EachTickMeasuresAnew) {
  Monitor monitor({.listen = kAnyPort, .tick_interval = 100ms});
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  const double before = number(*monitor.snapshot(), "process_cpu_seconds_total");
  EXPECT_TRUE(eventually([&] { return number(*monitor.snapshot(), "process_cpu_seconds_total") > before; }));
}

TEST(Monitor, MeasuresNeitherHostNorProcessWhenToldSo) {
  Monitor monitor({.listen = kAnyPort, .system = false, .process = false});
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  const auto snapshot = monitor.snapshot();
  for (const FamilySnapshot& family : snapshot->families) {
    EXPECT_THAT(family.descriptor().family_name, StartsWith("kymo_"));
  }
}

TEST(Monitor, RefusesOptionsThatCanNeverBeValid) {
  EXPECT_THROW(Monitor({.listen = "127.0.0.1"}), std::invalid_argument);
  EXPECT_THROW(Monitor({.listen = kAnyPort, .tick_interval = 1ms}), std::invalid_argument);
  EXPECT_THROW(Monitor({.listen = kAnyPort, .history = {.interval = 10ms}}), std::invalid_argument);
  EXPECT_THROW(Monitor({.listen = kAnyPort, .http = {.threads = 0}}), std::invalid_argument);
}

TEST(Monitor, NamesAllOptionsOutOfRange) {
  try {
    const Monitor monitor({.listen = kAnyPort, .tick_interval = 5ms, .http = {.limits = {.connections = 0}}});
    ADD_FAILURE() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(
        error.what(),
        "MonitorOptions: tick_interval: \"5ms\" is too small; expected a duration from 100ms to 1h\n"
        "MonitorOptions: http.max_connections: \"0\" is too small; expected a number from 1 to 65536");
  }
}

TEST(Monitor, LogsIntoItsFileWithoutASink) {
  const monitor::TemporaryDirectory directory;
  const std::string path = directory.path("kymo.log");
  {
    const Monitor monitor({.listen = "0.0.0.0:0", .log = {.file = path}, .access = {.insecure = true}});
  }
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_THAT(line, HasSubstr("everybody who reaches this address can read the metrics"));
  EXPECT_THROW(Monitor({.listen = kAnyPort, .log = {.file = directory.path("none/kymo.log")}}), ConfigError);
}

TEST(Monitor, ATakenPortIsToldAndTriedAgain) {
  auto holder = std::make_unique<Monitor>(MonitorOptions{.listen = kAnyPort});
  ASSERT_TRUE(eventually([&] { return holder->ready(); }));
  const std::string taken = holder->endpoint().to_string();
  Messages messages;
  Monitor monitor({.listen = taken, .log = {.sink = messages.sink()}});
  ASSERT_TRUE(eventually([&] { return messages.any(taken); }));
  EXPECT_FALSE(monitor.ready());
  EXPECT_NE(monitor.snapshot()->find("kymo_build_info"), nullptr);  // it measures on
  holder.reset();
  EXPECT_TRUE(eventually([&] { return monitor.ready(); }));
  EXPECT_THAT(http_get(monitor.endpoint(), "/readyz"), StartsWith("HTTP/1.1 200 "));
}

TEST(Monitor, WarnsThatOthersCanReadAnOpenAddress) {
  Messages messages;
  const Monitor monitor(
      {.listen = "0.0.0.0:0", .log = {.sink = messages.sink()}, .access = {.insecure = true}});
  EXPECT_TRUE(messages.any("no token is required"));
}

TEST(Monitor, StopsTwiceAndStillGivesSnapshots) {
  Monitor monitor({.listen = kAnyPort});
  monitor.stop();
  monitor.stop();
  EXPECT_FALSE(monitor.ready());
  EXPECT_NE(monitor.snapshot()->find("kymo_build_info"), nullptr);
}

TEST(Monitor, LeavesTheUsersRegistryAsItWas) {
  Registry registry;
  Counter count = registry.counter("count", "A count.");
  count.add(5);
  {
    Monitor monitor({.listen = kAnyPort, .registry = &registry});
    EXPECT_EQ(&monitor.registry(), &registry);
    EXPECT_EQ(number(*monitor.snapshot(), "count"), 5);
  }
  EXPECT_EQ(registry.snapshot()->find("kymo_build_info"), nullptr);
  EXPECT_EQ(number(*registry.snapshot(), "count"), 5);
}

TEST(Monitor, TwoInOneProcessDoNotMeet) {
  Monitor a({.listen = kAnyPort});
  Monitor b({.listen = kAnyPort});
  ASSERT_TRUE(eventually([&] { return a.ready() && b.ready(); }));
  EXPECT_NE(a.endpoint().port, b.endpoint().port);
  a.registry().counter("count", "A count.").add();
  EXPECT_EQ(b.snapshot()->find("count"), nullptr);
}

TEST(Monitor, ACallbackMayAskForASnapshotOrThrow) {
  Monitor monitor({.listen = kAnyPort});
  const Registration asks = monitor.registry().observe_gauge("asks", "Asks for a Snapshot.", [&] {
    return static_cast<double>(monitor.snapshot()->families.size());
  });
  const Registration throws = monitor.registry().observe_gauge(
      "throws", "Throws.", []() -> double { throw std::runtime_error("no"); });
  EXPECT_NE(monitor.snapshot()->find("asks"), nullptr);
}

// One callback hangs from the first scrape on: the rest is served, /readyz says why, and the Monitor ends.
TEST(Monitor, ACallbackThatHangsHoldsUpNothing) {
  std::promise<void> gate;
  Registration hangs;
  {
    Monitor monitor({.listen = kAnyPort});
    ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
    monitor.registry().counter("requests", "R.").add(5);
    hangs = monitor.registry().observe_gauge("hangs", "H.", [opened = gate.get_future().share()] {
      opened.wait();
      return 1.0;
    });
    std::atomic<int> good{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 8; ++i) {
      readers.emplace_back([&] {
        for (const char* path : {"/metrics", "/api/metrics", "/api/metrics/summary"}) {
          const std::string answer = http_get(monitor.endpoint(), path);
          good += answer.starts_with("HTTP/1.1 200 ") && !answer.ends_with("\r\n\r\n") ? 1 : 0;
        }
      });
    }
    for (auto& reader : readers) reader.join();
    EXPECT_EQ(good, 24);
    const std::string metrics = http_get(monitor.endpoint(), "/metrics");
    EXPECT_THAT(metrics, HasSubstr("requests_total 5"));
    EXPECT_THAT(metrics, HasSubstr("kymo_callbacks_late_total{callback=\"hangs\"}"));
    EXPECT_THAT(metrics, HasSubstr("kymo_snapshots_stale_total 0"));
    EXPECT_FALSE(monitor.ready());
    const std::string readiness = http_get(monitor.endpoint(), "/readyz");
    EXPECT_THAT(readiness, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(readiness, HasSubstr("callback \\\"hangs\\\" has not returned for "));
    EXPECT_THAT(http_get(monitor.endpoint(), "/healthz"), StartsWith("HTTP/1.1 200 "));
  }  // the callback hangs still
  gate.set_value();
  hangs.end();
}

TEST(Monitor, IsReadyAgainWhenACallbackHasReturned) {
  std::binary_semaphore gate(0);
  Monitor monitor({.listen = kAnyPort});
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  const Registration hangs = monitor.registry().observe_gauge("hangs", "H.", [&] {
    gate.acquire();
    gate.release();
    return 1.0;
  });
  EXPECT_EQ(monitor.snapshot()->find("hangs"), nullptr);
  EXPECT_FALSE(monitor.ready());
  gate.release();
  EXPECT_TRUE(eventually([&] { return monitor.ready(); }));
  EXPECT_NE(monitor.snapshot()->find("hangs"), nullptr);
}

TEST(Monitor, ManyReadersAtOnceAllGetAnAnswer) {
  Monitor monitor({.listen = kAnyPort});
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  std::atomic<int> good{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 16; ++i) {
    readers.emplace_back([&] {
      for (int n = 0; n < 5; ++n)
        good += http_get(monitor.endpoint(), "/metrics").starts_with("HTTP/1.1 200 ") ? 1 : 0;
    });
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(good, 80);
}

TEST(Monitor, RefusesAForeignHostName) {
  Monitor monitor({.listen = kAnyPort, .access = {.allowed_hosts = {"metrics.example"}}});
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  EXPECT_THAT(http_get(monitor.endpoint(), "/metrics", "evil.example"), StartsWith("HTTP/1.1 421 "));
  EXPECT_THAT(http_get(monitor.endpoint(), "/metrics", "metrics.example"), StartsWith("HTTP/1.1 200 "));
}

TEST(Monitor, TheHostOfAnAbsoluteTargetIsTheOneThatIsAsked) {
  Monitor monitor({.listen = kAnyPort, .access = {.allowed_hosts = {"metrics.example"}}});
  const auto ask = [&](const std::string& target, const std::string& host) {
    return http_get(monitor.endpoint(), target, host);
  };
  EXPECT_THAT(ask("http://evil.example/metrics", "localhost"), StartsWith("HTTP/1.1 421 "));
  EXPECT_THAT(ask("http://metrics.example/metrics", "evil.example"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask("http://metrics.example:9464/metrics", "localhost"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask("https://metrics.example/metrics", "localhost"), StartsWith("HTTP/1.1 421 "))
      << "not over TLS";
}

TEST(Monitor, BehindATrustedProxyWrongTokensCountForTheClient) {
  Monitor monitor(
      {.listen = kAnyPort, .access = {.token = "0123456789abcdef", .trusted_proxies = {"127.0.0.1"}}});
  const auto guess = [&](const std::string& client) {
    // More headers behind the host.
    return http_get(monitor.endpoint(), "/metrics",
                    "localhost\r\nX-Forwarded-For: " + client + "\r\nAuthorization: Bearer 0000000000000000");
  };
  EXPECT_TRUE(eventually([&] {  // as soon as all come within one second
    for (int i = 0; i < 5; ++i) (void)guess("203.0.113.7");
    return guess("203.0.113.7").starts_with("HTTP/1.1 429 ");
  }));
  EXPECT_THAT(guess("203.0.113.8"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(guess("203.0.113.7, 203.0.113.9"), StartsWith("HTTP/1.1 401 "));
}

TEST(Monitor, RefusesATrustedProxyThatIsNoNetwork) {
  try {
    const Monitor monitor(
        {.listen = kAnyPort, .access = {.trusted_proxies = {"10.0.0.0/8", "proxy.example"}}});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("trusted_proxies: \"proxy.example\" is no network"));
  }
}

TEST(Monitor, ServesFurtherRoutes) {
  const live::Route hello{.path = "/hello", .handle = [](const net::HttpRequest&) {
                            net::HttpResponse response;
                            response.body = std::make_shared<const std::string>("world");
                            return response;
                          }};
  Monitor monitor({.listen = kAnyPort, .routes = {hello}});
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  EXPECT_THAT(http_get(monitor.endpoint(), "/hello"), testing::EndsWith("\r\n\r\nworld"));
}

/// H: the names on the wire are a promise. A changed line here is a change that users see.
TEST(Monitor, ExportsTheseFiguresAboutItself) {
  Monitor monitor({.listen = kAnyPort, .system = false, .process = false});
  std::vector<std::string> names;
  for (const FamilySnapshot& family : monitor.snapshot()->families) {
    names.push_back(std::string(kind_name(family.descriptor().kind)) + " " + family.descriptor().family_name);
  }
  for (const auto* name : {
           "gauge kymo_build_info",
           "counter kymo_http_connections_accepted",
           "counter kymo_http_connections_evicted",
           "counter kymo_http_connections_refused",
           "counter kymo_http_handler_errors",
           "counter kymo_http_heavy_refused",
           "counter kymo_http_logins_evicted",
           "counter kymo_http_requests",
           "counter kymo_http_requests_bad",
           "counter kymo_http_requests_cancelled",
           "counter kymo_http_requests_late",
           "counter kymo_http_responses_refused",
           "counter kymo_http_sent_bytes",
           "counter kymo_http_timeouts",
           "counter kymo_http_tls_failures",
           "counter kymo_log_records_lost",
           "counter kymo_scrape_blocks_freed",
           "counter kymo_snapshots_stale",
           "counter kymo_ticks_failed",
           "counter kymo_ticks_missed",
           "gauge kymo_http_connections",
           "gauge kymo_http_responses_in_flight_bytes",
           "gauge kymo_scrape_memory_bytes",
           "gauge kymo_series",
           "histogram kymo_scrape_duration_seconds",
           "histogram kymo_tick_duration_seconds",
       }) {
    EXPECT_THAT(names, testing::Contains(name));
  }
}

TEST(Monitor, AChildThatWasForkedOffCanDestroyIt) {
  auto monitor = std::make_unique<Monitor>(MonitorOptions{.listen = kAnyPort});
  ASSERT_TRUE(eventually([&] { return monitor->ready(); }));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(20);  // a join that never returns would end it so
    monitor.reset();
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(monitor->ready());
}

}  // namespace
}  // namespace kymo
