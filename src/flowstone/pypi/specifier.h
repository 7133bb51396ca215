// Specifier and SpecifierSet: the version constraints of PEP 440, such as ">=1.0, !=1.4.*".
//
// Parse is strict. Metadata on indexes is older than the standard: specifier_leniency.h repairs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/version_set.h"

namespace flowstone::pypi {

enum class SpecifierOperator : std::uint8_t {
  kEqual,           // ==
  kNotEqual,        // !=
  kLessEqual,       // <=
  kGreaterEqual,    // >=
  kLess,            // <
  kGreater,         // >
  kCompatible,      // ~=
  kArbitraryEqual,  // ===
};

std::string_view SpecifierOperatorText(SpecifierOperator op);

// What to do with pre-releases that the constraints contain.
enum class PrereleasePolicy : std::uint8_t {
  kNever,
  kIfNamed,      // when a constraint itself names a pre-release (PEP 440's "explicitly requested")
  kIfNecessary,  // kIfNamed, or when no final release matches: PEP 440's default
  kAlways,
};

class Specifier {
 public:
  static Result<Specifier> Parse(std::string_view text);

  SpecifierOperator op() const { return op_; }
  // What follows the operator: "1.0", "1.4.*".
  const std::string& operand() const { return operand_; }
  // Whether the operand ends with ".*".
  bool is_wildcard() const { return is_wildcard_; }
  // The version of the operand, without ".*"; 0 for an `===` text that is no version.
  const Version& version() const { return version_; }

  // Whether it names a pre-release, by which it admits them.
  bool AdmitsPrereleases() const;
  // Whether `version` satisfies it, pre-releases included.
  bool Contains(const Version& version) const;
  const VersionSet& ToVersionSet() const { return versions_; }
  // Operator and operand without white space between.
  std::string ToString() const;

  // Equal values spelt differently are equal: ==1.0 and ==1.0.0.
  friend bool operator==(const Specifier& a, const Specifier& b);

 private:
  Specifier() = default;

  SpecifierOperator op_ = SpecifierOperator::kEqual;
  bool is_wildcard_ = false;
  std::string operand_;
  Version version_;
  VersionSet versions_;
};

// All of its specifiers at once. The empty set of constraints accepts everything. Cheap to copy:
// copies share their specifiers.
class SpecifierSet {
 public:
  SpecifierSet() = default;
  explicit SpecifierSet(std::vector<Specifier> specifiers);

  // Separated by commas; empty pieces are skipped.
  static Result<SpecifierSet> Parse(std::string_view text);

  std::span<const Specifier> specifiers() const {
    return shared_ == nullptr ? std::span<const Specifier>() : *shared_;
  }
  bool empty() const { return shared_ == nullptr; }

  bool AdmitsPrereleases() const;
  // Of a single version, kIfNecessary is kAlways: there is no alternative to it.
  bool Contains(const Version& version, PrereleasePolicy policy = PrereleasePolicy::kAlways) const;
  // The indices of the versions that satisfy the set under the policy, in their order.
  std::vector<std::size_t> Filter(std::span<const Version> versions, PrereleasePolicy policy) const;
  VersionSet ToVersionSet() const;

  void Add(const SpecifierSet& other);
  // Sorted, without repetitions: "!=1.4.*,>=1.0".
  std::string ToString() const;

  // The same specifiers in any order.
  friend bool operator==(const SpecifierSet& a, const SpecifierSet& b);

 private:
  std::shared_ptr<const std::vector<Specifier>> shared_;  // null: none
};

}  // namespace flowstone::pypi
