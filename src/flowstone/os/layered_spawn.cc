#include "flowstone/os/layered_spawn.h"

#include <cerrno>
#include <optional>
#include <unistd.h>

#include "flowstone/base/check.h"
#include "flowstone/os/errno_error.h"
#include "flowstone/os/exec_vectors.h"
#include "flowstone/os/forked_child.h"
#include "flowstone/os/private_layer.h"

namespace flowstone::os {
namespace {

// Stages of the layer are reported as they are; these are those around it.
constexpr std::int32_t kDescriptorsStage = 100;
constexpr std::int32_t kStartStage = 101;

struct LayeredLaunch {
  const ProcessSpec& spec;
  const std::string& program;
  ChildGroup group;
  const PrivateLayer& layer;
  const ChildDescriptors& descriptors;
  const LaunchReport& report;
  ExecVectors& vectors;
};

[[noreturn]] void RunInLayer(const LayeredLaunch& launch) {
  if (launch.group == ChildGroup::kOwn) {
    ::setpgid(0, 0);
  }
  ResetSignals();
  const PrivateLayer::Failure failure = launch.layer.TryEnter();
  if (failure.stage != PrivateLayer::Stage::kNone) {
    launch.report.Fail({.stage = static_cast<std::int32_t>(failure.stage),
                        .number = failure.number,
                        .detail = failure.directory});
  }
  if (!launch.descriptors.Arrange()) {
    launch.report.Fail(kDescriptorsStage);
  }
  if (launch.spec.directory.empty() || ::chdir(launch.spec.directory.c_str()) == 0) {
    ::execve(launch.program.c_str(), launch.vectors.argv(), launch.vectors.envp());
  }
  launch.report.Fail(kStartStage);
}

}  // namespace

Result<pid_t> SpawnInLayer(const ProcessSpec& spec, const std::string& program,
                           const std::vector<InheritedDescriptor>& descriptors, ChildGroup group) {
  FLOWSTONE_LET(const PrivateLayer layer, PrivateLayer::Prepare(spec.private_layer));
  FLOWSTONE_LET(const ChildDescriptors child_descriptors, ChildDescriptors::Prepare(descriptors));
  FLOWSTONE_LET(LaunchReport report, LaunchReport::Open(child_descriptors.first_free()));
  ExecVectors vectors(spec.arguments, spec.environment);
  const LayeredLaunch launch{.spec = spec,
                             .program = program,
                             .group = group,
                             .layer = layer,
                             .descriptors = child_descriptors,
                             .report = report,
                             .vectors = vectors};
  const pid_t child = ::fork();
  if (child < 0) {
    return ErrnoError(errno, "start '" + program + "'");
  }
  if (child == 0) {
    RunInLayer(launch);
  }
  if (group == ChildGroup::kOwn) {
    ::setpgid(child, child);  // here too: whoever comes first
  }
  const std::optional<LaunchReport::Failure> failure = report.Wait();
  if (!failure) {
    return child;
  }
  BuryChild(child);
  switch (failure->stage) {
    case kDescriptorsStage:
      return ErrnoError(failure->number, "pass descriptors to '" + program + "'");
    case kStartStage:
      return ErrnoError(failure->number, "run '" + program + "' in '" + spec.directory + "'");
    default:
      return layer.ErrorOf({.stage = static_cast<PrivateLayer::Stage>(failure->stage),
                            .number = failure->number,
                            .directory = failure->detail});
  }
}

}  // namespace flowstone::os
