#include "flowstone/cli/environment_report.h"

#include <gmock/gmock.h>

namespace flowstone::cli {
namespace {

using install::EnvironmentOutcome;
using install::ProvisionSource;
using ::testing::ElementsAre;

constexpr std::int64_t kElapsedNs = 800'000'000;

install::Environment SampleEnvironment() {
  install::Environment environment{.id = Digest::Of("environment"), .directory = "/e"};
  environment.outcome = EnvironmentOutcome::kBuilt;
  environment.package_count = 4;
  environment.provisions = {
      {.name = "alpha", .version = "1.0"},
      {.name = "beta", .version = "2.0", .source = ProvisionSource::kNetwork, .bytes = 1'500'000},
      {.name = "gamma", .version = "3.0", .source = ProvisionSource::kNetwork, .bytes = 500'000},
      {.name = "delta", .version = "4.0", .source = ProvisionSource::kDisk}};
  return environment;
}

std::string IdOf(const install::Environment& environment) {
  return environment.id.ToString().substr(0, 12);
}

TEST(EnvironmentSummary, CountsWhereThePackagesCameFrom) {
  const install::Environment environment = SampleEnvironment();
  EXPECT_EQ(EnvironmentSummary(environment, kElapsedNs),
            "4 packages, 1 from cache, 1 unpacked, 2 downloaded (2.0 MB), environment " +
                IdOf(environment) + " in 0.8 s");
}

TEST(EnvironmentSummary, OfOneThatWasThereSaysSo) {
  install::Environment environment = SampleEnvironment();
  environment.outcome = EnvironmentOutcome::kReused;
  environment.package_count = 1;
  environment.provisions.clear();
  EXPECT_EQ(EnvironmentSummary(environment, kElapsedNs),
            "1 package, environment " + IdOf(environment) + " found in 0.8 s");
}

TEST(EnvironmentDecisions, AreALineEach) {
  app::LockedEnvironment locked;
  locked.interpreter.version = *pypi::Version::Parse("3.11.2");
  locked.interpreter.executable = "/usr/bin/python3.11";
  const install::Environment environment = SampleEnvironment();
  EXPECT_THAT(EnvironmentDecisions(locked, environment),
              ElementsAre("Python 3.11.2 at /usr/bin/python3.11",
                          "4 of 0 packages of the lock are for this Python and this machine",
                          "alpha 1.0: was unpacked in the cache", "beta 2.0: downloaded (1.5 MB)",
                          "gamma 3.0: downloaded (500.0 kB)",
                          "delta 4.0: unpacked from this machine", "link mode hardlink",
                          "environment " + IdOf(environment) +
                              " was made: there was none of these packages for this Python"));
}

}  // namespace
}  // namespace flowstone::cli
