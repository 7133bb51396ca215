// Marker: the condition behind the ";" of a requirement (PEP 508), such as
// `python_version >= "3.9" and extra == "test"`.
//
// A marker is an immutable tree; copies and compositions share its nodes. The default marker holds
// always. Evaluating never fails: what packaging reports as undefined when it evaluates is refused
// by Parse.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker_environment.h"
#include "flowstone/pypi/name.h"

namespace flowstone::pypi {

class SourceCursor;  // source_cursor.h
struct MarkerNode;   // marker_node.h

// Which variables a marker may use.
enum class MarkerVariables : std::uint8_t {
  kRequirement,  // those of PEP 508
  kLockFile,     // also `extras` and `dependency_groups` of PEP 751
};

// What was asked for, when a lock file is installed.
struct MarkerSelection {
  std::span<const ExtraName> extras = {};
  std::span<const GroupName> groups = {};
};

class Marker {
 public:
  // Always true.
  Marker() = default;

  // kInvalid with the place underlined. The empty text is refused.
  static Result<Marker> Parse(std::string_view text,
                              MarkerVariables variables = MarkerVariables::kRequirement);

  // Reads a marker from the middle of a source, for the requirement around it.
  static Result<Marker> ParseAt(SourceCursor& cursor, MarkerVariables variables);

  // Without any extra: `extra` is the empty text.
  bool Evaluate(const MarkerEnvironment& environment) const;
  // Whether it holds without an extra or with one of `extras`.
  bool Evaluate(const MarkerEnvironment& environment, std::span<const ExtraName> extras) const;
  // In a lock file: `"x" in extras`, `"x" in dependency_groups`.
  bool Evaluate(const MarkerEnvironment& environment, const MarkerSelection& selection) const;

  // Whether it is the default marker.
  bool is_always() const { return node_ == nullptr; }
  bool MentionsExtra() const;
  // The extras that it compares `extra` with, sorted, once each.
  std::vector<std::string> Extras() const;

  static Marker And(const Marker& a, const Marker& b);
  static Marker Or(const Marker& a, const Marker& b);

  // One spelling per tree: double quotes, single spaces, the fewest parentheses; empty for the
  // default one.
  std::string ToString() const;

  // Null for the default marker. For those that compute with markers (marker_diagram.h).
  const MarkerNode* tree() const { return node_.get(); }

  // Written alike, spelling aside.
  friend bool operator==(const Marker& a, const Marker& b) { return a.ToString() == b.ToString(); }

 private:
  explicit Marker(std::shared_ptr<const MarkerNode> node) : node_(std::move(node)) {}

  std::shared_ptr<const MarkerNode> node_;  // shared: immutable, and part of several compositions
};

}  // namespace flowstone::pypi
