// The users behind connections of this machine.
#ifndef CLINUX_PEER_H
#define CLINUX_PEER_H

#include <stdint.h>

/// The user whose socket is the other end of a TCP connection within this machine, by the addresses of both ends as
/// our socket has them (`struct sockaddr`); -1 if the kernel does not say: the other end is closed already, or `sock_diag` is missing.
/// Waits for nothing.
int64_t clinux_tcp_user(const void *theirs, const void *ours);

#endif
