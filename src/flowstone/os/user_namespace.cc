#include "flowstone/os/user_namespace.h"

#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace flowstone::os {
namespace {

std::string MapOf(unsigned id) {
  const std::string text = std::to_string(id);
  return text + " " + text + " 1";
}

bool WriteText(const char* path, std::string_view text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  const bool is_written =
      ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int number = errno;
  ::close(fd);
  errno = number;
  return is_written;
}

}  // namespace

IdentityMaps IdentityMaps::OfCaller() {
  return {.users = MapOf(::geteuid()), .groups = MapOf(::getegid())};
}

bool UnshareAsSelf(int kinds, const IdentityMaps& maps) {
  return ::unshare(CLONE_NEWUSER | kinds) == 0 && WriteText("/proc/self/setgroups", "deny") &&
         WriteText("/proc/self/uid_map", maps.users) &&
         WriteText("/proc/self/gid_map", maps.groups);
}

bool MeansNoMoreNamespaces(int number) {
  return number == ENOSPC || number == EUSERS;
}

}  // namespace flowstone::os
