#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <kymo/monitor/options.h>
#include <kymo/net/tls.h>

namespace kymo::KYMO_ABI::monitor {

/// The reason why the files of AccessOptions::tls are unusable: `CHAIN.pem cannot be opened: …; …`.
struct TlsFileError {
  net::TlsError::Part part;  ///< the setting at fault
  std::string message;
};

using TlsResult = std::variant<std::shared_ptr<const net::TlsIdentity>, TlsFileError>;

/// Reads the files; null if none are named. Threads: any. Throws nothing but `std::bad_alloc`.
[[nodiscard]] TlsResult read_tls_files(const TlsFiles& files);

/// Conditions that do not prevent serving: a key that others can read, an expired
/// certificate.
[[nodiscard]] std::vector<std::string> tls_warnings(const TlsFiles& files, const net::TlsIdentity& identity);

/// A warning if every user of this machine can read a secret file.
[[nodiscard]] std::optional<std::string> exposure_warning(const std::string& path);

}  // namespace kymo::KYMO_ABI::monitor
