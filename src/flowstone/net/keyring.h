// AskKeyring: credentials from the `keyring` program, which knows the secret store of the user's
// desktop or cloud.
#pragma once

#include <optional>
#include <string>

#include "flowstone/net/secret.h"
#include "flowstone/net/url.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::net {

// Runs `keyring get SERVICE USER` for the URL, then for its host; without a user `keyring --mode
// creds get SERVICE`, which prints one. Nothing else is in its arguments, its standard input is
// empty, and it is killed after a minute. Nothing when there is no such program, no answer, or an
// answer that is not a password of one line.
std::optional<Credentials> AskKeyring(os::ProcessRunner& processes,
                                      const os::Environment& environment, const Url& url,
                                      const std::string& user);

}  // namespace flowstone::net
