#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/live/route.h>
#include <kymo/net/gzip.h>

#include "../negotiation.h"
#include "../responses.h"
#include "routes.h"

namespace kymo::KYMO_ABI::live {
namespace {

constexpr net::GzipLevel kSmallest{9};

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

/// A file in one encoding.
struct Representation {
  net::HttpBody body;
  std::string etag;
};

class ServedFile {
 public:
  explicit ServedFile(const EmbeddedFile& file)
      : content_type_(content_type_of(file.path)), plain_{std::string(file.bytes), etag_of(file.bytes)} {}

  net::HttpResponse respond(const net::HttpRequest& request) {
    const bool as_gzip = plain_.body.size() >= kWorthGzip && prefers_gzip(request.header("accept-encoding"));
    const Representation& chosen = as_gzip ? gzipped() : plain_;
    net::HttpResponse response;
    response.content_type = content_type_;
    response.headers = {{"ETag", chosen.etag}, {"Cache-Control", "no-cache"}, {"Vary", "Accept-Encoding"}};
    if (names_etag(request.header("if-none-match"), chosen.etag)) {
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
      const std::string text = plain_.body.text();
      gzipped_ = {net::gzip(text, kSmallest), etag_of(text, "-gzip")};
    });
    return gzipped_;
  }

  const std::string_view content_type_;
  const Representation plain_;
  std::once_flag once_;
  Representation gzipped_;
};

/// A route for a file of the program, typed by its extension. The response has a strong ETag, is 304
/// if the client has the file, and gzip if the client prefers that. The file is compressed once, at
/// the first request. A browser may store it but must revalidate: names stay when a program is
/// replaced.
Route file_route(const EmbeddedFile& file, std::string path, std::string about = {}) {
  auto handle = [served = std::make_shared<ServedFile>(file)](const net::HttpRequest& request) {
    return served->respond(request);
  };
  return {"GET", std::move(path), std::move(handle), std::move(about)};
}

}  // namespace

extern const std::span<const EmbeddedFile> kDashboardFiles;

std::span<const EmbeddedFile> dashboard_files() { return kDashboardFiles; }

std::vector<Route> dashboard_routes(std::span<const EmbeddedFile> files) {
  std::vector<Route> routes;
  for (const EmbeddedFile& file : files) {
    if (file.path == "index.html") {
      routes.push_back(file_route(file, "/", "The dashboard: this server, live."));
    } else {
      routes.push_back(file_route(file, "/" + std::string(file.path)));
    }
  }
  return routes;
}

}  // namespace kymo::KYMO_ABI::live
