#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <kymo/monitor/options.h>
#include <kymo/net/tls.h>

namespace kymo::KYMO_ABI::monitor {

/// Why the files of MonitorOptions::tls give no identity: `CHAIN.pem cannot be opened: …; …`.
struct TlsFileError {
  net::TlsError::Part part;  ///< whose setting is to blame
  std::string message;
};

using TlsResult = std::variant<std::shared_ptr<const net::TlsIdentity>, TlsFileError>;

/// What the files hold; null where none are named. Threads: any. Throws nothing but `std::bad_alloc`.
[[nodiscard]] TlsResult read_tls_files(const MonitorOptions::TlsFiles& files);

/// What is no reason not to serve, but should be known: a key that others can read, a certificate whose time
/// is over.
[[nodiscard]] std::vector<std::string> tls_warnings(const MonitorOptions::TlsFiles& files,
                                                    const net::TlsIdentity& identity);

/// Says so where every user of this machine can read a file that holds a secret.
[[nodiscard]] std::optional<std::string> exposure_warning(const std::string& path);

}  // namespace kymo::KYMO_ABI::monitor
