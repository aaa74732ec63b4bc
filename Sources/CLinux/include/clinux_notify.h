// The datagrams of sd_notify, with which programs report their state.
#ifndef CLINUX_NOTIFY_H
#define CLINUX_NOTIFY_H

#include <sys/types.h>

/// The sender of a message, as the kernel reports it.
struct clinux_sender {
  pid_t pid;
  uid_t user;
};

/// A non-blocking datagram socket, close-on-exec, that receives its senders' ids and is bound to a path (its
/// file has mode 0600) or, with a leading `@`, to an abstract name; at most 107 bytes. -1 with errno:
/// EADDRINUSE, if the name is taken.
int clinux_notify_open(const char *name, size_t length);

/// Receives the next message: its length, which may be more than `size`, and then the rest is lost; -1 with
/// errno (EAGAIN: there is none). Descriptors that come with it are closed. `sender` is -1 and the highest
/// user if the kernel did not report it.
ssize_t clinux_notify_receive(int socket, void *buffer, size_t size, struct clinux_sender *sender);

#endif
