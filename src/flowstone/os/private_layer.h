// PrivateLayer: what a program writes in some directories is its own. It and all that it starts see
// the directories as they are, with what they wrote themselves on top (overlayfs over a layer in
// memory); nobody else sees that, and with the last of them it is gone. The directories stay as
// they are. Everything else is as without the layer: processes, network, terminal, other files.
//
// Needs Linux 5.11 with overlayfs and /proc. Who has CAP_SYS_ADMIN gets a mount namespace,
// everybody else a user namespace of his own around it, where he is who he is, other users are
// nobody, and set-id programs give no rights. Containers and some distributions forbid both:
// kDenied then, which says what was refused. Rights are those of the files: who may not write a
// directory may not write it in the layer either. Outside of a user namespace directories may be
// renamed; in one, rename(2) of a directory that was there is EXDEV, for which programs copy. A
// directory that replaces a removed one needs Linux 6.6 there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/user_namespace.h"

namespace flowstone::os {

class PrivateLayer {
 public:
  // Where the way into a layer ended. In the order of the steps.
  enum class Stage : std::int32_t { kNone, kNamespaces, kMounts, kOverlay, kWorkingDirectory };
  struct Failure {
    Stage stage = Stage::kNone;
    std::int32_t number = 0;     // errno
    std::int32_t directory = 0;  // which one, for kOverlay
  };

  // Directories that do not exist are left out. For the calling process, as it is now.
  static Result<PrivateLayer> Prepare(const std::vector<std::string>& directories);

  // Moves this process into the layer, for good, also when it fails. REQUIRES: one thread.
  Status Enter() const;
  // The same with calls only that are safe in a child of a threaded process; Stage::kNone when it
  // is inside.
  Failure TryEnter() const;
  Error ErrorOf(const Failure& failure) const;

 private:
  IdentityMaps maps_;
  std::vector<std::string> directories_;  // as realpath(3) has them
  std::string working_directory_;         // when it is in one of them
};

// Whether this process could enter a layer over `directory`: a child tries it.
Status ProbePrivateLayer(const std::string& directory);

}  // namespace flowstone::os
