// Policies: everything about choosing versions that the standards leave to tools, as data. A preset
// is the set of choices of another tool; every choice can be made apart from the others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "flowstone/pypi/name.h"

namespace flowstone::resolve {

// When pre-releases may be chosen.
enum class PrereleaseMode : std::uint8_t {
  kIfNecessary,  // after every final release has failed
  kPep440,       // preferred as the newest, when the requirements of the project admit them
  kAllow,
  kDisallow,
  kExplicit,               // only for projects whose direct requirements name a pre-release
  kIfNecessaryOrExplicit,  // for those, and for projects that have nothing else
};

enum class ResolutionMode : std::uint8_t {
  kHighest,
  kLowest,
  kLowestDirect,  // the lowest of direct requirements, the highest of the rest
};

// When yanked files may be chosen.
enum class YankedMode : std::uint8_t {
  kPinnedDirectly,  // a direct requirement, constraint or override pins the version with == or ===
  kPinnedAnywhere,  // anything pins it, also a dependency of another package
  kAllow,
};

// Whether `Requires-Python: >=3.8,<3.12` keeps a release from Python 3.12. Upper bounds are guesses
// about the future; obeying them mostly selects old releases that did not guess yet.
enum class UpperPythonBound : std::uint8_t { kIgnore, kObey };

// Which files of a project may be used.
enum class BinaryPolicy : std::uint8_t {
  kOnlyWheels,
  kStaticSources,  // also sources whose metadata is known without building them (PEP 643)
  kAnySource,      // also sources that must be built to be asked
  kNoWheels,       // only sources, whether or not they must be built to be asked
};

// What `--only-binary` and `--no-binary` say.
struct BinaryPolicies {
  BinaryPolicy by_default = BinaryPolicy::kOnlyWheels;
  std::map<pypi::Name, BinaryPolicy> by_project = {};

  BinaryPolicy For(const pypi::Name& project) const;

  friend bool operator==(const BinaryPolicies&, const BinaryPolicies&) = default;
};

// How the versions of forks of a resolution for several targets relate.
enum class ForkPolicy : std::uint8_t {
  kNewestPerPython,  // the newest version for every Python, at the price of more forks
  kFewestVersions,   // one version that all accept, where there is one
};

struct ResolvePolicies {
  PrereleaseMode prereleases = PrereleaseMode::kIfNecessaryOrExplicit;
  std::map<pypi::Name, PrereleaseMode> prereleases_of = {};  // of single projects, instead
  ResolutionMode resolution = ResolutionMode::kHighest;
  YankedMode yanked = YankedMode::kPinnedDirectly;
  UpperPythonBound upper_python_bound = UpperPythonBound::kIgnore;
  BinaryPolicies binaries = {};
  ForkPolicy forks = ForkPolicy::kNewestPerPython;

  PrereleaseMode PrereleasesFor(const pypi::Name& project) const;

  friend bool operator==(const ResolvePolicies&, const ResolvePolicies&) = default;
};

// Whose answers are wanted where tools differ.
enum class Compatibility : std::uint8_t { kUv, kPip };

// The policies of that tool. Files of sources stay out unless they are asked for: a flow does not
// build.
ResolvePolicies PoliciesFor(Compatibility tool);

// The names that command lines, files and locks use: "if-necessary", "lowest-direct",
// "only-wheels".
std::string_view PolicyName(PrereleaseMode mode);
std::string_view PolicyName(ResolutionMode mode);
std::string_view PolicyName(YankedMode mode);
std::string_view PolicyName(UpperPythonBound bound);
std::string_view PolicyName(BinaryPolicy policy);
std::string_view PolicyName(ForkPolicy policy);
std::string_view PolicyName(Compatibility tool);

// The other way round; nothing for a name that no policy has.
std::optional<PrereleaseMode> ParsePrereleaseMode(std::string_view name);
std::optional<ResolutionMode> ParseResolutionMode(std::string_view name);
std::optional<YankedMode> ParseYankedMode(std::string_view name);
std::optional<UpperPythonBound> ParseUpperPythonBound(std::string_view name);
std::optional<BinaryPolicy> ParseBinaryPolicy(std::string_view name);
std::optional<ForkPolicy> ParseForkPolicy(std::string_view name);
std::optional<Compatibility> ParseCompatibility(std::string_view name);

}  // namespace flowstone::resolve
