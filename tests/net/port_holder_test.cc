#include "src/net/port_holder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <kymo/base/file_descriptor.h>

#include "src/net/listening_socket.h"

namespace kymo::KYMO_ABI::net {
namespace {

// Little-endian, as x86 and ARM write it: 127.0.0.1:9464 is 0100007F:24F8.
constexpr std::string_view kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:24F8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 "
    "0 0 10 0\n"
    "   1: 0100007F:24F9 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 "
    "4 30 10 -1\n"
    "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 "
    "0 0 10 0\n"
    "broken line\n"
    "   3: 0100007G:0051 00000000:0000 0A 0 0 0 0 0 4714 1";

constexpr std::string_view kTable6 =
    "   0: 00000000000000000000000001000000:24F8 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 11 "
    "1\n"
    "   1: 00000000000000000000000000000000:0051 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 12 "
    "1\n";

std::optional<std::uint64_t> inode(std::string_view table, std::string_view address, std::uint16_t port) {
  return find_listener_inode(table, parse_address(address, port).value());
}

TEST(FindListenerInode, FindsTheExactAddress) {
  EXPECT_EQ(inode(kTable, "127.0.0.1", 9464), 4711U);
  EXPECT_EQ(inode(kTable6, "::1", 9464), 11U);
}

TEST(FindListenerInode, TakesAListenerOnAllAddressesForAClash) {
  EXPECT_EQ(inode(kTable, "127.0.0.1", 80), 4713U);
  EXPECT_EQ(inode(kTable6, "127.0.0.1", 81), 12U);
}

TEST(FindListenerInode, TakesAWishForAllAddressesForAClash) {
  EXPECT_EQ(inode(kTable, "0.0.0.0", 9464), 4711U);
}

TEST(FindListenerInode, LeavesOutTheRest) {
  EXPECT_FALSE(inode(kTable, "127.0.0.2", 9464)) << "another address";
  EXPECT_FALSE(inode(kTable, "127.0.0.1", 9465)) << "a connection, no listener";
  EXPECT_FALSE(inode(kTable, "127.0.0.1", 81)) << "a broken line";
  EXPECT_FALSE(inode("", "127.0.0.1", 9464));
}

TEST(FindHolder, FindsThisProcess) {
  const auto address = parse_address("127.0.0.1", 0).value();
  const auto opened = open_listener(address);
  const auto& fd = std::get<base::FileDescriptor>(opened);
  const auto taken = parse_address("127.0.0.1", local_port(fd.get())).value();
  const auto found = find_listener_inode(taken);
  ASSERT_TRUE(found);
  const auto holder = find_holder(*found);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, ::getpid());
  EXPECT_FALSE(holder->name.empty());
}

TEST(FindHolder, FindsNobodyForASocketThatIsNone) { EXPECT_FALSE(find_holder(~std::uint64_t{0})); }

}  // namespace
}  // namespace kymo::KYMO_ABI::net
