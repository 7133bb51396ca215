// Sandbox: what a child process may see and use, for running code that nobody has looked at.
//
// With Isolation::kNamespaces the child lives in user, mount, pid, network and ipc namespaces of
// its own: there is no network, no other process, the whole file system is read-only but for the
// named directories, and the hidden ones are empty. It has no capabilities and cannot get any. The
// kernel must give such namespaces to this user (Linux 5.12 and newer; containers often forbid
// them): kDenied otherwise, and nothing has run.
//
// With and without namespaces the limits hold, and everything that the child started is killed when
// it ends, when it is stopped, and when the thread that started it ends, by kill -9 too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flowstone::os {

enum class Isolation : std::uint8_t { kNone, kNamespaces };
// With namespaces; without them the network is there.
enum class SandboxNetwork : std::uint8_t { kNone, kShared };

// Of each process. What is not set stays as it is here.
struct ResourceLimits {
  std::optional<std::uint64_t> memory_bytes = {};  // of private memory: RLIMIT_DATA
  std::optional<std::uint64_t> file_bytes = {};    // of one file that is written
  std::optional<std::uint64_t> open_files = {};
  // Of all processes together; only with namespaces, where no others of the user count.
  std::optional<std::uint64_t> processes = {};
};

struct Sandbox {
  Isolation isolation = Isolation::kNamespaces;
  SandboxNetwork network = SandboxNetwork::kNone;
  // Absolute directories without symbolic links. What is not there is left out.
  std::vector<std::string> writable = {};
  std::vector<std::string> hidden = {};   // seen as empty
  std::vector<std::string> visible = {};  // seen, read-only, although below a hidden one
  ResourceLimits limits = {};
};

}  // namespace flowstone::os
