// Resolving against brute force, on random universes of wheels: there is an answer exactly when
// trying everything finds one, and what is locked is one. The judge works on a model of its own: it
// has its own idea of versions, ranges, extras and policies, and shares no code with the resolver.
//
// FLOWSTONE_SEED names the first universe; a failure prints the seed of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/os/environment.h"
#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/policies.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/resolve/scenario.h"

namespace flowstone::resolve {
namespace {

constexpr int kUniverseCount = 2500;

// "3", or "3a1", which comes right before it.
struct ModelVersion {
  int number = 0;
  bool is_preview = false;

  int rank() const { return number * 2 - (is_preview ? 1 : 0); }
  std::string text() const { return std::to_string(number) + (is_preview ? "a1" : ""); }
};

struct ModelRange {
  std::string op = {};  // empty: everything
  int number = 0;

  std::string text() const { return op.empty() ? "" : op + std::to_string(number); }
  bool Contains(const ModelVersion& version) const {
    const int rank = version.rank();
    const int bound = number * 2;
    if (op == "==") {
      return rank == bound;
    }
    if (op == "!=") {
      return rank != bound;
    }
    if (op == ">=") {
      return rank >= bound;
    }
    if (op == "<=") {
      return rank <= bound;
    }
    if (op == ">") {
      return rank > bound;
    }
    // The previews of the bound are not below it.
    return op.empty() || version.number < number;
  }
};

enum class Platform : std::uint8_t { kAny, kOurs, kOther };

struct ModelNeed {
  int package = 0;
  ModelRange range = {};
  std::string extra = {};  // of the package that is needed
  Platform platform = Platform::kAny;
  std::string when = {};  // the extra of the dependent that switches it on

  std::string text() const {
    std::string text = "p" + std::to_string(package);
    text += extra.empty() ? "" : "[" + extra + "]";
    text += range.text();
    switch (platform) {
      case Platform::kAny:
        return text;
      case Platform::kOurs:
        return text + "; sys_platform == 'linux'";
      case Platform::kOther:
        return text + "; sys_platform == 'win32'";
    }
    return text;
  }
};

enum class Fitness : std::uint8_t { kFits, kOtherPython, kOtherPlatform, kYanked };

struct ModelRelease {
  ModelVersion version;
  Fitness fitness = Fitness::kFits;
  std::vector<ModelNeed> needs = {};
};

struct ModelUniverse {
  std::vector<std::vector<ModelRelease>> packages;
  std::vector<ModelNeed> requirements = {};
  std::vector<ModelNeed> constraints = {};
  std::vector<ModelNeed> overrides = {};
  std::set<int> excludes = {};
  PrereleaseMode prereleases = PrereleaseMode::kAllow;
};

class UniverseMaker {
 public:
  explicit UniverseMaker(std::uint32_t seed) : generator_(seed) {}

  ModelUniverse Make() {
    ModelUniverse universe;
    universe.packages.resize(2 + Below(3));
    package_count_ = universe.packages.size();
    for (auto& releases : universe.packages) {
      releases = Releases();
    }
    for (std::uint32_t n = 1 + Below(3); n > 0; --n) {
      universe.requirements.push_back(Need());
    }
    if (Below(3) == 0) {
      universe.constraints.push_back(Named(Need()));
    }
    if (Below(4) == 0) {
      universe.overrides.push_back(Need());
    }
    if (Below(8) == 0) {
      universe.excludes.insert(static_cast<int>(Below(package_count_)));
    }
    constexpr PrereleaseMode modes[] = {PrereleaseMode::kAllow, PrereleaseMode::kDisallow,
                                        PrereleaseMode::kIfNecessary,
                                        PrereleaseMode::kIfNecessaryOrExplicit};
    universe.prereleases = modes[Below(4)];
    return universe;
  }

 private:
  std::uint32_t Below(std::size_t bound) {
    return static_cast<std::uint32_t>(generator_() % bound);
  }

  std::vector<ModelRelease> Releases() {
    std::vector<ModelRelease> releases;
    for (int number = 1; number <= 4; ++number) {
      for (const bool is_preview : {true, false}) {
        if (Below(is_preview ? 5 : 3) != 0) {
          continue;
        }
        ModelRelease release{.version = {number, is_preview}};
        release.fitness = Below(4) == 0 ? static_cast<Fitness>(1 + Below(3)) : Fitness::kFits;
        for (std::uint32_t n = Below(4); n > 0; --n) {
          release.needs.push_back(Need());
          if (Below(3) == 0) {
            release.needs.back().when = Extra();
          }
        }
        releases.push_back(std::move(release));
      }
    }
    return releases;
  }

  std::string Extra() { return Below(2) == 0 ? "x" : "y"; }

