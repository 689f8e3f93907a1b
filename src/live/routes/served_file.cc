#include "served_file.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/net/gzip.h>

#include "../negotiation.h"

namespace kymo::live {
namespace {

constexpr net::GzipLevel kSmallest{9};
/// Below it, all fits one packet anyway.
constexpr std::size_t kWorthCompressing = 1024;

struct FileType {
  std::string_view extension;
  std::string_view content_type;
};

constexpr std::array kFileTypes = {
    FileType{".html", "text/html; charset=utf-8"},
    FileType{".js", "text/javascript; charset=utf-8"},
    FileType{".css", "text/css; charset=utf-8"},
    FileType{".json", "application/json"},
    FileType{".svg", "image/svg+xml"},
};

std::string_view content_type_of(std::string_view path) {
  for (const FileType& type : kFileTypes) {
    if (path.ends_with(type.extension)) return type.content_type;
  }
  return "application/octet-stream";
}

/// FNV-1a: tells versions of a file apart; nobody can choose what is hashed.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// `"` and 16 digits, `suffix` and `"`.
std::string etag_of(std::string_view bytes, std::string_view suffix) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string tag = "\"";
  const std::uint64_t hash = hash_of(bytes);
  for (int shift = 60; shift >= 0; shift -= 4) tag += kDigits[(hash >> shift) & 0xf];
  return tag.append(suffix) + '"';
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// Whether an `If-None-Match` header names it (RFC 9110 13.1.2: weak comparison). Our tags hold no comma.
bool names(std::string_view if_none_match, std::string_view tag) {
  while (!if_none_match.empty()) {
    const std::size_t end = std::min(if_none_match.find(','), if_none_match.size());
    std::string_view one = trim(if_none_match.substr(0, end));
    if_none_match.remove_prefix(std::min(end + 1, if_none_match.size()));
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
  }
  return false;
}

/// What is sent of a file in one encoding.
struct Representation {
  std::shared_ptr<const std::string> body;
  std::string etag;
};

class ServedFile {
 public:
  explicit ServedFile(const EmbeddedFile& file)
      : content_type_(content_type_of(file.path)),
        plain_{std::make_shared<const std::string>(file.bytes), etag_of(file.bytes, "")} {}

  net::HttpResponse respond(const net::HttpRequest& request) {
    const bool as_gzip =
        plain_.body->size() >= kWorthCompressing && prefers_gzip(request.header("accept-encoding"));
    const Representation& chosen = as_gzip ? gzipped() : plain_;
    net::HttpResponse response;
    response.content_type = content_type_;
    response.headers = {{"ETag", chosen.etag}, {"Cache-Control", "no-cache"}, {"Vary", "Accept-Encoding"}};
    if (names(request.header("if-none-match"), chosen.etag)) {
      response.status = 304;
      return response;
    }
    if (as_gzip) response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = chosen.body;
    return response;
  }

 private:
  const Representation& gzipped() {
    std::call_once(once_, [this] {
      gzipped_ = {std::make_shared<const std::string>(net::gzip(*plain_.body, kSmallest)),
                  etag_of(*plain_.body, "-gzip")};
    });
    return gzipped_;
  }

  const std::string_view content_type_;
  const Representation plain_;
  std::once_flag once_;
  Representation gzipped_;
};

}  // namespace

Route file_route(const EmbeddedFile& file, std::string path, std::string about) {
  auto handle = [served = std::make_shared<ServedFile>(file)](const net::HttpRequest& request) {
    return served->respond(request);
  };
  return {"GET", std::move(path), std::move(handle), std::move(about)};
}

}  // namespace kymo::live
