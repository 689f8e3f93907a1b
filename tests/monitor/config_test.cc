#include <kymo/monitor/config.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "src/monitor/config_schema.h"
#include "tests/monitor/temporary_file.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// Reads a file of this content, and gives its errors with the file called `kymo.yml`.
std::vector<std::string> file_errors(std::string_view content) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("kymo.yml", content);
  std::vector<std::string> errors = Config::load({.flags = {}, .environment = {}, .file = path}).errors();
  for (std::string& error : errors) {
    const std::size_t start = error.find(path);
    if (start != std::string::npos) error.replace(start, path.size(), "kymo.yml");
  }
  return errors;
}

std::vector<std::string> environment_errors(std::vector<std::string> environment) {
  return Config::load({.flags = {}, .environment = std::move(environment), .file = {}}).errors();
}

std::vector<std::string> flag_errors(MonitorOptions::Flags flags) {
  return Config::load({.flags = std::move(flags), .environment = {}, .file = {}}).errors();
}

/// The settings alone: the comments behind them differ by source.
std::string without_comments(const std::string& yaml) {
  std::istringstream lines(yaml);
  std::string out;
  for (std::string line; std::getline(lines, line);) out += line.substr(0, line.find("  # ")) + "\n";
  return out;
}

/// All eight combinations of the three sources: the strongest one present gives the value and is named.
TEST(Precedence, FlagThenEnvironmentThenFileThenDefault) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("kymo.yml", "\nhttp:\n  threads: 3\n");
  for (unsigned sources = 0; sources < 8; ++sources) {
    const bool has_file = (sources & 1U) != 0;
    const bool has_environment = (sources & 2U) != 0;
    const bool has_flag = (sources & 4U) != 0;
    ConfigSources from;
    if (has_file) from.file = path;
    if (has_environment) from.environment = {"KYMO_HTTP_THREADS=4"};
    if (has_flag) from.flags = {{"http.threads", "5"}};
    const Config config = Config::load(from);
    EXPECT_THAT(config.errors(), IsEmpty());
    EXPECT_EQ(config.options().http.threads, has_flag ? 5U : has_environment ? 4U : has_file ? 3U : 2U);
    EXPECT_THAT(config.to_yaml(),
                HasSubstr(has_flag          ? "threads: 5  # --http.threads\n"
                          : has_environment ? "threads: 4  # environment KYMO_HTTP_THREADS\n"
                          : has_file        ? "threads: 3  # " + path + ":3\n"
                                            : "threads: 2  # default\n"));
  }
}

/// Of each setting, and of the file's name: as if the variable were not there.
TEST(Precedence, AnEmptyVariableIsNone) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("kymo.yml", "web.allowed_hosts: [a]\nhttp.threads: 3\n");
  for (const std::string_view nothing : {"", " ", "\t\n"}) {
    ConfigSources sources{.flags = {}, .environment = {}, .file = path};
    for (const SettingInfo& info : Config::settings()) {
      sources.environment.push_back(info.environment + "=" + std::string(nothing));
    }
    sources.environment.push_back("KYMO_CONFIG=" + std::string(nothing));
    sources.environment.push_back("KYMO_OF_SOMEBODY_ELSE=" + std::string(nothing));
    const Config config = Config::load(sources);
    EXPECT_THAT(config.errors(), IsEmpty());
    EXPECT_THAT(config.warnings(), IsEmpty());
    EXPECT_EQ(config.to_yaml(), Config::load({.flags = {}, .environment = {}, .file = path}).to_yaml());
    sources.file.clear();
    EXPECT_EQ(Config::load(sources).to_yaml(), Config::load({}).to_yaml());
  }
}

TEST(Precedence, ABooleanIsTheSameFromEverySource) {
  const TemporaryDirectory directory;
  for (const std::string_view word : {"true", "True", "TRUE", "Yes", "ON", "1"}) {
    const std::string text(word);
    const std::string path = directory.write("kymo.yml", "profile: " + text + "\n");
    EXPECT_TRUE(Config::load({.flags = {}, .environment = {}, .file = path}).options().profile) << text;
    const Config variable = Config::load({.flags = {}, .environment = {"KYMO_PROFILE=" + text}, .file = {}});
    EXPECT_TRUE(variable.options().profile) << text;
    EXPECT_TRUE(Config::load({.flags = {{"profile", text}}, .environment = {}, .file = {}}).options().profile)
        << text;
  }
  for (const std::string_view word : {"False", "FALSE", "No", "OFF"}) {
    const std::string path = directory.write("kymo.yml", "system: {enabled: " + std::string(word) + "}\n");
    EXPECT_FALSE(Config::load({.flags = {}, .environment = {}, .file = path}).options().system) << word;
  }
}

