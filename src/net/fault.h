#pragma once

#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// The server itself refuses a request: the status to send, and a sentence for the client. The connection is
/// closed afterwards, since the start of the next request is uncertain.
struct Fault {
  int status = 400;
  std::string message;
};

}  // namespace kymo::KYMO_ABI::net