  ModelNeed Need() {
    constexpr const char* operators[] = {"==", "!=", ">=", "<=", ">", "<"};
    ModelNeed need{.package = static_cast<int>(Below(package_count_))};
    if (Below(3) != 0) {
      need.range = {operators[Below(6)], static_cast<int>(1 + Below(4))};
    }
    if (Below(4) == 0) {
      need.extra = Extra();
    }
    need.platform = Below(5) == 0 ? static_cast<Platform>(1 + Below(2)) : Platform::kAny;
    return need;
  }

  static ModelNeed Named(ModelNeed need) {
    need.extra.clear();
    return need;
  }

  std::mt19937 generator_;
  std::size_t package_count_ = 0;
};

// Which release of each package is selected.
using Choice = std::vector<const ModelRelease*>;

class Judge {
 public:
  explicit Judge(const ModelUniverse& universe) : universe_(universe) {}

  bool IsAnswer(const Choice& choice) const {
    for (std::size_t i = 0; i < choice.size(); ++i) {
      if (choice[i] != nullptr && (!IsUsable(i, *choice[i]) || !Obeys(i, *choice[i]))) {
        return false;
      }
    }
    const auto needs = ActiveNeeds(choice);
    return std::ranges::all_of(needs, [&](const ModelNeed& need) {
      const ModelRelease* release = choice[Index(need)];
      return release != nullptr && need.range.Contains(release->version);
    });
  }

  // Whether every selected package is needed by something selected.
  bool IsNeeded(const Choice& choice) const {
    Choice reached(choice.size());
    bool has_grown = true;
    while (has_grown) {
      has_grown = false;
      for (const ModelNeed& need : ActiveNeeds(reached)) {
        if (reached[Index(need)] == nullptr && choice[Index(need)] != nullptr) {
          reached[Index(need)] = choice[Index(need)];
          has_grown = true;
        }
      }
    }
    return reached == choice;
  }

  bool HasAnswer() const {
    Choice choice(universe_.packages.size());
    return HasAnswer(choice, 0);
  }

 private:
  static std::size_t Index(const ModelNeed& need) { return static_cast<std::size_t>(need.package); }

  bool HasAnswer(Choice& choice, std::size_t next) const {
    if (next == choice.size()) {
      return IsAnswer(choice);
    }
    choice[next] = nullptr;
    if (HasAnswer(choice, next + 1)) {
      return true;
    }
    for (const ModelRelease& release : universe_.packages[next]) {
      choice[next] = &release;
      if (HasAnswer(choice, next + 1)) {
        return true;
      }
    }
    choice[next] = nullptr;
    return false;
  }

  // The requirement as overrides and excludes leave it.
  std::vector<ModelNeed> Rewritten(const ModelNeed& need) const {
    if (universe_.excludes.contains(need.package)) {
      return {};
    }
    std::vector<ModelNeed> rewritten;
    for (ModelNeed replacement : universe_.overrides) {
      if (replacement.package == need.package) {
        replacement.when = need.when;
        rewritten.push_back(replacement);
      }
    }
    return rewritten.empty() ? std::vector<ModelNeed>{need} : rewritten;
  }

  // What the request and the selected releases need, with the extras that follow from it.
  std::vector<ModelNeed> ActiveNeeds(const Choice& choice) const {
    std::set<std::pair<int, std::string>> extras;
    while (true) {
      std::vector<ModelNeed> active;
      const auto consider = [&](const ModelNeed& stated, int owner) {
        for (const ModelNeed& need : Rewritten(stated)) {
          if (need.platform != Platform::kOther &&
              (need.when.empty() || extras.contains({owner, need.when}))) {
            active.push_back(need);
          }
        }
      };
      for (const ModelNeed& need : universe_.requirements) {
        consider(need, -1);
      }
      for (std::size_t i = 0; i < choice.size(); ++i) {
        for (const ModelNeed& need :
             choice[i] == nullptr ? std::vector<ModelNeed>() : choice[i]->needs) {
          consider(need, static_cast<int>(i));
        }
      }
      const std::size_t known = extras.size();
      for (const ModelNeed& need : active) {
        if (!need.extra.empty()) {
          extras.emplace(need.package, need.extra);
        }
      }
      if (extras.size() == known) {
        return active;
      }
    }
  }

  bool Obeys(std::size_t package, const ModelRelease& release) const {
    return std::ranges::all_of(universe_.constraints, [&](const ModelNeed& constraint) {
      return Index(constraint) != package || constraint.platform == Platform::kOther ||
             constraint.range.Contains(release.version);
    });
  }

