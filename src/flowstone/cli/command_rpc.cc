// `rpc`: answers the client API over the socket that it was started with.
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/rpc/rpc_server.h"

namespace flowstone::cli {

Result<int> CommandRpc(EngineSession& session) {
  if (!session.arguments.Has("channel")) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "rpc is started by the client API, with --channel FD"};
  }
  FLOWSTONE_LET(const std::int64_t descriptor, NumberOf(session.arguments, "channel", -1, 0));
  FLOWSTONE_TRY(rpc::ServeRpc(session.machine, os::UniqueFd(static_cast<int>(descriptor))));
  return 0;
}

}  // namespace flowstone::cli
