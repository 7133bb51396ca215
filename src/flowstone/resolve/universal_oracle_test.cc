// Random universes: what a lock for all environments gives one target must be a valid and complete
// answer for that target, checked without the resolver.
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/target_platform.h"
#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/resolve.h"

namespace flowstone::resolve {
namespace {

constexpr int kProjects = 6;
constexpr int kVersions = 3;

class RandomUniverse {
 public:
  explicit RandomUniverse(std::uint32_t seed) : random_(seed) {
    for (int i = 0; i < kProjects; ++i) {
      for (int version = 1; version <= kVersions; ++version) {
        Publish(i, version);
      }
    }
    for (int i = 0; i < 3; ++i) {
      root_.push_back(RandomRequirement(-1));
    }
    // Requirements that divide: one project under two markers.
    if (Chance(2)) {
      root_.emplace_back("p0<=2 ; sys_platform == 'linux'");
      root_.emplace_back("p0>=2 ; sys_platform != 'linux'");
    }
  }

  ResolveRequest Request() const {
    ResolveRequest request{.requirements = {}, .target = {}};
    request.universal = UniversalWish{.requires_python = *pypi::SpecifierSet::Parse(">=3.11")};
    for (const std::string& text : root_) {
      request.requirements.push_back({*pypi::Requirement::Parse(text), "test"});
    }
    return request;
  }
  MemorySource& source() { return source_; }

  // Why this selection is no answer for the target; empty when it is one.
  std::string Objection(const std::map<std::string, std::string>& selected,
                        const pypi::Target& target) const {
    std::set<std::pair<std::string, std::string>> reached;  // name and extra
    std::vector<std::pair<std::string, std::string>> pending;
    std::string objection;
    const auto follow = [&](const std::string& text, const std::string& extra) {
      const pypi::Requirement requirement = *pypi::Requirement::Parse(text);
      std::vector<pypi::ExtraName> extras;
      if (!extra.empty()) {
        extras.push_back(*pypi::ExtraName::Parse(extra));
      }
      if (!requirement.marker.Evaluate(target.markers, extras)) {
        return;
      }
      const std::string name = requirement.name.ToString();
      const auto found = selected.find(name);
      if (found == selected.end()) {
        objection += text + " is not there\n";
        return;
      }
      if (!requirement.specifiers.Contains(*pypi::Version::Parse(found->second))) {
        objection += text + " is not satisfied by " + found->second + "\n";
      }
      pending.emplace_back(name, "");
      for (const pypi::ExtraName& wanted : requirement.extras) {
        pending.emplace_back(name, wanted.ToString());
      }
    };
    for (const std::string& text : root_) {
      follow(text, "");
    }
    while (!pending.empty()) {
      const auto here = pending.back();
      pending.pop_back();
      if (!reached.insert(here).second) {
        continue;
      }
      const PublishedRelease& release = releases_.at({here.first, selected.at(here.first)});
      for (const std::string& text : release.dependencies) {
        follow(text, "");
      }
      if (const auto of_extra = release.extras.find(here.second);
          of_extra != release.extras.end()) {
        for (const std::string& text : of_extra->second) {
          follow(text, "");
        }
      }
      const bool accepts =
          !release.requires_python ||
          pypi::SpecifierSet::Parse(*release.requires_python)->Contains(target.python_full_version);
      objection += accepts ? "" : here.first + " does not accept this Python\n";
    }
    for (const auto& [name, version] : selected) {
      objection += reached.contains({name, ""}) ? "" : name + " is needed by nothing\n";
    }
    return objection;
  }

 private:
  bool Chance(unsigned one_in) { return random_() % one_in == 0; }
  int Below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }

  std::string RandomRequirement(int asker) {
    static const std::vector<std::string> markers = {
        "sys_platform == 'linux'",
        "sys_platform != 'win32'",
        "sys_platform == 'darwin' or platform_machine == 'x86_64'",
        "python_version >= '3.12'",
        "python_version < '3.13'",
        "platform_machine != 'arm64'",
        "os_name == 'nt'",
        "python_version == '3.12' and sys_platform == 'linux'"};
    static const std::vector<std::string> ranges = {"", ">=2", "<=2", "!=3", "<3", ">=1"};
    int other = Below(kProjects);
    other = other == asker ? (other + 1) % kProjects : other;
    std::string text = "p" + std::to_string(other);
    text += Chance(4) ? "[x]" : "";
    text += ranges[random_() % ranges.size()];
    text += Chance(2) ? " ; " + markers[random_() % markers.size()] : "";
    return text;
  }

