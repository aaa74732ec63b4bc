// The low descriptors through which a thread hands outputs to the children it spawns.
#ifndef CLINUX_SLOTS_H
#define CLINUX_SLOTS_H

/// Four descriptors, all close-on-exec and above 2. Between two spawns all of them are `/dev/null`; all but `null` are -1
/// if one could not be put back, until the next spawn.
///
/// A child shares our table of descriptors until it has made itself a copy, of the numbers up to the highest of these: so they are
/// to be opened early, before much else is, and they cannot be used by two threads at once.
struct clinux_slots {
  int null;
  int output;
  int error;
  int notification;
};

/// Opens them: 0, or -1 with errno (nothing stays open then).
int clinux_slots_open(struct clinux_slots *slots);
/// Closes them.
void clinux_slots_close(struct clinux_slots *slots);

/// Puts copies of three descriptors in. `slots->null` stands for `/dev/null` and needs no copy.
/// 0, or -1 with errno; `clinux_slots_empty` is to be called in either case.
int clinux_slots_fill(struct clinux_slots *slots, int output, int error, int notification);
/// Puts `/dev/null` back in, so that no pipe stays open here for longer than its child has it. Takes what was given to the other.
void clinux_slots_empty(struct clinux_slots *slots, int output, int error, int notification);

#endif
