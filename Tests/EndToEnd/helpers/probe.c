// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// What a scenario asks of a guest, without disturbing it: a *blocking* getrandom,
// and any read of /dev/urandom, makes a starving kernel gather jitter and become
// ready, so nothing here does either.
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#ifndef GRND_INSECURE
#define GRND_INSECURE 4
#endif

// linux/vm_sockets.h, which musl does not bring.
struct vsock_address {
    sa_family_t family;
    unsigned short reserved;
    unsigned int port;
    unsigned int cid;
    unsigned char zero[4];
};
_Static_assert(sizeof(struct vsock_address) == sizeof(struct sockaddr), "ABI of sockaddr_vm");

enum {
    cid_any = -1,
    end_wait_milliseconds = 5000, // how long vsock-dial waits for the peer to end
    poll_nanoseconds = 5000000,   // between two looks of watch-ready
    sample_count = 500,           // of sample-after-reset
    sample_milliseconds = 10,     // between two of them
};

static const char *error_name(int error)
{
    switch (error) {
    case EACCES: return "EACCES";
    case EADDRINUSE: return "EADDRINUSE";
    case EADDRNOTAVAIL: return "EADDRNOTAVAIL";
    case EAFNOSUPPORT: return "EAFNOSUPPORT";
    case EAGAIN: return "EAGAIN";
    case ECONNREFUSED: return "ECONNREFUSED";
    case ECONNRESET: return "ECONNRESET";
    case EHOSTUNREACH: return "EHOSTUNREACH";
    case ENETUNREACH: return "ENETUNREACH";
    case ENODEV: return "ENODEV";
    case ENOTCONN: return "ENOTCONN";
    case EPERM: return "EPERM";
    case EPIPE: return "EPIPE";
    case ETIMEDOUT: return "ETIMEDOUT";
    default: return strerror(error);
    }
}

static void print_hex(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%02x", bytes[i]);
}

static int is_ready(void)
{
    unsigned char byte;
    return getrandom(&byte, 1, GRND_NONBLOCK) == 1;
}

static int ready(void)
{
    puts(is_ready() ? "ready" : "not-ready");
    return 0;
}

static int read_number(const char *path)
{
    FILE *file = fopen(path, "r");
    int number = -1;
    if (file == NULL || fscanf(file, "%d", &number) != 1)
        fprintf(stderr, "probe: %s: no number\n", path);
    if (file != NULL)
        fclose(file);
    return number;
}

static int avail(void)
{
    printf("%d %d\n", read_number("/proc/sys/kernel/random/entropy_avail"),
           read_number("/proc/sys/kernel/random/poolsize"));
    return 0;
}

static int sample(size_t count)
{
    unsigned char bytes[256];
    if (count == 0 || count > sizeof bytes) {
        fprintf(stderr, "probe: sample takes 1 to %zu bytes\n", sizeof bytes);
        return 2;
    }
    // Up to 256 bytes come in one piece or not at all: getrandom(2).
    if (getrandom(bytes, count, GRND_NONBLOCK | GRND_INSECURE) != (ssize_t)count) {
        printf("%s\n", error_name(errno));
        return 1;
    }
    print_hex(bytes, count);
    putchar('\n');
    return 0;
}

static long milliseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

// Copies lines from stdin to stdout, each behind the nanoseconds at which it came.
static int stamp(void)
{
    char line[512];
    struct timespec now;
    while (fgets(line, sizeof line, stdin)) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        printf("%lld %s", now.tv_sec * 1000000000LL + now.tv_nsec, line);
        fflush(stdout);
    }
    return 0;
}

static int watch_ready(long seconds)
{
    long end = milliseconds(CLOCK_MONOTONIC) + seconds * 1000;
    const struct timespec pause = {.tv_nsec = poll_nanoseconds};
    while (!is_ready()) {
        if (milliseconds(CLOCK_MONOTONIC) >= end) {
            puts("never");
            return 1;
        }
        nanosleep(&pause, NULL);
    }
    printf("%ld\n", milliseconds(CLOCK_BOOTTIME));
    return 0;
}

