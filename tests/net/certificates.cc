#include "certificates.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace kymo::KYMO_ABI::net::test {
namespace {

/// A directory that goes with this object.
class Directory final {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kymo-tls-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = pattern;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void run(const std::string& arguments, const Directory& directory) {
  const std::string command = "cd " + (directory / "") + " && openssl " + arguments + " 2>errors";
  if (std::system(command.c_str()) != 0) {
    throw std::runtime_error(command + ": " + content(directory / "errors"));
  }
}

}  // namespace

Certificate make_certificate(std::string_view name, std::string_view options) {
  const Directory directory;
  const std::string kind =
      options.empty() ? "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 30" : std::string(options);
  run("req -x509 -nodes " + kind + " -subj /CN=" + std::string(name) +
          " -addext subjectAltName=IP:127.0.0.1 -out chain -keyout key",
      directory);
  return {content(directory / "chain"), content(directory / "key")};
}

std::string openssl(std::string_view arguments, std::string_view input) {
  const Directory directory;
  std::ofstream(directory / "in", std::ios::binary) << input;
  run(std::string(arguments) + " -in in -out out", directory);
  return content(directory / "out");
}

std::shared_ptr<const TlsIdentity> any_identity() {
  static const std::shared_ptr<const TlsIdentity> identity = [] {
    const Certificate made = make_certificate("first");
    return TlsIdentity::from_pem(made.chain, made.key);
  }();
  return identity;
}

}  // namespace kymo::KYMO_ABI::net::test
