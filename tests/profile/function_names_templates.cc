#include "function_names.h"

#include <concepts>
#include <coroutine>
#include <string>
#include <type_traits>
#include <vector>

struct Room {};

namespace templates {
template <class T>
void any(T) {
  NAMED("templates::any");
}
template <>
void any<char>(char) {
  NAMED("templates::any");
}
template <class... T>
void pack(T...) {
  NAMED("templates::pack");
}
template <auto V>
void value() {
  NAMED("templates::value");
}
template <template <class...> class C>
void of_templates() {
  NAMED("templates::of_templates");
}
template <class T>
struct Box {
  Box() { NAMED_BY("templates::Box<T>::Box", "templates::Box<int>::Box"); }
  ~Box() { NAMED_BY("templates::Box<T>::~Box", "templates::Box<int>::~Box"); }
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;
  template <class U>
  void put(U) {
    NAMED_BY("templates::Box<T>::put", "templates::Box<int>::put");
  }
  explicit operator T() const {
    NAMED_BY("templates::Box<T>::operator T", "templates::Box<int>::operator int");
    return T();
  }
  template <class U>
  void operator<<(U) const {
    NAMED_BY("templates::Box<T>::operator<<", "templates::Box<int>::operator<<");
  }
  struct Inner {
    void call() { NAMED_BY("templates::Box<T>::Inner::call", "templates::Box<int>::Inner::call"); }
  };
};
template <class T>
struct Traits;
template <>
struct Traits<void (Room::*)(int) const&> {
  static void call() {
    NAMED_BY("templates::Traits<void (Room::*)(int) const &>::call",
             "templates::Traits<void (Room::*)(int) const &>::call");
  }
};
template <char C>
struct Character {
  void call() { NAMED_BY("templates::Character<C>::call", "templates::Character<'>'>::call"); }
};
}  // namespace templates

namespace constraints {
template <class T>
  requires Small<T>
void before(T) {
  NAMED("constraints::before");
}
template <class T>
void behind(T)
  requires Small<T>
{
  NAMED("constraints::behind");
}
template <class T>
void compared(T)
  requires(sizeof(T) < 8)
{
  NAMED("constraints::compared");
}
template <class T>
void expressions(T t)
  requires requires {
    t + 1;
    requires sizeof(T) > 1;
  }
{
  NAMED("constraints::expressions");
}
template <class T>
void either(T)
  requires(Small<T> || std::same_as<T, int>)
{
  NAMED("constraints::either");
}
template <class T>
void trait(T)
  requires std::is_integral<T>::value
{
  NAMED("constraints::trait");
}
template <class T>
void trait_and(T)
  requires std::is_integral<T>::value && (sizeof(T) > 1)
{
  NAMED("constraints::trait_and");
}
template <class T>
auto trailing(T) -> std::vector<T>
  requires Small<T>
{
  NAMED("constraints::trailing");
  return {};
}
template <Small T>
void concept_of(T) {
  NAMED("constraints::concept_of");
}
void placeholder(Small auto, auto&&...) { NAMED("constraints::placeholder"); }
template <class T>
struct Box {
  void call() const& noexcept
    requires(sizeof(T) > 1)
  {
    NAMED_BY("constraints::Box<T>::call", "constraints::Box<int>::call");
  }
  explicit operator bool() const
    requires Small<T>
  {
    NAMED_BY("constraints::Box<T>::operator bool", "constraints::Box<int>::operator bool");
    return true;
  }
};
template <class T>
void around(T)
  requires Small<T>
{
  [] {
    NAMED_BY("constraints::around<int>(int) requires  Small<T>::<lambda()>",
             "constraints::around(int)::(anonymous class)::operator()");
  }();
  struct Local {
    void call() {
      NAMED_BY("constraints::around(T) requires  Small<T>::Local::call",
               "constraints::around(int)::Local::call");
    }
  };
  Local().call();
}
}  // namespace constraints