// Reads until the peer ends the connection or the time is up; says how it ended.
static void print_what_comes(int socket)
{
    long end = milliseconds(CLOCK_MONOTONIC) + end_wait_milliseconds;
    const char *ending = "open";
    for (;;) {
        struct pollfd wait = {.fd = socket, .events = POLLIN};
        long left = end - milliseconds(CLOCK_MONOTONIC);
        if (left <= 0 || poll(&wait, 1, (int)left) <= 0)
            break;
        unsigned char bytes[512];
        ssize_t count = read(socket, bytes, sizeof bytes);
        if (count <= 0) {
            ending = count == 0 ? "EOF" : error_name(errno);
            break;
        }
        print_hex(bytes, (size_t)count);
    }
    printf("\n%s\n", ending);
}

// A connected socket, or -1 after a line that says why there is none.
static int vsock_connect(unsigned cid, unsigned port, unsigned source_port)
{
    int descriptor = socket(AF_VSOCK, SOCK_STREAM, 0);
    if (descriptor < 0) {
        printf("socket: %s\n", error_name(errno));
        return -1;
    }
    if (source_port != 0) {
        struct vsock_address own = {AF_VSOCK, 0, source_port, (unsigned)cid_any, {0}};
        if (bind(descriptor, (struct sockaddr *)&own, sizeof own) != 0) {
            printf("bind: %s\n", error_name(errno));
            return -1;
        }
    }
    struct vsock_address peer = {AF_VSOCK, 0, port, cid, {0}};
    if (connect(descriptor, (struct sockaddr *)&peer, sizeof peer) != 0) {
        printf("connect: %s\n", error_name(errno));
        return -1;
    }
    puts("connected");
    fflush(stdout);
    return descriptor;
}

static int vsock_dial(unsigned cid, unsigned port, unsigned source_port)
{
    int descriptor = vsock_connect(cid, port, source_port);
    if (descriptor < 0)
        return 1;
    print_what_comes(descriptor);
    return 0;
}

// What the generator gives once this machine's memory runs a second time: that is when a vsock
// connection is reset. Each line has the milliseconds of CLOCK_MONOTONIC and 4 bytes. Nothing is
// written meanwhile: each byte to a serial port costs an emulated hypervisor several exits.
static int sample_after_reset(unsigned cid, unsigned port)
{
    static struct {
        long when;
        uint32_t bytes;
    } samples[sample_count];
    struct pollfd reset = {.fd = vsock_connect(cid, port, 0)};
    if (reset.fd < 0)
        return 1;
    while (poll(&reset, 1, -1) <= 0)
        continue;
    for (size_t i = 0; i < sample_count; i++) {
        if (getrandom(&samples[i].bytes, 4, GRND_NONBLOCK | GRND_INSECURE) != 4)
            return 1;
        samples[i].when = milliseconds(CLOCK_MONOTONIC);
        poll(NULL, 0, sample_milliseconds);
    }
    for (size_t i = 0; i < sample_count; i++)
        printf("%ld %08x\n", samples[i].when, samples[i].bytes);
    puts("done");
    return 0;
}

static int drop_privileges(unsigned user, char **command)
{
    if (setgroups(0, NULL) != 0 || setgid(user) != 0 || setuid(user) != 0) {
        perror("probe: drop-privs");
        return 1;
    }
    execvp(command[0], command);
    perror(command[0]);
    return 127;
}

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 0);
}

int main(int count, char **arguments)
{
    const char *what = count > 1 ? arguments[1] : "";
    if (count == 2 && strcmp(what, "ready") == 0)
        return ready();
    if (count == 2 && strcmp(what, "avail") == 0)
        return avail();
    if (count == 3 && strcmp(what, "sample") == 0)
        return sample(number(arguments[2]));
    if (count == 2 && strcmp(what, "stamp") == 0)
        return stamp();
    if (count == 4 && strcmp(what, "sample-after-reset") == 0)
        return sample_after_reset(number(arguments[2]), number(arguments[3]));
    if (count == 3 && strcmp(what, "watch-ready") == 0)
        return watch_ready((long)number(arguments[2]));
    if ((count == 4 || count == 5) && strcmp(what, "vsock-dial") == 0)
        return vsock_dial(number(arguments[2]), number(arguments[3]),
                          count == 5 ? number(arguments[4]) : 0);
    if (count >= 4 && strcmp(what, "drop-privs") == 0)
        return drop_privileges(number(arguments[2]), arguments + 3);
    fputs("usage: probe ready | stamp | avail | sample BYTES | sample-after-reset CID PORT |\n"
          "             watch-ready SECONDS |\n"
          "             vsock-dial CID PORT [SOURCE-PORT] | drop-privs UID COMMAND [ARGUMENT...]\n",
          stderr);
    return 2;
}
