// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// The least that a guest agent can be, in C: connect, hello, level 0, then inject each block, say
// level and receipt. What entmesh-guest is measured against (bars N0, N6, N35); not for use: it
// checks little, wipes nothing and never reconnects.
//
//     musl-gcc -Os -static -o bare-agent bare-agent.c -idirafter /usr/include
//              -idirafter /usr/include/x86_64-linux-gnu
//     bare-agent guest --unix PATH        feed this kernel (needs CAP_SYS_ADMIN)
//     bare-agent guest --vsock CID PORT         says "reset" and "fed", and dials again
//     bare-agent host --vsock COUNT PORT        sends COUNT blocks to who dials, one at a time
//     bare-agent bench --unix PATH        end after the first block
//
// A guest prints the nanoseconds from connect() to the first injection; a host those from each
// block to its receipt, then waits for the next guest.

#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <linux/random.h>
#include <linux/vm_sockets.h>

enum { hello = 1, level = 2, transfer = 3, receipt = 4, heartbeat = 6, close_frame = 7 };
enum { header_size = 8, largest_block = 512, receipt_size = header_size + 7 };

static int fail(const char *what) {
    perror(what);
    exit(69);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static size_t frame(uint8_t *out, uint8_t type, const uint8_t *payload, uint16_t size) {
    const uint8_t header[header_size] = {'E', 'M', 1, type, (uint8_t)(size >> 8), (uint8_t)size};
    memcpy(out, header, header_size);
    memcpy(out + header_size, payload, size);
    return header_size + size;
}

static void put(int socket, const uint8_t *bytes, size_t count) {
    if (send(socket, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) fail("send");
}

// Whether all of it came; -1 with errno if the transport failed, 0 if the other end closed.
static int get(int socket, uint8_t *out, size_t count) {
    while (count > 0) {
        ssize_t got = read(socket, out, count);
        if (got <= 0) return (int)got;
        out += got;
        count -= (size_t)got;
    }
    return 1;
}

static int dial_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) exit(64);
    strcpy(address.sun_path, path);
    int result = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(result, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    return result;
}

static int dial_vsock(unsigned cid, unsigned port) {
    struct sockaddr_vm here = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY};
    struct sockaddr_vm there = {.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port};
    int result = socket(AF_VSOCK, SOCK_STREAM, 0);
    for (here.svm_port = 512; here.svm_port < 1024; here.svm_port++) {
        if (bind(result, (struct sockaddr *)&here, sizeof here) == 0) break;
        if (errno != EADDRINUSE) fail("bind");
    }
    if (connect(result, (struct sockaddr *)&there, sizeof there) < 0) {
        close(result);
        return -1;
    }
    return result;
}

// RNDADDENTROPY and RNDRESEEDCRNG; returns the outcome of a receipt.
static uint8_t inject(int random, const uint8_t *payload, size_t size, uint16_t *error) {
    struct {
        int bits, byte_count;
        uint8_t bytes[largest_block];
    } info;
    info.byte_count = (int)(size - 8);
    info.bits = 8 * info.byte_count;
    memcpy(info.bytes, payload + 8, size - 8);
    if (ioctl(random, RNDADDENTROPY, &info) < 0 || ioctl(random, RNDRESEEDCRNG) < 0) {
        *error = (uint16_t)errno;
        return 7;
    }
    return 2;
}

static void answer(int socket, const uint8_t *sequence, uint8_t outcome, uint16_t error, int first) {
    uint8_t out[header_size + 1 + receipt_size];
    size_t count = 0;
    if (first && outcome == 2) count = frame(out, level, (const uint8_t *)"\x64", 1);
    uint8_t payload[7] = {sequence[0], sequence[1], sequence[2], sequence[3], outcome,
        (uint8_t)(error >> 8), (uint8_t)error};
    count += frame(out + count, receipt, payload, sizeof payload);
    put(socket, out, count);
}

static void say_hello(int socket) {
    static const uint8_t payload[] = {1, 1, 0, 0, 2, 1, 0, 0, 0, 32, 4, 'b', 'a', 'r', 'e'};
    uint8_t out[header_size + sizeof payload];
    put(socket, out, frame(out, hello, payload, sizeof payload));
}

