// POSIX extended regular expressions of glibc, which match in linear time (spec rule 8).
#ifndef CLINUX_PATTERN_H
#define CLINUX_PATTERN_H

#include <stddef.h>

/// Checks a POSIX extended regular expression: 0 if it can be used, -1 with a message of at most `size` bytes
/// (terminated) if not.
///
/// Back-references (`\1` to `\9`) are refused: they are the only construct of glibc's that needs exponential
/// time. A `)` without a `(` is refused too.
int clinux_pattern_check(const char *pattern, char *message, size_t size);

/// Looks for a match anywhere in `text`: 1 if there is one, 0 if not, -1 if the pattern is bad (see
/// `clinux_pattern_check`).
///
/// `^` and `$` match at line ends, `.` and `[^a]` match no newline. Control sequences of terminals, such as
/// colours, and carriage returns at the ends of lines are not seen. `text` need not be terminated and may
/// contain NUL bytes. Time is linear in `length`. The pattern is compiled by each call; safe from several
/// threads at once.
int clinux_pattern_match(const char *pattern, const char *text, size_t length);

#endif
