#include "server_access.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr const char* kDefaultAddress = "127.0.0.1:9464";
constexpr std::size_t kLongestToken = 512;
constexpr std::size_t kLongestTokenFile = 4096;

/// A URL that can be requested: 0.0.0.0 and [::] are none.
std::string default_address() {
  std::string listen = environment("KYMO_LISTEN");
  if (listen.empty()) return kDefaultAddress;
  if (listen.starts_with("0.0.0.0:")) listen.replace(0, 7, "127.0.0.1");
  if (listen.starts_with("[::]:")) listen.replace(0, 4, "[::1]");
  return listen;
}

std::string read_token(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path, std::ios::binary);
  // Without iterators: reading a folder would throw, without the path.
  std::string token(kLongestTokenFile, '\0');
  file.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(file.gcount()));
  if (!file.is_open() || (!file.eof() && token.empty()))
    throw std::runtime_error(path + ": cannot be read; expected a file with the server's token");
  token = base::trim(token, base::kWhitespace);
  const bool is_plain = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (token.empty() || token.size() > kLongestToken || !is_plain)
    throw std::runtime_error(path + ": holds no token; expected one word of up to 512 characters");
  return token;
}

}  // namespace

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void ServerAccess::add_options(CLI::App& app, const std::string& about_url) {
  app.add_option("--url", url, about_url)->type_name("URL");
  app.add_option("--token-file", token_file, "A file with the server's token.")->type_name("FILE");
  app.add_option("--ca-file", ca_file,
                 "The authorities that an https server's certificate is checked with, as PEM.\nDefault: the "
                 "system's.")
      ->type_name("FILE");
}

net::ClientUrl ServerAccess::server() const {
  return net::ClientUrl::parse(url.empty() ? default_address() : url);
}

net::ClientOptions ServerAccess::options() const {
  net::ClientOptions options;
  options.ca_file = ca_file;
  options.token =
      read_token(!token_file.empty() || !url.empty() ? token_file : environment("KYMO_WEB_TOKEN_FILE"));
  return options;
}

}  // namespace kymo::KYMO_ABI::cli
