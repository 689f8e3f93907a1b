// Certificates and keys that cannot be used, and what is said of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certificates.h"

namespace kymo::KYMO_ABI::net {
namespace {

using test::Certificate;
using test::make_certificate;
using ::testing::HasSubstr;

struct Fault {
  TlsError::Part part;
  std::string message;
};

std::optional<Fault> fault_of(std::string_view chain, std::string_view key) {
  try {
    (void)TlsIdentity::from_pem(chain, key);
    return std::nullopt;
  } catch (const TlsError& error) {
    return Fault{error.part(), error.what()};
  }
}

void expect_fault(std::string_view chain, std::string_view key, TlsError::Part part,
                  const std::string& message) {
  const auto fault = fault_of(chain, key);
  ASSERT_TRUE(fault) << message;
  EXPECT_EQ(fault->part, part) << message;
  EXPECT_THAT(fault->message, HasSubstr(message));
}

TEST(TlsIdentity, TakesWhatOpensslMakes) {
  for (const char* kind : {"", "-newkey rsa:2048", "-newkey ed25519"}) {
    const Certificate made = make_certificate("a", kind);
    EXPECT_FALSE(fault_of(made.chain, made.key)) << kind;
  }
  const Certificate made = make_certificate("a");
  EXPECT_FALSE(fault_of(made.chain + made.chain, made.key));
  EXPECT_FALSE(TlsIdentity::from_pem(made.chain, made.key)->date_fault());
}

TEST(TlsIdentity, SaysWhatIsWrongWithACertificate) {
  using enum TlsError::Part;
  const Certificate made = make_certificate("a");
  expect_fault("", made.key, certificate, "holds no certificate; expected PEM");
  expect_fault("hello\n", made.key, certificate, "holds no certificate; expected PEM");
  expect_fault(made.key, made.key, certificate, "holds no certificate; expected PEM");
  const std::string half = made.chain.substr(0, made.chain.size() / 2);
  expect_fault(half, made.key, certificate, "holds a broken certificate (");
  expect_fault(made.chain + half, made.key, certificate, "has a further certificate that is broken (");
  const Certificate weak = make_certificate("a", "-newkey rsa:1024");
  expect_fault(weak.chain, weak.key, certificate, "key too small");
}

TEST(TlsIdentity, SaysWhatIsWrongWithAKey) {
  using enum TlsError::Part;
  const Certificate made = make_certificate("a");
  expect_fault(made.chain, "", key, "holds no private key; expected PEM");
  expect_fault(made.chain, made.chain, key, "holds no private key; expected PEM");
  expect_fault(made.chain, made.key.substr(0, made.key.size() / 2), key, "holds a broken private key (");
  expect_fault(made.chain, make_certificate("b").key, key, "is not the key of the first certificate");
  expect_fault(make_certificate("b").chain + made.chain, made.key, key, "is not the key of the first");
  for (const char* how : {"pkey -aes256 -passout pass:secret", "ec -aes256 -passout pass:secret"}) {
    expect_fault(made.chain, test::openssl(how, made.key), key, "is encrypted, and kymo cannot ask");
  }
}

TEST(TlsIdentity, KnowsWhenItIsTooOld) {
  const Certificate made = make_certificate("a");
  const std::string expired = test::openssl("x509 -days 0 -signkey in", made.chain + made.key);
  const auto identity = TlsIdentity::from_pem(expired, made.key);
  ASSERT_TRUE(identity->date_fault());
  EXPECT_THAT(*identity->date_fault(), ::testing::MatchesRegex("has expired at .* GMT"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