  void Publish(int project, int version) {
    PublishedRelease release{.name = "p" + std::to_string(project),
                             .version = std::to_string(version)};
    for (int i = Below(3); i > 0; --i) {
      release.dependencies.push_back(RandomRequirement(project));
    }
    release.extras["x"] = {};
    if (Chance(2)) {
      release.extras["x"].push_back(RandomRequirement(project));
    }
    if (Chance(4)) {
      release.requires_python = Chance(2) ? ">=3.12" : ">=3.13";
    }
    source_.Publish(release);
    releases_.emplace(std::pair(release.name, release.version), release);
  }

  std::mt19937 random_;
  MemorySource source_;
  std::map<std::pair<std::string, std::string>, PublishedRelease> releases_;
  std::vector<std::string> root_;
};

std::vector<pypi::Target> SomeTargets() {
  std::vector<pypi::Target> targets;
  for (const char* python : {"3.11.2", "3.12.4", "3.13.0", "3.14.1"}) {
    for (const char* platform :
         {"linux-x86_64", "linux-aarch64", "macos-arm64", "windows-x86_64"}) {
      targets.push_back(
          *pypi::TargetPlatform::Parse(platform)->With(*pypi::Version::Parse(python)));
    }
  }
  return targets;
}

TEST(UniversalOracle, WhatATargetGetsIsAnAnswerForIt) {
  constexpr std::uint32_t universes = 150;
  const std::vector<pypi::Target> targets = SomeTargets();
  NoProgress progress;
  std::size_t solved = 0;
  std::size_t with_several_versions = 0;
  for (std::uint32_t seed = 1; seed <= universes; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomUniverse universe(seed);
    const auto answer = Resolve(universe.Request(), universe.source(), progress);
    ASSERT_TRUE(answer) << answer.error().ToString();
    const auto* resolution = std::get_if<Resolution>(&*answer);
    if (resolution == nullptr) {
      continue;  // the packages of one fork must agree in all of it, so this proves nothing
    }
    ++solved;
    const std::string text = lock::WriteLock(resolution->lock);
    const Result<lock::Lock> lock = lock::ParseLock(text);
    ASSERT_TRUE(lock) << text;
    std::set<pypi::Name> names;
    for (const lock::LockedPackage& package : lock->packages) {
      names.insert(package.name);
    }
    with_several_versions += names.size() < lock->packages.size() ? 1 : 0;
    for (const pypi::Target& target : targets) {
      const auto wheels = lock::SelectWheels(*lock, target);
      ASSERT_TRUE(wheels) << wheels.error().ToString() << "\n" << text;
      std::map<std::string, std::string> selected;
      for (const lock::SelectedWheel& wheel : *wheels) {
        selected.emplace(wheel.name.ToString(), wheel.version.ToString());
      }
      ASSERT_EQ(universe.Objection(selected, target), "")
          << target.markers.sys_platform << " " << target.markers.python_version << "\n"
          << text;
    }
  }
  EXPECT_GT(solved, universes / 4);
  EXPECT_GT(with_several_versions, 10U);
}

TEST(UniversalOracle, TheAnswerIsAlwaysTheSame) {
  NoProgress progress;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::string texts[2];
    for (std::string& text : texts) {
      RandomUniverse universe(seed);
      const auto answer = Resolve(universe.Request(), universe.source(), progress);
      ASSERT_TRUE(answer) << answer.error().ToString();
      const auto* resolution = std::get_if<Resolution>(&*answer);
      text = resolution != nullptr ? lock::WriteLock(resolution->lock)
                                   : std::get<ResolveConflict>(*answer).ToError().ToString();
    }
    EXPECT_EQ(texts[0], texts[1]) << "seed " << seed;
  }
}

}  // namespace
}  // namespace flowstone::resolve
