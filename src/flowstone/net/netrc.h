// Netrc: logins by host, as in the file ~/.netrc that curl, pip and ftp read.
//
// Own parser, because libcurl's silently takes what it can: machine, default, login, password,
// account and macdef, tokens in double quotes with "\" escapes, comments after "#".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/net/secret.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::net {

class Netrc {
 public:
  // No logins.
  Netrc() = default;
  // kInvalid with the line number when the text is not in the format.
  static Result<Netrc> Parse(std::string_view text);

  // The login of that host, else the default one. The first entry of a host counts.
  std::optional<Credentials> Find(std::string_view host) const;

 private:
  std::map<std::string, Credentials, std::less<>> machines_;
  std::optional<Credentials> default_;
};

struct NetrcFile {
  Netrc netrc;
  std::string path = {};               // of the file that was read; empty for none
  std::optional<std::string> warning;  // the file is unreadable, malformed, or open to others
};

// The file that $NETRC names, else ~/.netrc or ~/_netrc. A missing file gives no logins. A broken
// one gives no logins and a warning, so that an unrelated mistake does not stop public downloads.
NetrcFile LoadNetrc(const os::Environment& environment, os::FileSystem& files);

}  // namespace flowstone::net
