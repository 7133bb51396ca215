// User namespaces in which the caller stays who he is: what gives an ordinary user mounts of his
// own. Internal to the os module. Linux 5.11 and newer lets such users mount overlays, 5.12 change
// attributes of mounts; containers and some distributions forbid the namespaces altogether.
#pragma once

#include <string>
#include <string_view>

namespace flowstone::os {

// What the kernel is told about who is who inside: everybody else becomes nobody there.
struct IdentityMaps {
  std::string users;
  std::string groups;

  static IdentityMaps OfCaller();
};

// unshare(2) of a user namespace and of `kinds`; false with errno. The process has one thread. Only
// calls that are safe in a child of a threaded process.
bool UnshareAsSelf(int kinds, const IdentityMaps& maps);

// ENOSPC is how the kernel says that there may be no more namespaces, EUSERS too many within each
// other: no disk is full.
bool MeansNoMoreNamespaces(int number);

}  // namespace flowstone::os
