#include "flowstone/net/loopback_server.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"
#include "flowstone/net/content_range.h"

namespace flowstone::net {
namespace {

// A certificate for 127.0.0.1, signed by itself, and its key.
class SelfSigned {
 public:
  SelfSigned() : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    FLOWSTONE_CHECK(key_ != nullptr && certificate_ != nullptr);
    X509_set_version(certificate_, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 86400);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* const name = X509_get_subject_name(certificate_);
    constexpr std::string_view common_name = "loopback";
    std::array<unsigned char, common_name.size()> bytes{};
    std::copy(common_name.begin(), common_name.end(), bytes.begin());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, bytes.data(),
                               static_cast<int>(bytes.size()), -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_EXTENSION* const address =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate_, address, -1);
    X509_EXTENSION_free(address);
    FLOWSTONE_CHECK(X509_sign(certificate_, key_, EVP_sha256()) > 0);
  }
  ~SelfSigned() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;

  std::string Pem() const {
    BIO* const out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, certificate_);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  }

  SSL_CTX* MakeContext() const {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, certificate_);
    SSL_CTX_use_PrivateKey(context, key_);
    return context;
  }

 private:
  EVP_PKEY* const key_;
  X509* const certificate_;
};

// A connected socket, with TLS on it or not.
class Connection {
 public:
  Connection(int fd, SSL_CTX* context) : fd_(fd) {
    if (context != nullptr) {
      tls_ = SSL_new(context);
      SSL_set_fd(tls_, fd_);
      broken_ = SSL_accept(tls_) != 1;
    }
  }
  ~Connection() {
    SSL_free(tls_);
    close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Appends what arrives; false at the end.
  bool Read(std::string& text) {
    std::array<char, 8192> buffer{};
    if (broken_) {
      return false;
    }
    const auto count = tls_ != nullptr
                           ? SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()))
                           : recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      return false;
    }
    text.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  bool Write(std::string_view bytes) {
    while (!bytes.empty() && !broken_) {
      const auto count = tls_ != nullptr
                             ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                             : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return !broken_;
  }

  // The next close sends RST instead of FIN.
  void ResetOnClose() const {
    const linger option{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &option, sizeof(option));
  }

  // Lets a Read under way on another thread end.
  void Shutdown() const { shutdown(fd_, SHUT_RDWR); }

 private:
  const int fd_;
  SSL* tls_ = nullptr;
  bool broken_ = false;
};

ByteRange ParseRange(std::string_view text) {
  ByteRange range;
  const auto number = [](std::string_view digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  text.remove_prefix(std::min(text.find('=') + 1, text.size()));
  const std::size_t dash = text.find('-');
  if (dash == 0) {
    range.suffix = number(text.substr(1));
    return range;
  }
  range.first = number(text.substr(0, dash));
  if (dash + 1 < text.size()) {
    range.last = number(text.substr(dash + 1));
  }
  return range;
}

// Takes one request off the front of `buffered`, reading on as needed; nothing at the end.
std::optional<Request> ReadRequest(Connection& connection, std::string& buffered,
                                   const std::string& origin) {
  std::size_t end = 0;
  while ((end = buffered.find("\r\n\r\n")) == std::string::npos) {
    if (!connection.Read(buffered)) {
      return std::nullopt;
    }
  }
  const std::string head = buffered.substr(0, end);
  buffered.erase(0, end + 4);
  const std::vector<std::string_view> lines = SplitLines(head);
  const std::vector<std::string_view> words = SplitText(lines.at(0), ' ');
  Request request;
  request.method = words.at(0);
  // A proxy is asked with the whole URL.
  request.url =
      words.at(1).starts_with('/') ? origin + std::string(words.at(1)) : std::string(words.at(1));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    request.headers.Add(std::string(lines[i].substr(0, colon)),
                        std::string(TrimText(lines[i].substr(colon + 1))));
  }
  if (const auto range = request.headers.Get("Range")) {
    request.range = ParseRange(*range);
  }
  std::size_t length = 0;
  const std::string declared = request.headers.Get("Content-Length").value_or("0");
  std::from_chars(declared.data(), declared.data() + declared.size(), length);
  while (buffered.size() < length) {
    if (!connection.Read(buffered)) {
      return std::nullopt;
    }
  }
  request.body = buffered.substr(0, length);
  buffered.erase(0, length);
  return request;
}