TEST(Precedence, KymoConfigNamesTheFileWhereNoFlagDoes) {
  const TemporaryDirectory directory;
  const std::string a = directory.write("a.yml", "http.threads: 7");
  const std::string b = directory.write("b.yml", "http.threads: 8");
  EXPECT_EQ(
      Config::load({.flags = {}, .environment = {"KYMO_CONFIG=" + a}, .file = {}}).options().http.threads,
      7U);
  EXPECT_EQ(
      Config::load({.flags = {}, .environment = {"KYMO_CONFIG=" + a}, .file = b}).options().http.threads, 8U);
}

TEST(File, NestedAndDottedNamesAreTheSame) {
  const TemporaryDirectory directory;
  for (const auto* content :
       {"http:\n  threads: 9\n  max_connections: 10\nweb:\n  allowed_hosts: [a, b]\n",
        "http.threads: 9\nhttp.max_connections: \"10\"\nweb.allowed_hosts: a, b\n",
        "{http: {threads: 9, max_connections: 10}, web: {allowed_hosts: ['a', b]}}",
        "\xef\xbb\xbfhttp: {threads: 9}\nhttp.max_connections: 10\nweb.allowed_hosts:\n- a\n- b\n"}) {
    const Config config =
        Config::load({.flags = {}, .environment = {}, .file = directory.write("c.yml", content)});
    EXPECT_THAT(config.errors(), IsEmpty()) << content;
    EXPECT_EQ(config.options().http.threads, 9U) << content;
    EXPECT_EQ(config.options().http.limits.connections, 10U) << content;
    EXPECT_THAT(config.options().access.allowed_hosts, ElementsAre("a", "b")) << content;
  }
}

TEST(File, AnEmptyOneIsFine) {
  EXPECT_THAT(file_errors(""), IsEmpty());
  EXPECT_THAT(file_errors("# nothing\n"), IsEmpty());
  EXPECT_THAT(file_errors("---\n...\n"), IsEmpty());
  EXPECT_THAT(file_errors("http: {}\n"), IsEmpty());
}

TEST(FileErrors, NameTheLineAndTheRemedy) {
  EXPECT_THAT(file_errors("\n\nlisten: 127.0.0.1\n"),
              ElementsAre(HasSubstr("kymo.yml:3: listen: \"127.0.0.1\" ")));
  EXPECT_THAT(
      file_errors("tick_interval: 5\n"),
      ElementsAre("kymo.yml:1: tick_interval: \"5\" has no unit; expected a duration from 100ms to 1h"));
  EXPECT_THAT(file_errors("http:\n  threads: 0\n"),
              ElementsAre("kymo.yml:2: http.threads: \"0\" is too small; expected a number from 1 to 64"));
  EXPECT_THAT(file_errors("http:\n  threads: [1]\n"),
              ElementsAre("kymo.yml:2: http.threads: is a list; expected a number from 1 to 64"));
  EXPECT_THAT(file_errors("listen:\n"),
              ElementsAre("kymo.yml:1: listen: has no value; remove the line to have the default"));
}

TEST(LogFile, IsCheckedBeforeAnythingIsLogged) {
  const auto load = [](const std::string& path) {
    return Config::load({.flags = {{"log.file", path}}, .environment = {}, .file = {}});
  };
  EXPECT_THAT(load("/not/there/kymo.log").errors(),
              ElementsAre("--log.file: folder /not/there does not exist; make it first"));
  EXPECT_EQ(load("/not/there/kymo.log").value("log.file"), "");
  EXPECT_THAT(load("/").errors(), ElementsAre(HasSubstr("is no regular file")));
  EXPECT_THAT(
      load("/dev/stdout").errors(),
      ElementsAre("--log.file: /dev/stdout lies in /dev, where no log can be rotated; name a file on a "
                  "disk, or none for standard error"));
}

