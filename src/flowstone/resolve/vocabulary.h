// Vocabulary: the numbers under which the solver knows projects, extras, ranges and reasons.
// They are given out in the order of first mention, which the request and the metadata fix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/solve/ids.h"

namespace flowstone::resolve {

// A project, or one of its extras, which is selected like a package of its own but is none.
struct Subject {
  pypi::Name name;             // empty for the request itself
  pypi::ExtraName extra = {};  // empty for the project

  friend auto operator<=>(const Subject&, const Subject&) = default;
};

// A subject that is looked for: names that somebody else keeps.
struct SubjectRef {
  const pypi::Name& name;
  const pypi::ExtraName& extra;
};

struct SubjectHash {
  using is_transparent = void;
  std::size_t operator()(const SubjectRef& subject) const noexcept {
    return std::hash<pypi::Name>()(subject.name) * 31 +
           (subject.extra.empty() ? 0 : std::hash<pypi::ExtraName>()(subject.extra));
  }
  std::size_t operator()(const Subject& subject) const noexcept {
    return (*this)(SubjectRef{subject.name, subject.extra});
  }
};

struct SubjectEqual {
  using is_transparent = void;
  bool operator()(const Subject& a, const Subject& b) const { return a == b; }
  bool operator()(const SubjectRef& a, const Subject& b) const {
    return a.name == b.name && a.extra == b.extra;
  }
};

struct Range {
  pypi::VersionSet versions;
  std::string text = {};    // "<3,>=2"; empty for everything
  std::string origin = {};  // of ranges that the request states: who does
  bool is_pin = false;      // "==1.2"
};

class Vocabulary {
 public:
  // The request itself is the package 0.
  Vocabulary();

  solve::PackageId request() const { return {0}; }
  solve::PackageId Project(const pypi::Name& name) { return Package({name, pypi::ExtraName()}); }
  solve::PackageId Extra(const pypi::Name& name, const pypi::ExtraName& extra) {
    return Package({name, extra});
  }
  const Subject& operator[](solve::PackageId package) const { return subjects_[package.value]; }
  // One more than the largest number of a package.
  std::size_t size() const { return subjects_.size(); }

  // The range that contains everything.
  solve::RangeId Everything() const { return {0}; }
  // Equal constraints have one number.
  solve::RangeId RangeOf(const pypi::SpecifierSet& specifiers);
  // One of the request, which keeps its origin.
  solve::RangeId WishOf(const pypi::SpecifierSet& specifiers, std::string origin);
  const Range& operator[](solve::RangeId range) const { return ranges_[range.value]; }

  solve::ReasonId ReasonOf(const std::string& text);
  // A reason of its own, whose text somebody else knows.
  solve::ReasonId UntoldReason();
  const std::string& operator[](solve::ReasonId reason) const { return reasons_[reason.value]; }

 private:
  solve::PackageId Package(const SubjectRef& subject);

  std::vector<Subject> subjects_;
  std::unordered_map<Subject, solve::PackageId, SubjectHash, SubjectEqual> packages_;
  std::vector<Range> ranges_;
  std::unordered_map<std::string, solve::RangeId> range_ids_;
  std::vector<std::string> reasons_;
  std::unordered_map<std::string, solve::ReasonId> reason_ids_;
};

}  // namespace flowstone::resolve
