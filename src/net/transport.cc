#include "transport.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::net {

/// A TLS record begins with its type, which is no letter (RFC 8446 5.1); a request begins with its method.
Transport::Greeting Transport::look_at_greeting() noexcept {
  char first = '\0';
  const ssize_t size = ::recv(socket().native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size <= 0) return Greeting::ended;
  const bool is_letter = base::is_letter(first);
  return is_letter ? Greeting::text : Greeting::tls;
}

bool Transport::is_left() noexcept {
  pollfd look{socket().native_handle(), POLLRDHUP, 0};
  return !socket().is_open() || ::poll(&look, 1, 0) != 0;
}

std::size_t Transport::untaken() noexcept {
  int bytes = 0;
  if (::ioctl(socket().native_handle(), SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

}  // namespace kymo::KYMO_ABI::net
