#pragma once

#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// Why a request is not answered by a handler: the status to send instead, and a sentence for the client.
/// The connection is closed after it, since where the next request would begin is in doubt.
struct Fault {
  int status = 400;
  std::string message;
};

}  // namespace kymo::KYMO_ABI::net