TEST(LogFile, TakesTheEventsInPlaceOfStandardError) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("kymo.log");
  {
    const auto config =
        Config::load({.flags = {{"log.file", path}, {"log.format", "json"}}, .environment = {}, .file = {}});
    EXPECT_THAT(config.errors(), IsEmpty());
    EXPECT_FALSE(std::ifstream(path).is_open()) << "reading a configuration makes no file";
    config.options().log.sink({log::Level::info, {}, "logged", {}});
  }
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_THAT(line, HasSubstr("\"message\":\"logged\""));
}

TEST(FileErrors, UnknownSettingsAreRefused) {
  EXPECT_THAT(file_errors("lissten: 127.0.0.1:1\n"),
              ElementsAre("kymo.yml:1: lissten is no setting; did you mean listen?"));
  EXPECT_THAT(file_errors("http:\n  thread: 1\n"),
              ElementsAre("kymo.yml:2: http.thread is no setting; did you mean http.threads?"));
  EXPECT_THAT(file_errors("colour: blue\n"), ElementsAre("kymo.yml:1: colour is no setting"));
  EXPECT_THAT(file_errors("log: text\n"),
              ElementsAre("kymo.yml:1: log is a section; expected settings in it: log.level, log.format, "
                          "log.file, log.file_bytes, log.files"));
}

TEST(FileErrors, ASettingTwiceIsRefused) {
  EXPECT_THAT(file_errors("log.level: info\nlog.level: info\n"),
              ElementsAre("kymo.yml:2: log.level is set twice; first in line 1"));
  EXPECT_THAT(file_errors("log:\n  level: info\nlog.level: info\n"),
              ElementsAre("kymo.yml:3: log.level is set twice; first in line 2"));
  EXPECT_THAT(file_errors("log:\n  level: info\nlog:\n  level: debug\n"),
              ElementsAre("kymo.yml:4: log.level is set twice; first in line 2"));
}

TEST(FileErrors, WhatIsNoMapOfSettingsIsRefused) {
  EXPECT_THAT(
      file_errors("just words\n"),
      ElementsAre("kymo.yml:1: expected settings such as `listen: 127.0.0.1:9464`, found \"just words\""));
  EXPECT_THAT(file_errors("- listen\n"),
              ElementsAre("kymo.yml:1: expected settings such as `listen: 127.0.0.1:9464`, found a list"));
  EXPECT_THAT(file_errors("a: &x b\nc: *x\n"),
              ElementsAre("kymo.yml:1: a is no setting",
                          "kymo.yml:2: aliases (*name) are not understood here; write the value itself"));
  EXPECT_THAT(file_errors("web.allowed_hosts: [[a]]\n"),
              ElementsAre("kymo.yml:1: web.allowed_hosts: a list within a list"));
  EXPECT_THAT(file_errors("web.allowed_hosts: [{a: b}]\n"),
              ElementsAre("kymo.yml:1: web.allowed_hosts: settings within a list"));
  EXPECT_THAT(file_errors("log.level: info\n---\nlog.format: json\n"),
              ElementsAre("kymo.yml:3: a second document; expected one"));
  EXPECT_THAT(
      file_errors("log:\n\tlevel: info\n"),
      ElementsAre("kymo.yml:2: is not valid YAML: illegal map value; indent with spaces, not with tabs"));
  for (const std::string_view misplaced : {",  ", ", log.level: info", "log.level: info\n, x: 1", "]",
                                           "}\nlog.level: info", "---\n---\n, a: 1"}) {
    EXPECT_THAT(file_errors(misplaced), ElementsAre(HasSubstr("is not valid YAML: "))) << misplaced;
  }
  EXPECT_THAT(file_errors("---\nlog.level: info\n---\n---\n"), IsEmpty());
  EXPECT_THAT(file_errors("log: {level: info\n"), ElementsAre(HasSubstr("is not valid YAML: ")));
  EXPECT_THAT(file_errors(std::string_view("a\0b", 3)),
              ElementsAre("kymo.yml: is not a text file: it holds a NUL byte"));
}

