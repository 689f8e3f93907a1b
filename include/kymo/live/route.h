#pragma once

#include <functional>
#include <string>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::live {

/// One resource of the HTTP interface. Parts of kymo hand their routes to the server; the server knows none
/// of the parts.
struct Route {
  std::string method = "GET";  ///< a GET route answers HEAD too
  std::string path;            ///< exact, e.g. "/api/metrics"; a segment `{name}` matches any one segment
  net::HttpServer::Handler handle;
  std::string about = {};        ///< one sentence for the index page; empty: not listed there
  bool opens_in_browser = true;  ///< false: the index page names the address, but does not link to it
  /// True while the address exists; any thread calls it at each request. Empty: always true.
  std::function<bool()> is_there = {};
  /// The threads for its handler. `heavy` for one that may take seconds, so that it delays neither `/metrics`
  /// nor the live view.
  net::ThreadClass threads = net::ThreadClass::normal;
};

}  // namespace kymo::KYMO_ABI::live
