#include "access_token.h"

#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/net/http_server.h>

#include "config_file.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::string_view kTokenCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=";
constexpr std::string_view kExpected =
    "; expected 16 to 512 letters, digits and -._~+/=, such as `openssl rand -hex 24` gives";

}  // namespace

std::optional<std::string> token_fault(std::string_view token) {
  if (token.empty()) return "is empty" + std::string(kExpected);
  if (token.size() < kMinTokenBytes || token.size() > kMaxTokenBytes) {
    return "has " + std::to_string(token.size()) + " characters" + std::string(kExpected);
  }
  if (token.find_first_not_of(kTokenCharacters) != std::string_view::npos) {
    return "has other characters than a token may have" + std::string(kExpected);
  }
  return std::nullopt;
}

std::variant<std::string, TokenError> read_token_file(const std::string& path) {
  auto content = read_config_file(path);
  if (const auto* error = std::get_if<FileError>(&content)) return TokenError{path + " " + error->message};
  std::string token(base::trim(std::get<std::string>(content), base::kWhitespace));
  if (const auto fault = token_fault(token)) return TokenError{path + " " + *fault};
  return token;
}

std::optional<std::string> access_fault(const MonitorOptions& options) {
  if (!options.access.token.empty()) {
    const auto fault = token_fault(options.access.token);
    return fault ? std::optional("MonitorOptions::access.token " + *fault) : std::nullopt;
  }
  const net::Endpoint listen = net::Endpoint::parse(options.listen);
  if (options.access.insecure || listen.is_loopback()) return std::nullopt;
  return "listen: other machines reach " + listen.to_string() +
         " and no token is required; set web.token_file, or insecure if the network keeps others out";
}

}  // namespace kymo::KYMO_ABI::monitor
