#include "tls_files.h"

#include <sys/stat.h>

#include <exception>
#include <new>

#include "config_file.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

using TlsPart = net::TlsError::Part;

std::string_view setting_of(TlsPart part) {
  return part == TlsPart::certificate ? "web.tls.certificate_file" : "web.tls.key_file";
}

TlsFileError unreadable(TlsPart part, const std::string& path, const FileError& error) {
  const std::string_view wanted = part == TlsPart::certificate
                                      ? " names a certificate chain in PEM"
                                      : " names that certificate's private key in PEM";
  return {part, path + " " + error.message + "; " + std::string(setting_of(part)) + std::string(wanted)};
}

}  // namespace

TlsResult read_tls_files(const TlsFiles& files) {
  if (files.certificate.empty() && files.key.empty()) return nullptr;
  if (files.certificate.empty() || files.key.empty()) {
    const TlsPart part = files.certificate.empty() ? TlsPart::certificate : TlsPart::key;
    const TlsPart other = files.certificate.empty() ? TlsPart::key : TlsPart::certificate;
    return TlsFileError{part, std::string(setting_of(other)) + " is set and " +
                                  std::string(setting_of(part)) + " is not; set both for TLS, or neither"};
  }
  const auto chain = read_config_file(files.certificate);
  if (const auto* error = std::get_if<FileError>(&chain)) {
    return unreadable(TlsPart::certificate, files.certificate, *error);
  }
  const auto key = read_config_file(files.key);
  if (const auto* error = std::get_if<FileError>(&key)) return unreadable(TlsPart::key, files.key, *error);
  try {
    return net::TlsIdentity::from_pem(std::get<std::string>(chain), std::get<std::string>(key));
  } catch (const net::TlsError& error) {
    const std::string& path = error.part() == TlsPart::certificate ? files.certificate : files.key;
    return TlsFileError{error.part(), path + " " + error.what()};
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return TlsFileError{TlsPart::certificate, std::string("there is no TLS here: ") + error.what()};
  }
}

std::vector<std::string> tls_warnings(const TlsFiles& files, const net::TlsIdentity& identity) {
  std::vector<std::string> warnings;
  if (const auto fault = identity.date_fault()) {
    warnings.push_back(files.certificate + " " + *fault + "; clients will refuse it");
  }
  if (const auto exposed = exposure_warning(files.key)) warnings.push_back(*exposed);
  return warnings;
}

std::optional<std::string> exposure_warning(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return std::nullopt;
  return path + " can be read by every user of this machine; `chmod 600` it";
}

}  // namespace kymo::KYMO_ABI::monitor
