#include "port_holder.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <netinet/in.h>

#include <kymo/base/parse_number.h>

namespace kymo::KYMO_ABI::net {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "0A";
constexpr std::size_t kLocalColumn = 1;
constexpr std::size_t kStateColumn = 3;
constexpr std::size_t kInodeColumn = 9;

/// An address as the kernel's table prints it: 32-bit words in the machine's byte order.
struct TableAddress {
  std::vector<std::uint32_t> words;
  std::uint32_t port = 0;

  [[nodiscard]] bool is_any() const noexcept {
    for (const std::uint32_t word : words) {
      if (word != 0) return false;
    }
    return true;
  }
};

std::vector<std::string_view> split_columns(std::string_view line) {
  std::vector<std::string_view> columns;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return columns;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    columns.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::optional<TableAddress> parse_table_address(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon % 8 != 0) return std::nullopt;
  TableAddress address;
  for (std::size_t i = 0; i < colon; i += 8) {
    const auto word = base::parse_number<std::uint32_t>(text.substr(i, 8), 16);
    if (!word) return std::nullopt;
    address.words.push_back(*word);
  }
  const auto port = base::parse_number<std::uint32_t>(text.substr(colon + 1), 16);
  if (!port) return std::nullopt;
  address.port = *port;
  return address;
}

TableAddress to_table_address(const SocketAddress& wanted) {
  TableAddress address;
  if (wanted.storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &wanted.storage, sizeof v6);
    address.words.resize(4);
    std::memcpy(address.words.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    address.port = ntohs(v6.sin6_port);
  } else {
    sockaddr_in v4{};
    std::memcpy(&v4, &wanted.storage, sizeof v4);
    address.words.resize(1);
    std::memcpy(address.words.data(), &v4.sin_addr, sizeof v4.sin_addr);
    address.port = ntohs(v4.sin_port);
  }
  return address;
}

/// Two listeners exclude each other on the same address, or if one takes all addresses.
bool clash(const TableAddress& listener, const TableAddress& wanted) {
  if (listener.port != wanted.port) return false;
  return listener.is_any() || wanted.is_any() || listener.words == wanted.words;
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool holds(const fs::path& process, const std::string& link) {
  std::error_code error;
  for (fs::directory_iterator fd(process / "fd", error), end; !error && fd != end; fd.increment(error)) {
    std::error_code unreadable;
    if (fs::read_symlink(fd->path(), unreadable) == link) return true;
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> find_listener_inode(std::string_view table, const SocketAddress& wanted) {
  const TableAddress wanted_address = to_table_address(wanted);
  while (!table.empty()) {
    const std::size_t end = std::min(table.find('\n'), table.size());
    const auto columns = split_columns(table.substr(0, end));
    table.remove_prefix(std::min(end + 1, table.size()));
    if (columns.size() <= kInodeColumn || columns[kStateColumn] != kListening) continue;
    const auto local = parse_table_address(columns[kLocalColumn]);
    if (local && clash(*local, wanted_address)) {
      return base::parse_number<std::uint64_t>(columns[kInodeColumn], 10);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> find_listener_inode(const SocketAddress& wanted) {
  const auto inode = find_listener_inode(read_text("/proc/net/tcp"), wanted);
  return inode ? inode : find_listener_inode(read_text("/proc/net/tcp6"), wanted);
}

std::optional<PortHolder> find_holder(std::uint64_t inode) {
  const std::string link = "socket:[" + std::to_string(inode) + "]";
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const auto pid = base::parse_number<pid_t>(entry->path().filename().native(), 10);
    if (!pid || !holds(entry->path(), link)) continue;
    std::string name = read_text(entry->path() / "comm");
    while (!name.empty() && name.back() == '\n') name.pop_back();
    return PortHolder{*pid, std::move(name)};
  }
  return std::nullopt;
}

}  // namespace kymo::KYMO_ABI::net
