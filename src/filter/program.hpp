#pragma once
// What an expression becomes: instructions in one flat array, operands before their operator, for a machine with a
// small stack. There is no tree to walk, and none whose depth would be that of a long chain of ORs.
//
// AND, OR and IN jump over what they need not know. An instruction that fails ends the program, so nothing has to carry
// errors along; only what stands between `guard` and `verdict`, an sql filter among filter objects, fails by itself.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "functions.hpp"
#include "like.hpp"
#include "millrace/filter/expression.hpp"

namespace millrace::filter {

enum class Op : std::uint8_t {
  boolean,       ///< pushes `number`
  integer,       ///< pushes `number`
  text,          ///< pushes `text`
  attribute,     ///< pushes the value of the attribute `text`, of the names the `number`th; fails if there is none
  attribute_or,  ///< the same as a String; if there is none pushes false, and jumps
  exists,        ///< pushes whether there is such an attribute
  negate,        ///< Integer
  invert,        ///< Boolean
  to_boolean,    ///< casts
  multiply,      ///< Integers, as the next four
  divide,
  modulo,
  add,
  subtract,
  equal,  ///< the left one cast to the type of the right one, as the next
  not_equal,
  equal_text,  ///< the same as `text` and equal, or not_equal if `number` is 0: what most filters are made of
  less,        ///< Integers, as the next three
  less_or_equal,
  greater,
  greater_or_equal,
  exclusive_or,  ///< Booleans
  and_then,      ///< pops a Boolean; if it is false pushes it again and jumps
  or_else,       ///< … true
  like,          ///< whether the String matches the pattern `number`
  among,         ///< pops an element of IN; if it is equal to the value below, puts true there and jumps
  among_none,    ///< puts false in place of the value
  call,          ///< `function` with `count` arguments
  unknown_call,  ///< fails
  exactly,       ///< whether the String is `text`
  begins,        ///< … begins with it
  ends,          ///< … ends with it
  guard,         ///< from here to the `verdict` at `target` what fails is false
  verdict,       ///< whether the value is Boolean true
};

struct Instruction {
  Op op = Op::boolean;
  Function function{};
  std::uint16_t count = 0;
  std::int32_t number = 0;
  std::uint32_t target = 0;  ///< where a jump goes on
  std::string_view text{};   ///< in Program::texts
};

/// Does not move once it is parsed: instructions look into `texts`.
struct Program {
  std::vector<Instruction> code;
  std::vector<LikePattern> patterns;
  std::string texts;          ///< room for all is made beforehand
  Type type = Type::boolean;  ///< of the value, and of the zero that stands for it
};

}  // namespace millrace::filter
