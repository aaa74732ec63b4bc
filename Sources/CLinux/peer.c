// The users behind connections of this machine: SO_PEERCRED for TCP, by asking the kernel for the socket at the other end.
#define _GNU_SOURCE
#include "clinux_peer.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// Writes an address as the kernel's table has it, and returns its family. A socket for both families shows IPv4 as
/// `::ffff:a.b.c.d`, while the socket at the other end is one of IPv4.
static int end_of(const struct sockaddr *address, __be32 host[4], __be16 *port) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    host[0] = in.sin_addr.s_addr;
    *port = in.sin_port;
    return AF_INET;
  }
  if (address->sa_family != AF_INET6) return AF_UNSPEC;
  struct sockaddr_in6 in;
  memcpy(&in, address, sizeof in);
  *port = in.sin6_port;
  if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
    memcpy(&host[0], &in.sin6_addr.s6_addr[12], sizeof host[0]);
    return AF_INET;
  }
  memcpy(host, &in.sin6_addr, sizeof in.sin6_addr);
  return AF_INET6;
}

int64_t clinux_tcp_user(const void *theirs, const void *ours) {
  struct {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
  } question = {
      .header = {.nlmsg_len = sizeof question, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
      .request = {.sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u},
  };
  struct inet_diag_sockid *id = &question.request.id;
  id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  int family = end_of(theirs, id->idiag_src, &id->idiag_sport);
  if (family == AF_UNSPEC || end_of(ours, id->idiag_dst, &id->idiag_dport) != family) return -1;
  question.request.sdiag_family = (unsigned char)family;

  int diagnosis = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
  if (diagnosis < 0) return -1;
  // The kernel answers within send().
  struct {
    struct nlmsghdr header;
    struct inet_diag_msg message;
    char attributes[1024];
  } answer;
  int64_t user = -1;
  if (send(diagnosis, &question, sizeof question, 0) == sizeof question) {
    ssize_t length = recv(diagnosis, &answer, sizeof answer, 0);
    // A socket without an inode has been closed, and no longer has a user.
    if (length >= (ssize_t)(sizeof answer.header + sizeof answer.message) &&
        answer.header.nlmsg_type == SOCK_DIAG_BY_FAMILY && answer.message.idiag_inode != 0) {
      user = answer.message.idiag_uid;
    }
  }
  close(diagnosis);
  return user;
}
