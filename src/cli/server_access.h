#pragma once

#include <string>

#include <kymo/net/client_options.h>

#include "command.h"

namespace CLI {
class App;
}

namespace kymo::KYMO_ABI::cli {

/// How a command reaches a running kymo: the options that such commands share.
struct ServerAccess {
  std::string url;  ///< empty: where KYMO_LISTEN says, or 127.0.0.1:9464
  std::string token_file;
  std::string ca_file;

  void add_options(CLI::App& app, const std::string& about_url);
  /// Errors: ClientError.
  [[nodiscard]] net::ClientUrl server() const;
  /// Without a URL the token of this host's server counts too: it must not go to another server. Errors:
  /// std::runtime_error for a file without a token.
  [[nodiscard]] net::ClientOptions options() const;
};

/// The value of an environment variable; empty: there is none.
[[nodiscard]] std::string environment(const char* name);

}  // namespace kymo::KYMO_ABI::cli
