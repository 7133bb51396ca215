#include "flowstone/rpc/rpc_server.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <utility>

#include "flowstone/exec/frame_channel.h"
#include "flowstone/os/errno_error.h"
#include "flowstone/os/memory_file.h"
#include "flowstone/rpc/rpc_methods.h"
#include "flowstone/version.h"

namespace flowstone::rpc {
namespace {

using nlohmann::json;

// docs/formats/rpc.md writes codes with "_".
std::string CodeName(ErrorCode code) {
  std::string name(ErrorCodeName(code));
  for (char& c : name) {
    c = c == '-' ? '_' : c;
  }
  return name;
}

std::string Dump(const json& header) {
  return header.dump(-1, ' ', false, json::error_handler_t::replace);
}

exec::OutgoingFrame ErrorFrame(const json& id, const Error& error) {
  return {.header = Dump({{"type", "error"},
                          {"id", id},
                          {"code", CodeName(error.code)},
                          {"message", error.message},
                          {"hints", error.hints}})};
}

Result<exec::OutgoingFrame> ReplyFrame(const json& id, Answer answer) {
  json header = json::parse(answer.fields);
  header["type"] = "reply";
  header["id"] = id;
  exec::OutgoingFrame frame;
  if (answer.kind == Answer::Kind::kContent && answer.content.size() > exec::kMaxInlineContent) {
    FLOWSTONE_LET(os::MemoryFile file, os::MemoryFile::Create("flowstone-rpc"));
    FLOWSTONE_TRY(file.Append(answer.content));
    header["descriptors"] = 1;
    frame.descriptors.push_back(std::move(file).Take());
  } else {
    frame.payload = std::move(answer.content);
  }
  frame.header = Dump(header);
  return frame;
}

exec::OutgoingFrame AnswerTo(RpcMethods& methods, const exec::Frame& frame) {
  const json request = json::parse(frame.header.ToString(), nullptr, false);
  const json id = request.contains("id") ? request["id"] : json();
  Result<Answer> answer = methods.Call(frame.type, request);
  if (!answer) {
    return ErrorFrame(id, answer.error());
  }
  Result<exec::OutgoingFrame> reply = ReplyFrame(id, std::move(*answer));
  return reply ? std::move(*reply) : ErrorFrame(id, reply.error());
}

Status WaitFor(const exec::FrameChannel& channel) {
  pollfd wait{.fd = channel.fd(),
              .events = static_cast<short>(POLLIN | (channel.wants_write() ? POLLOUT : 0)),
              .revents = 0};
  if (poll(&wait, 1, -1) < 0 && errno != EINTR) {
    return os::ErrnoError(errno, "wait for the client");
  }
  return Ok();
}

}  // namespace

Status ServeRpc(const app::Machine& machine, os::UniqueFd socket) {
  FLOWSTONE_LET(const auto datastore, app::ProjectDatastore::OpenIfThere(machine));
  FLOWSTONE_LET(const std::string directory, app::LocateDatastore(machine));
  if (fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) {
    return os::ErrnoError(errno, "use the client's socket");
  }
  exec::FrameChannel channel(std::move(socket));
  channel.Send(
      {.header = Dump(
           {{"type", "hello"}, {"protocol", 1}, {"version", kVersion}, {"datastore", directory}})});
  RpcMethods methods(datastore.get());
  while (true) {
    FLOWSTONE_TRY(WaitFor(channel));
    channel.Flush();
    FLOWSTONE_LET(exec::ReceivedFrames received, channel.Receive());
    for (const exec::Frame& frame : received.frames) {
      channel.Send(AnswerTo(methods, frame));
    }
    if (received.peer == exec::PeerState::kClosed) {
      return Ok();
    }
  }
}

}  // namespace flowstone::rpc
