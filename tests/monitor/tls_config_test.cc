// web.tls.*: certificate and key as settings.
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kymo/monitor/config.h>

#include "temporary_file.h"
#include "tests/net/certificates.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

using net::test::Certificate;
using net::test::make_certificate;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TlsConfig : public testing::Test {
 protected:
  [[nodiscard]] std::string write_private(std::string_view name, std::string_view content) const {
    const std::string path = directory_.write(name, content);
    ::chmod(path.c_str(), 0600);
    return path;
  }
  static Config load(MonitorOptions::Flags flags) {
    return Config::load({.flags = std::move(flags), .environment = {}, .file = {}});
  }

  const TemporaryDirectory directory_;
  const Certificate made_ = make_certificate("a");
  const std::string chain_ = directory_.write("chain.pem", made_.chain);
  const std::string key_ = write_private("key.pem", made_.key);
};

TEST_F(TlsConfig, ComesFromFlagsEnvironmentAndFile) {
  const auto expect_both = [&](const Config& config) {
    EXPECT_THAT(config.errors(), IsEmpty());
    EXPECT_EQ(config.options().access.tls.certificate, chain_);
    EXPECT_EQ(config.options().access.tls.key, key_);
    EXPECT_EQ(config.value("web.tls.key_file"), key_);
  };
  expect_both(load({{"web.tls.certificate_file", chain_}, {"web.tls.key_file", key_}}));
  expect_both(Config::load(
      {.flags = {},
       .environment = {"KYMO_WEB_TLS_CERTIFICATE_FILE=" + chain_, "KYMO_WEB_TLS_KEY_FILE=" + key_},
       .file = {}}));
  const std::string nested =
      "web:\n  tls:\n    certificate_file: " + chain_ + "\n    key_file: " + key_ + "\n";
  const Config from_file =
      Config::load({.flags = {}, .environment = {}, .file = directory_.write("kymo.yml", nested)});
  expect_both(from_file);
  expect_both(Config::load(
      {.flags = {}, .environment = {}, .file = directory_.write("printed.yml", from_file.to_yaml())}));
}

TEST_F(TlsConfig, WantsBothOrNone) {
  EXPECT_THAT(load({{"web.tls.key_file", key_}}).errors(),
              ElementsAre("web.tls.key_file is set and web.tls.certificate_file is not; set both for TLS, or "
                          "neither"));
  EXPECT_THAT(load({{"web.tls.certificate_file", chain_}}).errors(),
              ElementsAre(HasSubstr("web.tls.key_file is not; set both")));
}

TEST_F(TlsConfig, NamesTheFileAndWhereItWasNamed) {
  const auto error_of = [&](const std::string& chain, const std::string& key) {
    const Config config = load({{"web.tls.certificate_file", chain}, {"web.tls.key_file", key}});
    EXPECT_EQ(config.errors().size(), 1U);
    EXPECT_EQ(config.options().access.tls.key, "");
    return config.errors().empty() ? "" : config.errors()[0];
  };
  const std::string missing = directory_.path("missing.pem");
  EXPECT_EQ(error_of(missing, key_), "--web.tls.certificate-file: " + missing +
                                         " cannot be opened: No such file or directory; "
                                         "web.tls.certificate_file names a certificate chain in PEM");
  EXPECT_THAT(error_of(chain_, directory_.path()),
              HasSubstr(" is a directory, not a file; web.tls.key_file"));
  EXPECT_THAT(error_of(key_, key_),
              HasSubstr("--web.tls.certificate-file: " + key_ + " holds no certificate"));
  const std::string other = write_private("other.pem", make_certificate("b").key);
  EXPECT_THAT(error_of(chain_, other),
              HasSubstr("--web.tls.key-file: " + other + " is not the key of the first certificate"));
  const std::string encrypted =
      write_private("secret.pem", net::test::openssl("pkey -aes256 -passout pass:secret", made_.key));
  EXPECT_THAT(error_of(chain_, encrypted), HasSubstr(encrypted + " is encrypted, and kymo cannot ask"));
}

TEST_F(TlsConfig, WhatWasMeantToBeEncryptedIsNotServedToOthersInClear) {
  const Config config = load({{"web.tls.certificate_file", "/nowhere"},
                              {"web.tls.key_file", key_},
                              {"listen", "0.0.0.0:9464"},
                              {"insecure", "true"}});
  EXPECT_EQ(config.errors().size(), 1U);
  EXPECT_EQ(config.options().listen, "127.0.0.1:9464");
}

TEST_F(TlsConfig, WarnsOfATokenThatOthersCanRead) {
  const std::string token = directory_.write("token", "0123456789abcdef");
  ::chmod(token.c_str(), 0644);
  EXPECT_THAT(load({{"web.token_file", token}}).warnings(),
              ElementsAre(token + " can be read by every user of this machine; `chmod 600` it"));
  ::chmod(token.c_str(), 0640);
  EXPECT_THAT(load({{"web.token_file", token}}).warnings(), IsEmpty());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
