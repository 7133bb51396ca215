// The server end of the RPC protocol: frames in, frames out, until the client goes away.
#pragma once

#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::rpc {

// Serves the datastore of the machine's working directory on `socket`. Ok at end of file; kCorrupt
// when the client breaks the protocol.
Status ServeRpc(const app::Machine& machine, os::UniqueFd socket);

}  // namespace flowstone::rpc