// Returns when the connection is over: -1 if the transport was reset.
static int serve(int socket, int random, int64_t began, int once) {
    uint8_t header[header_size], payload[8 + largest_block], out[header_size + 1];
    int first = 1;
    say_hello(socket);
    for (;;) {
        int there = get(socket, header, header_size);
        if (there <= 0) return there;
        size_t size = (size_t)header[4] << 8 | header[5];
        if (size > sizeof payload) exit(70);
        there = get(socket, payload, size);
        if (there <= 0) return there;
        if (header[3] == hello) put(socket, out, frame(out, level, (const uint8_t *)"\0", 1));
        if (header[3] == heartbeat) put(socket, out, frame(out, heartbeat, (const uint8_t *)"\1", 1));
        if (header[3] == close_frame) return 0;
        if (header[3] != transfer || size < 8) continue;
        uint16_t error = 0;
        uint8_t outcome = inject(random, payload, size, &error);
        int64_t injected = now();
        answer(socket, payload, outcome, error, first);
        if (first) printf("fed %lld\n", (long long)(injected - began));
        if (first) fflush(stdout);
        if (once) exit(outcome == 2 ? 0 : 77);
        first = 0;
    }
}

// The host's end: hello, then blocks one after the other, each timed to its receipt.
static void feed(int socket, long count) {
    static const uint8_t greeting[] = {1, 1, 1, 1, 0, 1, 0, 0x10, 0, 0, 4, 'b', 'a', 'r', 'e'};
    uint8_t out[header_size + 8 + 32], in[header_size + 512], block[8 + 32] = {0};
    put(socket, out, frame(out, hello, greeting, sizeof greeting));
    int greeted = 0;
    int64_t sent = 0;
    for (long number = 0; number <= count;) {
        if (get(socket, in, header_size) <= 0) return;
        uint8_t type = in[3];
        if (get(socket, in, (size_t)in[4] << 8 | in[5]) <= 0) return;
        if (type == receipt) printf("%lld\n", (long long)(now() - sent));
        if (type == receipt || (type == level && !greeted)) {
            greeted = 1;
            if (++number > count) break;
            // As far apart as an operator's reseeds of our own agent, which nested.py measures
            // meanwhile: both wake what slept for as long.
            struct timespec pause = {0, 600 * 1000 * 1000};
            if (number > 1) nanosleep(&pause, NULL);
            block[3] = (uint8_t)number;
            block[2] = (uint8_t)(number >> 8);
            block[6] = 1;
            block[8] = (uint8_t)number;
            sent = now();
            put(socket, out, frame(out, transfer, block, sizeof block));
        }
    }
    fflush(stdout);
    // Stays until the guest goes: a restore must have something to reset.
    while (get(socket, in, 1) > 0) continue;
}

static void host(long count, unsigned port) {
    struct sockaddr_vm here = {
        .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port};
    int listener = socket(AF_VSOCK, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0) fail("bind");
    if (listen(listener, 8) < 0) fail("listen");
    for (;;) {
        int guest = accept(listener, NULL, NULL);
        if (guest < 0) fail("accept");
        feed(guest, count);
        close(guest);
    }
}

static void guest_for_ever(int random, unsigned cid, unsigned port) {
    for (;;) {
        int64_t began = now();
        int socket = dial_vsock(cid, port);
        int ended = socket < 0 ? 0 : serve(socket, random, began, 0);
        if (socket >= 0) close(socket);
        if (ended < 0) {
            puts("reset");
            fflush(stdout);
            continue;
        }
        struct timespec pause = {0, 200 * 1000 * 1000};
        nanosleep(&pause, NULL);
    }
}

int main(int count, char **words) {
    int is_unix = count == 4 && strcmp(words[2], "--unix") == 0;
    int is_vsock = count == 5 && strcmp(words[2], "--vsock") == 0;
    if (!is_unix && !is_vsock) {
        fputs("usage: bare-agent guest|bench --unix PATH | guest --vsock CID PORT |\n"
              "       bare-agent host --vsock COUNT PORT\n", stderr);
        return 64;
    }
    if (is_vsock && strcmp(words[1], "host") == 0) host(atol(words[3]), (unsigned)atoi(words[4]));
    int random = open("/dev/random", O_RDONLY);
    if (random < 0) fail("/dev/random");
    if (is_vsock) guest_for_ever(random, (unsigned)atoi(words[3]), (unsigned)atoi(words[4]));
    int64_t began = now();
    int socket = dial_unix(words[3]);
    return serve(socket, random, began, strcmp(words[1], "bench") == 0) < 0 ? 69 : 0;
}
