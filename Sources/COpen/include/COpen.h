// Nothing to call: a program with this target has the stand-in for open(2) of open.c.
#ifndef COPEN_H
#define COPEN_H
#endif
