// Monitor::reload(): what changes while it runs, what does not, and what an error leaves as it was.
#include <sys/stat.h>

#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kymo/monitor/config.h>
#include <kymo/monitor/monitor.h>

#include "other_value.h"
#include "temporary_file.h"
#include "tests/net/certificates.h"
#include "tests/net/raw_client.h"
#include "tests/net/server_fixture.h"
#include "tests/net/tls_client.h"

namespace kymo {
namespace {

using monitor::TemporaryDirectory;
using net::test::eventually;
using net::test::make_certificate;
using net::test::TlsClient;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* kToken = "the-first-token-of-the-test";
constexpr const char* kOther = "the-second-token-of-the-test";

/// A Monitor that speaks TLS and asks for a token, and all that it logs.
class Reload : public testing::Test {
 protected:
  Reload() {
    renew("first");
    options_.listen = "127.0.0.1:0";
    options_.access.token = kToken;
    options_.access.tls = {.certificate = directory_.path("chain.pem"), .key = directory_.path("key.pem")};
    options_.log.sink = [this](const log::Record& record) {
      const std::lock_guard lock(mutex_);
      std::string line(record.message);
      for (const log::Field& field : record.fields) line += " " + std::string(field.key);
      log_.push_back(line);
    };
  }

  void renew(std::string_view name) const {
    const auto made = make_certificate(name);
    directory_.write("chain.pem", made.chain);
    ::chmod(directory_.write("key.pem", made.key).c_str(), 0600);
  }
  void start() {
    monitor_.emplace(options_);
    ASSERT_TRUE(eventually([&] { return monitor_->ready(); }));
  }
  [[nodiscard]] std::uint16_t port() const { return monitor_->endpoint().port; }
  [[nodiscard]] std::string served_name() const { return TlsClient(port()).server_name(); }
  [[nodiscard]] std::string status(const std::string& token) const {
    TlsClient client(port());
    return status(client, token);
  }
  static std::string status(TlsClient& client, const std::string& token) {
    EXPECT_TRUE(client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
                            "\r\nConnection: close\r\n\r\n"));
    return client.read_to_end().substr(9, 3);
  }
  [[nodiscard]] std::vector<std::string> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  template <class Error>
  std::string error_of(const MonitorOptions& wanted) {
    try {
      (void)monitor_->reload(wanted);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  const TemporaryDirectory directory_;
  mutable std::mutex mutex_;
  std::vector<std::string> log_;
  MonitorOptions options_;
  std::optional<Monitor> monitor_;
};

TEST_F(Reload, ARenewedCertificateIsForNewConnections) {
  start();
  EXPECT_THAT(monitor_->url(), StartsWith("https://127.0.0.1:"));
  TlsClient old(port());
  EXPECT_EQ(old.server_name(), "first");
  renew("second");
  monitor_->reload();
  EXPECT_EQ(served_name(), "second");
  EXPECT_EQ(status(old, kToken), "200");
}

TEST_F(Reload, ATokenThatChangesCountsAtOnceAndEndsLiveConnections) {
  start();
  TlsClient live(port());
  ASSERT_TRUE(live.send("GET /ws/metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                        std::string(kToken) +
                        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
  ASSERT_THAT(live.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
  options_.access.token = kOther;
  EXPECT_THAT(monitor_->reload(options_), IsEmpty());
  EXPECT_EQ(status(kToken), "401");
  EXPECT_EQ(status(kOther), "200");
  EXPECT_THAT(live.read_to_end(), testing::EndsWith("\x03\xf0the token has changed"));
  EXPECT_THAT(log(), Contains("configuration reloaded token"));
}

TEST_F(Reload, ATokenThatStaysEndsNothing) {
  start();
  (void)monitor_->reload(options_);
  EXPECT_EQ(status(kToken), "200");
}

TEST_F(Reload, AnErrorLeavesAllAsItWas) {
  start();
  MonitorOptions wanted = options_;
  wanted.access.token = kOther;
  directory_.write("key.pem", "broken");
  EXPECT_THAT(error_of<ConfigError>(wanted), HasSubstr("key.pem holds no private key"));
  renew("second");
  wanted.listen = "nowhere";
  EXPECT_THAT(error_of<std::invalid_argument>(wanted), HasSubstr("\"nowhere\""));
  wanted.listen = options_.listen;
  wanted.access.token = "short";
  EXPECT_THAT(error_of<ConfigError>(wanted), HasSubstr("has 5 characters"));
  EXPECT_EQ(served_name(), "first");
  EXPECT_EQ(status(kToken), "200");
  EXPECT_EQ(status(kOther), "401");
}

TEST_F(Reload, NamesWhatNeedsANewMonitor) {
  start();
  MonitorOptions wanted = options_;
  wanted.listen = "127.0.0.1:1";
  wanted.tick_interval = std::chrono::seconds(5);
  wanted.http.limits.body_time = std::chrono::seconds(1);
  wanted.access.tls = {};
  const auto kept = monitor_->reload(wanted);
  EXPECT_THAT(kept, ElementsAre("listen", "tick_interval", "web.tls.certificate_file", "web.tls.key_file",
                                "http.body_timeout"));
  EXPECT_THAT(log(), Contains("a changed setting needs a restart; the old value stays setting").Times(5));
  EXPECT_EQ(served_name(), "first");
  renew("second");
  monitor_->reload();  // the files of the beginning are those that count
  EXPECT_EQ(served_name(), "second");
}

using monitor::Config;
using monitor::OnReload;
using monitor::Setting;

/// A Monitor from a configuration that has a token and TLS, and listens where others reach it.
class ReloadOfSettings : public Reload {
 protected:
  ReloadOfSettings()
      : flags_{{"listen", "0.0.0.0:0"},
               {"web.token_file", token_file("token", kToken)},
               {"web.tls.certificate_file", options_.access.tls.certificate},
               {"web.tls.key_file", options_.access.tls.key}} {
    const auto made = make_certificate("second");
    second_chain_ = directory_.write("chain2.pem", made.chain);
    second_key_ = directory_.write("key2.pem", made.key);
  }

  [[nodiscard]] std::string token_file(std::string_view name, std::string_view token) const {
    return directory_.write(name, token);
  }
  [[nodiscard]] Config load(const MonitorOptions::Flags& changes) const {
    MonitorOptions::Flags flags = flags_;
    flags.insert(flags.end(), changes.begin(), changes.end());
    auto config = Config::load({.flags = flags, .environment = {}, .file = {}});
    EXPECT_THAT(config.errors(), IsEmpty());
    return config;
  }
  /// The flags that change this setting. Certificate and key only change together.
  [[nodiscard]] MonitorOptions::Flags changes_of(const Setting& setting) const {
    const std::string name(setting.name);
    if (name == "insecure") return {{name, "true"}, {"web.token_file", ""}};
    if (name == "web.token_file") return {{name, token_file("token2", kOther)}};
    if (name.starts_with("web.tls.")) {
      return {{"web.tls.certificate_file", second_chain_}, {"web.tls.key_file", second_key_}};
    }
    if (name == "rules.files") {
      return {{name, directory_.write("rules.yaml", "groups: [{name: g, rules: [{record: a, expr: '1'}]}]")}};
    }
    if (name == "log.file") return {{name, directory_.path("kymo.log")}};
    return {{name, print_value(setting.domain, other_value(setting))}};
  }
  /// The sign that a setting which a reload takes is in force.
  [[nodiscard]] bool is_in_force(std::string_view name) {
    if (name == "insecure") return status("") == "200";
    if (name == "web.token_file") return status(kOther) == "200";
    if (name.starts_with("web.tls.")) return served_name() == "second";
    if (name == "rules.files") {
      const auto snapshot = monitor_->snapshot();
      const auto* const rules = snapshot->find("kymo_rule_group_rules");
      return rules != nullptr && rules->size() == 1;
    }
    ADD_FAILURE() << "no sign for " << name << ", which a reload takes; name one here";
    return false;
  }

  const MonitorOptions::Flags flags_;
  std::string second_chain_;
  std::string second_key_;
};

/// Walks all rows of the table: no change of a setting goes without a word.
TEST_F(ReloadOfSettings, EachChangeIsTakenOrNamed) {
  const Config first = load({});
  options_ = first.options();
  start();
  for (const Setting& setting : monitor::schema()) {
    const std::string name(setting.name);
    SCOPED_TRACE(name);
    const Config changed = load(changes_of(setting));
    ASSERT_NE(changed.value(name), first.value(name));
    const auto kept = monitor_->reload(changed.options());
    const auto named = changed.settings_to_restart_for(first);
    if (setting.on_reload == OnReload::restart) {
      EXPECT_THAT(named, ElementsAre(name));
      // A Monitor has no probes; `kymo serve` names their settings.
      EXPECT_EQ(kept, name.starts_with("probe.") ? std::vector<std::string>() : named);
    } else {
      EXPECT_THAT(named, IsEmpty());
      EXPECT_THAT(kept, IsEmpty());
      EXPECT_TRUE(is_in_force(name));
    }
    EXPECT_THAT(monitor_->reload(first.options()), IsEmpty());
    EXPECT_EQ(status(kToken), "200");
  }
}

/// Without a token and on loopback is fine, but it does not listen there before a restart.
TEST_F(Reload, AnAddressOpenToOthersKeepsItsToken) {
  options_.listen = "0.0.0.0:0";
  start();
  MonitorOptions wanted = options_;
  wanted.listen = "127.0.0.1:0";
  wanted.access.token.clear();
  EXPECT_THAT(error_of<ConfigError>(wanted), HasSubstr("other machines reach 0.0.0.0:0"));
  EXPECT_EQ(status(""), "401");
  wanted.access.insecure = true;
  EXPECT_THAT(monitor_->reload(wanted), ElementsAre("listen"));
  EXPECT_EQ(status(""), "200");
}

TEST_F(Reload, WarnsOfAKeyThatOthersCanRead) {
  ::chmod(directory_.path("key.pem").c_str(), 0644);
  start();
  EXPECT_THAT(log(), Contains(HasSubstr("key.pem can be read by every user")).Times(1));
  monitor_->reload();
  EXPECT_THAT(log(), Contains(HasSubstr("key.pem can be read by every user")).Times(2));
}

TEST_F(Reload, FilesThatCannotBeUsedAreAConfigErrorAtTheStart) {
  options_.access.tls.key = directory_.path("missing.pem");
  EXPECT_THROW(Monitor{options_}, ConfigError);
  options_.access.tls.key.clear();
  EXPECT_THROW(Monitor{options_}, ConfigError);
}

TEST_F(Reload, HoldsUnderRequests) {
  start();
  std::atomic<bool> done{false};
  std::thread reloading([&] {
    for (int i = 0; i < 20; ++i) {
      MonitorOptions wanted = options_;
      wanted.access.token = i % 2 == 0 ? kOther : kToken;
      (void)monitor_->reload(wanted);
    }
    done = true;
  });
  while (!done) EXPECT_THAT(status(kToken), testing::AnyOf("200", "401", "429"));
  reloading.join();
}

}  // namespace
}  // namespace kymo