TEST(FileErrors, DepthAndSizeAreBounded) {
  EXPECT_THAT(file_errors("{a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}}"),
              ElementsAre("kymo.yml:1: sections nested deeper than 8"));
  std::string maps;
  for (int i = 0; i < 50'000; ++i) maps += "{a: ";
  EXPECT_EQ(file_errors(maps).size(), 1U);
  EXPECT_EQ(file_errors(std::string(200'000, '[')).size(), 1U);
  EXPECT_THAT(file_errors(std::string(300'000, '#')),
              ElementsAre("kymo.yml: is larger than 256 KiB; is this the right file?"));
}

TEST(FileErrors, WhatIsNoFileIsRefusedWithoutWaiting) {
  const TemporaryDirectory directory;
  const std::string fifo = directory.path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto errors = [](const std::string& path) {
    return Config::load({.flags = {}, .environment = {}, .file = path}).errors();
  };
  EXPECT_THAT(errors(fifo), ElementsAre(fifo + ": is a pipe, not a file"));
  EXPECT_THAT(errors(directory.path()), ElementsAre(HasSubstr(": is a directory, not a file")));
  EXPECT_THAT(errors(directory.path("none")), ElementsAre(HasSubstr("none: cannot be opened: No such file")));
  EXPECT_THAT(errors("/dev/zero"), ElementsAre("/dev/zero: is a device or socket, not a file"));
  ASSERT_EQ(::symlink("loop", directory.path("loop").c_str()), 0);
  EXPECT_THAT(errors(directory.path("loop")), ElementsAre(HasSubstr("loop: cannot be opened: ")));
}

TEST(EnvironmentErrors, NameTheVariable) {
  EXPECT_THAT(
      environment_errors({"KYMO_HTTP_THREADS=x"}),
      ElementsAre(
          "environment KYMO_HTTP_THREADS: \"x\" is not a whole number; expected a number from 1 to 64"));
}

TEST(EnvironmentErrors, AnUnknownVariableIsAWarningOnly) {
  const Config config =
      Config::load({.flags = {},
                    .environment = {"KYMO_LISTN=127.0.0.1:1", "KYMO_PORT=tcp://10.0.0.1:9464",
                                    "KYMO_SERVICE_HOST=10.0.0.1", "OTHER=1"},
                    .file = {}});
  EXPECT_THAT(config.errors(), IsEmpty());
  EXPECT_THAT(
      config.warnings(),
      ElementsAre("environment KYMO_LISTN is no setting and has no effect; did you mean KYMO_LISTEN?"));
}

TEST(FlagErrors, NameTheFlag) {
  EXPECT_THAT(
      flag_errors({{"http.max_connections", "x"}}),
      ElementsAre("--http.max-connections: \"x\" is not a whole number; expected a number from 1 to 65536"));
  EXPECT_THAT(flag_errors({{"http.thread", "1"}}),
              ElementsAre("--http.thread is no setting; did you mean http.threads?"));
}

TEST(Errors, AreAllListed) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("kymo.yml", "a: 1\nhttp.threads: x\n");
  EXPECT_EQ(Config::load({.flags = {{"log.level", "x"}}, .environment = {"KYMO_LISTEN=x"}, .file = path})
                .errors()
                .size(),
            4U);
}

TEST(Errors, AreBoundedInNumberAndLength) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "unknown_" + std::to_string(i) + ": 1\n";
  EXPECT_LE(file_errors(many).size(), 51U);
  EXPECT_LE(file_errors(std::string(100'000, 'x') + ": 1\n").at(0).size(), 1000U);
}

TEST(Errors, ShowNoControlCharacters) {
  EXPECT_THAT(file_errors("\"a\\n\\e[31m\": 1\n"), ElementsAre("kymo.yml:1: a\\n\\x1b[31m is no setting"));
}

TEST(FromEnvironment, ThrowsWithEveryError) {
  try {
    (void)MonitorOptions::from_environment({{"listen", "x"}, {"tick_interval", "y"}});
    FAIL() << "expected ConfigError";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--listen: "));
    EXPECT_THAT(error.what(), HasSubstr("\n--tick-interval: "));
  }
}

TEST(AccessConfig, TakesTheTokenFromAFileAndShowsItNowhere) {
  const TemporaryDirectory directory;
  const std::string token = "0123456789abcdef";
  const std::string path = directory.write("token", token + "\n");
  const Config config = Config::load(
      {.flags = {{"web.token_file", path}, {"listen", "0.0.0.0:9464"}}, .environment = {}, .file = {}});
  EXPECT_TRUE(config.errors().empty());
  EXPECT_EQ(config.options().access.token, token);
  EXPECT_THAT(config.to_yaml(), HasSubstr("token_file: \"" + path + "\"  # --web.token-file"));
  EXPECT_EQ(config.to_yaml().find(token), std::string::npos);
}

TEST(AccessConfig, NamesTheFileAndWhereItWasNamed) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("token", "short");
  const Config config =
      Config::load({.flags = {}, .environment = {"KYMO_WEB_TOKEN_FILE=" + path}, .file = {}});
  ASSERT_EQ(config.errors().size(), 1U);
  EXPECT_THAT(config.errors()[0],
              HasSubstr("environment KYMO_WEB_TOKEN_FILE: " + path + " has 5 characters"));
  EXPECT_EQ(config.errors()[0].find("short"), std::string::npos);
  EXPECT_THAT(config.to_yaml(), HasSubstr("token_file: \"\"  # default"));
  const Config open = Config::load(
      {.flags = {{"web.token_file", path}, {"listen", "0.0.0.0:9464"}}, .environment = {}, .file = {}});
  EXPECT_EQ(open.errors().size(), 1U);
  EXPECT_EQ(open.options().listen, "127.0.0.1:9464");
}

TEST(AccessConfig, RefusesAnAddressOpenToOthersWithoutATokenUnlessTold) {
  const Config open = Config::load({.flags = {{"listen", "0.0.0.0:9464"}}, .environment = {}, .file = {}});
  ASSERT_EQ(open.errors().size(), 1U);
  EXPECT_THAT(open.errors()[0], HasSubstr("0.0.0.0:9464"));
  EXPECT_THAT(open.errors()[0], HasSubstr("web.token_file"));
  EXPECT_EQ(open.options().listen, "127.0.0.1:9464") << "a setting with an error has its default";
  const Config told = Config::load(
      {.flags = {{"listen", "0.0.0.0:9464"}, {"insecure", "true"}}, .environment = {}, .file = {}});
  EXPECT_TRUE(told.errors().empty());
}

rc::Gen<std::string> valid_text(const ValueDomain& domain) {
  const auto number = [&] {
    return rc::gen::map(rc::gen::inRange(domain.min, domain.max + 1),
                        [](std::int64_t n) { return std::to_string(n); });
  };
  switch (domain.type) {
    case SettingType::endpoint:
      return rc::gen::map(rc::gen::inRange(0, 65536),
                          [](int port) { return "127.0.0.1:" + std::to_string(port); });
    case SettingType::optional_endpoint: return rc::gen::element<std::string>("", "127.0.0.1:9465");
    case SettingType::probe_list:
      return rc::gen::element<std::string>("", "a=udp://a.example", "a=icmp://[::1],b.c-d_1=ws://b:80/x?y=z");
    case SettingType::duration: return rc::gen::map(number(), [](const std::string& n) { return n + "ms"; });
    case SettingType::integer:
    case SettingType::size: return number();
    case SettingType::boolean: return rc::gen::element<std::string>("true", "no", "1");
    case SettingType::file: return rc::gen::just(std::string());
    case SettingType::host_list:
      return rc::gen::element<std::string>("", "a.example", "a,b.example:9464,[::1]");
    case SettingType::path_list:
      return rc::gen::element<std::string>("", "/not/there/*.yaml,/not/here/*.yaml");
    case SettingType::network_list:
      return rc::gen::element<std::string>("", "10.0.0.0/8", "192.0.2.7,2001:db8::/32,::1");
    case SettingType::choice: break;
  }
  const std::string choices(domain.choices);
  const std::size_t bar = choices.find('|');
  return rc::gen::element(choices.substr(0, bar), choices.substr(choices.rfind('|') + 1));
}

/// Whatever is set, by flag or by environment: what is printed is a valid file that gives the same settings.
RC_GTEST_PROP(PrintConfig, IsAFileThatGivesTheSameSettings, ()) {
  ConfigSources sources;
  for (const Setting& setting : schema()) {
    const auto source = *rc::gen::inRange(0, 3);
    const std::string text = *valid_text(setting.domain);
    if (source == 1) sources.flags.emplace_back(setting.name, text);
    if (source == 2) sources.environment.push_back(environment_name(setting.name) + "=" + text);
  }
  const Config config = Config::load(sources);
  RC_ASSERT(config.errors().empty());
  const TemporaryDirectory directory;
  const Config again =
      Config::load({.flags = {}, .environment = {}, .file = directory.write("c.yml", config.to_yaml())});
  RC_ASSERT(again.errors() == std::vector<std::string>());
  RC_ASSERT(without_comments(again.to_yaml()) == without_comments(config.to_yaml()));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
