// FileVerdicts: what the scope says to the `Requires-Python` of files and of metadata, asked once
// for each distinct text of all projects that matters. Indexes repeat the same few hundred texts a
// hundred thousand times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "flowstone/pypi/specifier.h"
#include "flowstone/resolve/policies.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {

// One text, by a number that is the same in all listings.
struct PythonVerdict {
  std::uint32_t id = 0;
  bool is_accepted = true;
};

// A Requires-Python as a value. One that cannot be read accepts everything.
struct PythonDemand {
  PythonVerdict verdict = {};
  std::optional<pypi::SpecifierSet> specifiers = {};  // nothing when it cannot be read
};

class FileVerdicts {
 public:
  // `scope` outlives this.
  FileVerdicts(const Scope& scope, UpperPythonBound upper_bound)
      : scope_(scope), upper_bound_(upper_bound) {}

  // A value that cannot be read is no reason to refuse a file: its metadata has the last word. The
  // reference lives as long as this.
  const PythonDemand& OnPython(std::string_view requires_python);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  const Scope& scope_;
  const UpperPythonBound upper_bound_;
  std::unordered_map<std::string, PythonDemand, TextHash, std::equal_to<>> pythons_;
};

}  // namespace flowstone::resolve
