// The names of all forms of functions, as the compiler that builds this writes them. Ends well where all are
// found. A program of its own, so that a test builds it with each compiler.
#include "function_names.h"

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace room {
struct Room final {
  using Pointer = int (*)(int);
  using Array = int (&)[3];
  Room() { NAMED("room::Room::Room"); }
  template <class T>
  Room(T, int) {
    NAMED("room::Room::Room");
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  ~Room() { NAMED("room::Room::~Room"); }
  void mix(int, std::vector<int>) const { NAMED("room::Room::mix"); }
  void left() & { NAMED("room::Room::left"); }
  void right() const&& noexcept { NAMED("room::Room::right"); }
  void all() const volatile { NAMED("room::Room::all"); }
  static Room* other(Room& room) {
    NAMED("room::Room::other");
    return &room;
  }
  virtual int overridden() {
    NAMED("room::Room::overridden");
    return 0;
  }
  bool operator()(int) const {
    NAMED("room::Room::operator()");
    return true;
  }
  int operator[](int) const {
    NAMED("room::Room::operator[]");
    return 1;
  }
  Room* operator->() {
    NAMED("room::Room::operator->");
    return this;
  }
  Room& operator*() {
    NAMED("room::Room::operator*");
    return *this;
  }
  void operator->*(int) { NAMED("room::Room::operator->*"); }
  Room& operator++() {
    NAMED("room::Room::operator++");
    return *this;
  }
  void operator,(int) { NAMED("room::Room::operator,"); }
  explicit operator bool() const {
    NAMED("room::Room::operator bool");
    return true;
  }
  explicit operator unsigned long() const {
    NAMED_BY("room::Room::operator long unsigned int", "room::Room::operator unsigned long");
    return 1;
  }
  explicit operator const char*() const {
    NAMED_BY("room::Room::operator const char*", "room::Room::operator const char *");
    return "";
  }
  explicit operator std::vector<int>() const {
    NAMED_BY("room::Room::operator std::vector<int>", "room::Room::operator vector");
    return {};
  }
  explicit operator Pointer() const {
    NAMED_BY("room::Room::operator Pointer", "room::Room::operator int (*)(int)");
    return nullptr;
  }
  explicit operator Array() const {
    NAMED_BY("room::Room::operator Array", "room::Room::operator int (&)[3]");
    static int array[3];
    return array;
  }
  explicit operator int Room::*() const {
    NAMED("room::Room::operator int room::Room::*");
    return nullptr;
  }
  template <class T>
  explicit operator T*() const {
    NAMED_BY("room::Room::operator T*", "room::Room::operator std::basic_string<char> *");
    return nullptr;
  }
  static void* operator new(std::size_t size) {
    NAMED("room::Room::operator new");
    return ::operator new(size);
  }
  static void operator delete(void* memory) {
    NAMED("room::Room::operator delete");
    ::operator delete(memory);
  }
  static void* operator new[](std::size_t size) {
    NAMED_BY("room::Room::operator new []", "room::Room::operator new[]");
    return ::operator new[](size);
  }
  static void operator delete[](void* memory) {
    NAMED_BY("room::Room::operator delete []", "room::Room::operator delete[]");
    ::operator delete[](memory);
  }
  friend void befriended(Room&) { NAMED("room::befriended"); }
  friend std::strong_ordering operator<=>(const Room&, const Room&) {
    NAMED("room::operator<=>");
    return std::strong_ordering::equal;
  }
  friend bool operator==(const Room&, const Room&) {
    NAMED("room::operator==");
    return true;
  }
};
bool operator<(const Room&, const Room&) {
  NAMED("room::operator<");
  return true;
}
bool operator>(const Room&, const Room&) {
  NAMED("room::operator>");
  return true;
}
Room& operator<<(Room& room, int) {
  NAMED("room::operator<<");
  return room;
}
Room& operator>>=(Room& room, int) {
  NAMED("room::operator>>=");
  return room;
}
bool operator&&(const Room&, const Room&) {
  NAMED("room::operator&&");
  return true;
}
long operator""_km(unsigned long long) {
  NAMED("room::operator\"\"_km");
  return 1;
}
}  // namespace room

namespace returns {
int (*pointer(char))(int) {
  NAMED("returns::pointer");
  return nullptr;
}
int (*(*pointer_to_that(char))(long))(int) {
  NAMED("returns::pointer_to_that");
  return nullptr;
}
int (&array(int))[3] {
  NAMED("returns::array");
  static int values[3];
  return values;
}
int (*arrays(int))[3][4] {
  NAMED("returns::arrays");
  return nullptr;
}
int (room::Room::* member_function(int))(char) const {
  NAMED("returns::member_function");
  return nullptr;
}
int room::Room::* member(int) {
  NAMED("returns::member");
  return nullptr;
}
auto trailing(int) -> int (*)(char) {
  NAMED("returns::trailing");
  return nullptr;
}
decltype(auto) what_it_is(int& value) {
  NAMED("returns::what_it_is");
  return (value);
}
std::function<void(int)> function() {
  NAMED("returns::function");
  return {};
}
unsigned long long words() {
  NAMED("returns::words");
  return 1;
}
const volatile int* const* pointers(const char*, ...) {
  NAMED("returns::pointers");
  return nullptr;
}
std::vector<std::pair<int (*)(int), int>> pairs() {
  NAMED("returns::pairs");
  return {};
}
template <class T>
int (*of_template(T))(int) {
  NAMED("returns::of_template");
  return nullptr;
}
template <class T>
int (&array_of_template(T))[3] {
  NAMED("returns::array_of_template");
  static int values[3];
  return values;
}
template <class T>
auto dependent(T& value) -> decltype(value.size()) {
  NAMED("returns::dependent");
  return 0;
}
template <class T>
std::enable_if_t<(sizeof(T) > 1), int> enabled(T) {
  NAMED("returns::enabled");
  return 1;
}
auto lambda() {
  NAMED("returns::lambda");
  return
      [] { NAMED_BY("returns::lambda()::<lambda()>", "returns::lambda()::(anonymous class)::operator()"); };
}
decltype(lambda()) that_lambda() {
  NAMED("returns::that_lambda");
  return lambda();
}
}  // namespace returns

namespace {
void unseen(int) { NAMED_BY("{anonymous}::unseen", "(anonymous namespace)::unseen"); }
struct Hidden {
  Hidden& self() {
    NAMED_BY("{anonymous}::Hidden::self", "(anonymous namespace)::Hidden::self");
    return *this;
  }
  explicit operator Hidden*() {
    NAMED_BY("{anonymous}::Hidden::operator {anonymous}::Hidden*",
             "(anonymous namespace)::Hidden::operator (anonymous namespace)::Hidden *");
    return this;
  }
};
Hidden make_hidden() {
  NAMED_BY("{anonymous}::make_hidden", "(anonymous namespace)::make_hidden");
  return {};
}
}  // namespace

namespace {

void call_rooms() {
  using namespace room;
  Room room;
  Room other(1.5, 1);
  room.mix(1, {});
  room.left();
  std::move(std::as_const(room)).right();
  room.all();
  Room::other(room);
  room.overridden();
  room(1);
  room[1];
  room.operator->();
  *room;
  room->*1;
  ++room;
  room.operator,(1);
  (void)static_cast<bool>(room);
  (void)static_cast<unsigned long>(room);
  room.operator const char*();
  room.operator std::vector<int>();
  room.operator Room::Pointer();
  room.operator Room::Array();
  room.operator int Room::*();
  room.operator std::string*();
  delete new Room;
  delete[] new Room[1];
  befriended(room);
  (void)(room <=> other);
  (void)(room == other);
  (void)operator<(room, other);
  (void)operator>(room, other);
  room << 1;
  room >>= 1;
  (void)operator&&(room, other);
  1_km;
}

void call_hidden() {
  unseen(1);
  make_hidden().self().operator Hidden*();
}

void call_returns() {
  int number = 0;
  std::string text;
  returns::pointer('a');
  returns::pointer_to_that('a');
  returns::array(1);
  returns::arrays(1);
  returns::member_function(1);
  returns::member(1);
  returns::trailing(1);
  returns::what_it_is(number);
  returns::function();
  returns::words();
  returns::pointers("");
  returns::pairs();
  returns::of_template(1);
  returns::array_of_template(1);
  returns::dependent(text);
  returns::enabled(1);
  returns::lambda()();
  returns::that_lambda();
}

}  // namespace

int main(int, char**) {
  NAMED("main");
  call_rooms();
  call_hidden();
  call_returns();
  call_templates();
  call_others();
  std::printf("%d forms, %d wrong\n", names.forms, names.failures);
  return names.failures == 0 ? 0 : 1;
}