namespace lambdas {
void in_function(int) {
  [](int) {
    NAMED_BY("lambdas::in_function(int)::<lambda(int)>",
             "lambdas::in_function(int)::(anonymous class)::operator()");
  }(1);
  [x = 1]() mutable noexcept {
    NAMED_BY("lambdas::in_function(int)::<lambda()>",
             "lambdas::in_function(int)::(anonymous class)::operator()");
    (void)x;
  }();
  []<class T>(T) {
    NAMED_BY("lambdas::in_function(int)::<lambda(T)>",
             "lambdas::in_function(int)::(anonymous class)::operator()");
  }(1);
  [](int (*)(int)) -> int (*)(char) {
    NAMED_BY("lambdas::in_function(int)::<lambda(int (*)(int))>",
             "lambdas::in_function(int)::(anonymous class)::operator()");
    return nullptr;
  }(nullptr);
  [] {
    [] {
      NAMED_BY("lambdas::in_function(int)::<lambda()>::<lambda()>",
               "lambdas::in_function(int)::(anonymous class)::operator()()::(anonymous class)::operator()");
    }();
    struct Local {
      void call() {
        NAMED_BY("lambdas::in_function(int)::<lambda()>::Local::call",
                 "lambdas::in_function(int)::(anonymous class)::operator()()::Local::call");
      }
    };
    Local().call();
  }();
}
const auto global = [](int) { NAMED_BY("lambdas::<lambda(int)>", "lambdas::(anonymous class)::operator()"); };
struct Owner {
  void call() const& {
    [] {
      NAMED_BY("lambdas::Owner::call() const &::<lambda()>",
               "lambdas::Owner::call()::(anonymous class)::operator()");
    }();
  }
  bool operator<(int) const {
    [] {
      NAMED_BY("lambdas::Owner::operator<(int) const::<lambda()>",
               "lambdas::Owner::operator<(int)::(anonymous class)::operator()");
    }();
    return true;
  }
  template <class T>
  void operator<<(T) {
    [] {
      NAMED_BY("lambdas::Owner::operator<< <int>(int)::<lambda()>",
               "lambdas::Owner::operator<<(int)::(anonymous class)::operator()");
    }();
  }
  explicit operator bool() const {
    [] {
      NAMED_BY("lambdas::Owner::operator bool() const::<lambda()>",
               "lambdas::Owner::operator bool()::(anonymous class)::operator()");
    }();
    return true;
  }
  int member = [] {
    NAMED_BY("lambdas::Owner::<lambda()>", "lambdas::Owner::(anonymous class)::operator()");
    return 1;
  }();
};
template <auto V>
void of_value() {
  [] {
    NAMED_BY("lambdas::of_value<'('>()::<lambda()>", "lambdas::of_value()::(anonymous class)::operator()");
  }();
}
}  // namespace lambdas

namespace odd {
struct __attribute__((abi_tag("v1"))) Tagged {
  void call() { NAMED("odd::Tagged::call"); }
};
__attribute__((abi_tag("a", "b"))) int tagged(int) {
  NAMED("odd::tagged");
  return 0;
}
inline namespace __attribute__((abi_tag("cxx11"))) v2 {
  void versioned() { NAMED_BY("odd::v2::versioned", "odd::versioned"); }
}  // namespace v2
void operator_like(int) { NAMED("odd::operator_like"); }
struct requires_nothing {
  void operators() { NAMED("odd::requires_nothing::operators"); }
};
struct {
  void call() { NAMED_BY("odd::<unnamed struct>::call", "odd::(anonymous struct)::call"); }
} unnamed;
struct Coroutine {
  struct promise_type {
    Coroutine get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};
struct Awaited {
  auto operator co_await() const {
    NAMED("odd::Awaited::operator co_await");
    return std::suspend_never();
  }
};
Coroutine coroutine(int) {
  NAMED("odd::coroutine");
  co_await Awaited();
}
}  // namespace odd

struct {
  void call() { NAMED_BY("<unnamed struct>::call", "(anonymous struct)::call"); }
} unnamed;
void free_function() { NAMED("free_function"); }
extern "C" void c_function(int) { NAMED("c_function"); }
__extension__ __int128 wide() {
  NAMED("wide");
  return 1;
}

void call_templates() {
  using namespace templates;
  any(1);
  any('a');
  any(std::string());
  any([](int) {});
  any<void (*)(int)>(nullptr);
  pack();
  pack(1, 'a');
  value<1>();
  value<&free_function>();
  value<')'>();
  of_templates<std::vector>();
  const Box<int> box;
  Box<int>().put('a');
  box.operator int();
  box << 1;
  Box<int>::Inner().call();
  Traits<void (Room::*)(int) const&>::call();
  Character<'>'>().call();
}

void call_others() {
  constraints::before(1);
  constraints::behind(1);
  constraints::compared(1);
  constraints::expressions(1);
  constraints::either(1);
  constraints::trait(1);
  constraints::trait_and(1);
  constraints::trailing(1);
  constraints::concept_of(1);
  constraints::placeholder(1, 2, 3);
  constraints::Box<int>().call();
  (void)static_cast<bool>(constraints::Box<int>());
  constraints::around(1);
  lambdas::in_function(1);
  lambdas::global(1);
  lambdas::Owner owner;
  owner.call();
  (void)(owner < 1);
  owner << 1;
  (void)static_cast<bool>(owner);
  lambdas::of_value<'('>();
  odd::Tagged().call();
  odd::tagged(1);
  odd::versioned();
  odd::operator_like(1);
  odd::requires_nothing().operators();
  odd::unnamed.call();
  odd::coroutine(1);
  unnamed.call();
  free_function();
  c_function(1);
  wide();
}
