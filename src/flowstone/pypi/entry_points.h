// EntryPoints: entry_points.txt, an INI file of group → name → `module:attribute [extras]`.
//
// The entry points of `console_scripts` and `gui_scripts` become generated programs: their names
// become file names and their references become code. They are held to a strict grammar; other
// groups are kept as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/name.h"

namespace flowstone::pypi {

// A reference to a Python object: dotted identifiers on both sides of the colon.
struct ObjectReference {
  std::string module;
  std::string attribute = {};          // may be dotted; empty when the reference is a module
  std::vector<ExtraName> extras = {};  // deprecated, still parsed

  static Result<ObjectReference> Parse(std::string_view text);
  // The first part of the attribute: what `from module import …` imports.
  std::string_view ImportedName() const;

  friend bool operator==(const ObjectReference&, const ObjectReference&) = default;
};

struct EntryPoint {
  std::string group;
  std::string name;
  std::string value;  // as written

  friend bool operator==(const EntryPoint&, const EntryPoint&) = default;
};

// A program to generate.
struct Script {
  std::string
      name;  // fit for a file name: no separators, no control characters, neither "." nor ".."
  ObjectReference target;  // with an attribute

  friend bool operator==(const Script&, const Script&) = default;
};

struct EntryPoints {
  std::vector<EntryPoint> all = {};  // in their order; of repeated names the last counts
  std::vector<Script> console_scripts = {};
  std::vector<Script> gui_scripts = {};

  // kInvalid, naming the line, for text outside a group, lines without "=" and scripts that are not
  // fit.
  static Result<EntryPoints> Parse(std::string_view text);
};

}  // namespace flowstone::pypi
