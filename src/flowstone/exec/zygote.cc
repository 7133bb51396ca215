#include "flowstone/exec/zygote.h"

#include <cerrno>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/os/errno_error.h"

namespace flowstone::exec {
namespace {

constexpr int kChannelFd = 3;

std::vector<std::string> CommandLine(const RunContext& run, const PythonEnvironment& environment) {
  std::vector<std::string> arguments = {environment.interpreter};
  if (environment.isolation == Isolation::kIsolated) {
    arguments.emplace_back("-I");
  }
  arguments.push_back(run.sdk_root + "/flowstone/worker/__main__.py");
  arguments.emplace_back("--channel");
  arguments.push_back(std::to_string(kChannelFd));
  return arguments;
}

Result<os::UniqueFd> OpenExitDescriptor(int pid) {
  os::UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) {
    return os::ErrnoError(errno, "watch process " + std::to_string(pid));
  }
  return fd;
}

}  // namespace

Result<std::unique_ptr<Zygote>> Zygote::Start(
    const RunContext& run, const PythonEnvironment& environment, ZygotePurpose purpose,
    const std::map<std::string, std::string>& process_environment, os::ProcessRunner& processes) {
  FLOWSTONE_LET(auto channel, MakeChannelPair());
  FLOWSTONE_LET(auto output, OutputCapture::Create());
  FLOWSTONE_LET(auto errors, OutputCapture::Create());
  FLOWSTONE_LET(std::unique_ptr<os::Process> process,
                processes.Start(
                    {.arguments = CommandLine(run, environment),
                     .environment = process_environment,
                     .directory = environment.directory,
                     .descriptors = {{.parent_fd = channel.second.get(), .child_fd = kChannelFd},
                                     {.parent_fd = output.second.get(), .child_fd = STDOUT_FILENO},
                                     {.parent_fd = errors.second.get(), .child_fd = STDERR_FILENO}},
                     .new_process_group = true,
                     .private_layer = environment.private_layer}));
  FLOWSTONE_LET(os::UniqueFd exit_fd, OpenExitDescriptor(process->pid()));
  return std::unique_ptr<Zygote>(new Zygote(environment, purpose, std::move(process),
                                            std::move(channel.first), std::move(output.first),
                                            std::move(errors.first), std::move(exit_fd)));
}

Zygote::Zygote(PythonEnvironment environment, ZygotePurpose purpose,
               std::unique_ptr<os::Process> process, os::UniqueFd socket, OutputCapture output,
               OutputCapture errors, os::UniqueFd exit_fd)
    : environment_(std::move(environment)),
      purpose_(purpose),
      channel_(std::move(socket)),
      output_(std::move(output)),
      errors_(std::move(errors)),
      exit_fd_(std::move(exit_fd)),
      process_(std::move(process)) {}

void Zygote::OnHello(const RunContext& run) {
  channel_.Send(LoadFrame(run, environment_));
}

void Zygote::OnLoaded(const LoadedMessage& loaded) {
  // A fork takes one thread along: the locks that others hold would stay locked for ever.
  const bool may_fork = purpose_ == ZygotePurpose::kShared && loaded.threads == 0;
  phase_ = may_fork ? ZygotePhase::kForking : ZygotePhase::kRunsOne;
}

void Zygote::Retire() {
  phase_ = ZygotePhase::kRetired;
  channel_.Send(ShutdownFrame());
}

void Zygote::BecomeTask() {
  FLOWSTONE_CHECK(phase_ == ZygotePhase::kRunsOne);
  phase_ = ZygotePhase::kIsTask;
}

void Zygote::Kill() {
  // An error means that it is gone already.
  [[maybe_unused]] const Status killed = process_->Signal(SIGKILL);
}

void Zygote::ShutDown(std::chrono::milliseconds patience) {
  channel_.Send(ShutdownFrame());
  pollfd waited{.fd = exit_fd_.get(), .events = POLLIN, .revents = 0};
  ::poll(&waited, 1, static_cast<int>(patience.count()));
}

std::optional<os::ExitStatus> Zygote::TakeExit() {
  const Result<std::optional<os::ExitStatus>> status = process_->Poll();
  // A process that cannot be asked has been reaped by someone else; its status is lost.
  return status ? *status : os::ExitStatus{.code = -1, .signal = std::nullopt};
}

}  // namespace flowstone::exec