void CutRange(Response& response, const ByteRange& range) {
  const std::uint64_t total = response.body.size();
  const std::optional<ContentRange> part = Select(range, total);
  if (!part) {
    response.status = 416;
    response.body.clear();
    return;
  }
  response.status = 206;
  response.body = response.body.substr(part->offset, part->length);
  response.headers.Set("Content-Range", "bytes " + std::to_string(part->offset) + "-" +
                                            std::to_string(part->offset + part->length - 1) + "/" +
                                            std::to_string(total));
}

// False when the connection is to be closed.
bool WriteReply(Connection& connection, const LoopbackReply& reply, const Request& request) {
  const Response& response = reply.response;
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " Status\r\n";
  for (const auto& [name, value] : response.headers.entries()) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
  if (has_body) {
    head +=
        "Content-Length: " + std::to_string(reply.declared_length.value_or(response.body.size())) +
        "\r\n";
  }
  head += "\r\n";
  std::string_view body = response.body;
  if (request.method == "HEAD" || !has_body) {
    body = "";
  }
  const bool whole = !reply.cut_after && !reply.declared_length;
  body = body.substr(0, reply.cut_after.value_or(body.size()));
  // In one piece: a second small one would wait for the first one's acknowledgement.
  return connection.Write(head.append(body)) && whole;
}

}  // namespace

class LoopbackServer::Impl {
 public:
  Impl(Handler handler, LoopbackOptions options)
      : handler_(std::move(handler)), options_(options), listener_(Listen()) {
    if (options_.security == LoopbackOptions::Security::kTls) {
      certificate_ = std::make_unique<SelfSigned>();
      context_ = certificate_->MakeContext();
    }
    acceptor_ = std::thread([this] { Accept(); });
  }

  ~Impl() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    close(listener_);
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const Connection* connection : open_) {
        connection->Shutdown();
      }
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
    SSL_CTX_free(context_);
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::string origin() const {
    return (context_ != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:") +
           std::to_string(port_);
  }

  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  int connection_count() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

  std::string certificate() const {
    FLOWSTONE_CHECK(certificate_ != nullptr);
    return certificate_->Pem();
  }

 private:
  int Listen() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FLOWSTONE_CHECK(fd >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    socklen_t size = sizeof(address);
    FLOWSTONE_CHECK(bind(fd, generic, size) == 0 && listen(fd, 64) == 0);
    FLOWSTONE_CHECK(getsockname(fd, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    return fd;
  }

  void Accept() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) {
        return;
      }
      const std::lock_guard lock(mutex_);
      ++connections_;
      threads_.emplace_back([this, fd] { Serve(fd); });
    }
  }

  void Serve(int fd) {
    Connection connection(fd, context_);
    std::list<const Connection*>::iterator place;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        return;
      }
      place = open_.insert(open_.end(), &connection);
    }
    std::string buffered;
    while (const std::optional<Request> request = ReadRequest(connection, buffered, origin())) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(*request);
      }
      if (!Answer(connection, *request)) {
        break;
      }
    }
    const std::lock_guard lock(mutex_);
    open_.erase(place);
  }

  bool Answer(Connection& connection, const Request& request) {
    Result<LoopbackReply> reply = handler_(request);
    if (!reply) {
      connection.ResetOnClose();
      return false;
    }
    if (request.range && reply->response.status == 200 &&
        options_.ranges == LoopbackOptions::Ranges::kHonoured) {
      CutRange(reply->response, *request.range);
    }
    return WriteReply(connection, *reply, request);
  }

  const Handler handler_;
  const LoopbackOptions options_;
  std::uint16_t port_ = 0;
  const int listener_;
  std::unique_ptr<SelfSigned> certificate_;
  SSL_CTX* context_ = nullptr;

  mutable std::mutex mutex_;  // guards what follows
  std::vector<Request> requests_;
  int connections_ = 0;
  std::list<const Connection*> open_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;

  std::thread acceptor_;
};

LoopbackServer::LoopbackServer(Handler handler, LoopbackOptions options)
    : impl_(std::make_unique<Impl>(std::move(handler), options)) {}

LoopbackServer::~LoopbackServer() = default;

std::string LoopbackServer::origin() const {
  return impl_->origin();
}

std::vector<Request> LoopbackServer::requests() const {
  return impl_->requests();
}

int LoopbackServer::connection_count() const {
  return impl_->connection_count();
}

std::string LoopbackServer::certificate() const {
  return impl_->certificate();
}

}  // namespace flowstone::net