  bool IsUsable(std::size_t package, const ModelRelease& release) const {
    if (release.fitness == Fitness::kOtherPython || release.fitness == Fitness::kOtherPlatform) {
      return false;
    }
    if (release.fitness == Fitness::kYanked && !IsPinned(package, release.version)) {
      return false;
    }
    if (!release.version.is_preview) {
      return true;
    }
    const bool has_final =
        std::ranges::any_of(universe_.packages[package],
                            [](const ModelRelease& other) { return !other.version.is_preview; });
    switch (universe_.prereleases) {
      case PrereleaseMode::kDisallow:
        return false;
      case PrereleaseMode::kIfNecessaryOrExplicit:
        return !has_final;
      default:
        return true;
    }
  }

  bool IsPinned(std::size_t package, const ModelVersion& version) const {
    const auto pins = [&](const ModelNeed& need) {
      return Index(need) == package && need.platform != Platform::kOther && need.range.op == "==" &&
             need.range.Contains(version);
    };
    for (const ModelNeed& requirement : universe_.requirements) {
      if (std::ranges::any_of(Rewritten(requirement), pins)) {
        return true;
      }
    }
    return std::ranges::any_of(universe_.constraints, pins);
  }

  const ModelUniverse& universe_;
};

MemorySource Publish(const ModelUniverse& universe) {
  MemorySource source;
  for (std::size_t i = 0; i < universe.packages.size(); ++i) {
    for (const ModelRelease& release : universe.packages[i]) {
      PublishedRelease published{.name = "p" + std::to_string(i),
                                 .version = release.version.text()};
      for (const ModelNeed& need : release.needs) {
        (need.when.empty() ? published.dependencies : published.extras[need.when])
            .push_back(need.text());
      }
      if (release.fitness == Fitness::kOtherPython) {
        published.requires_python = ">=3.13";
      } else if (release.fitness == Fitness::kOtherPlatform) {
        published.wheel_tags = {"py3-none-win_amd64"};
      } else if (release.fitness == Fitness::kYanked) {
        published.yanked = "";
      }
      source.Publish(published);
    }
  }
  return source;
}

std::vector<RequestedRequirement> Wishes(const std::vector<ModelNeed>& needs) {
  std::vector<RequestedRequirement> wishes;
  wishes.reserve(needs.size());
  for (const ModelNeed& need : needs) {
    wishes.push_back({*pypi::Requirement::Parse(need.text())});
  }
  return wishes;
}

ResolveRequest RequestOf(const ModelUniverse& universe, const pypi::Target& target) {
  ResolveRequest request{.requirements = Wishes(universe.requirements),
                         .constraints = Wishes(universe.constraints),
                         .overrides = Wishes(universe.overrides),
                         .target = target};
  for (const int package : universe.excludes) {
    request.excludes.push_back(*pypi::Name::Parse("p" + std::to_string(package)));
  }
  request.policies.prereleases = universe.prereleases;
  return request;
}

// The releases that a lock names; nothing when it names one that was not published.
std::optional<Choice> ChoiceOf(const lock::Lock& lock, const ModelUniverse& universe) {
  Choice choice(universe.packages.size());
  for (const lock::LockedPackage& package : lock.packages) {
    const auto index = static_cast<std::size_t>(std::stoi(package.name.ToString().substr(1)));
    for (const ModelRelease& release : universe.packages[index]) {
      if (release.version.text() == package.version->ToString()) {
        choice[index] = &release;
      }
    }
    if (choice[index] == nullptr) {
      return std::nullopt;
    }
  }
  return choice;
}

TEST(ResolveOracle, AgreesWithBruteForce) {
  const pypi::Target target = LinuxTarget("3.12");
  const auto first_seed = static_cast<std::uint32_t>(std::stoul(
      os::Environment::FromProcess().GetNonEmpty("FLOWSTONE_SEED").value_or("20261122")));
  int solvable = 0;
  for (int i = 0; i < kUniverseCount && !::testing::Test::HasFailure(); ++i) {
    const std::uint32_t seed = first_seed + static_cast<std::uint32_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    const ModelUniverse universe = UniverseMaker(seed).Make();
    const Judge judge(universe);
    MemorySource source = Publish(universe);
    NoProgress progress;
    const auto answer = Resolve(RequestOf(universe, target), source, progress);
    ASSERT_TRUE(answer) << answer.error().ToString();
    if (const auto* resolution = std::get_if<Resolution>(&*answer)) {
      ++solvable;
      const auto choice = ChoiceOf(resolution->lock, universe);
      ASSERT_TRUE(choice);
      EXPECT_TRUE(judge.IsAnswer(*choice));
      EXPECT_TRUE(judge.IsNeeded(*choice));
    } else {
      EXPECT_FALSE(judge.HasAnswer()) << std::get<ResolveConflict>(*answer).explanation.ToString();
    }
  }
  // Both kinds must be common, or the comparison says little.
  EXPECT_GT(solvable, kUniverseCount / 5);
  EXPECT_LT(solvable, kUniverseCount * 4 / 5);
}

}  // namespace
}  // namespace flowstone::resolve
