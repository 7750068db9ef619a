// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#define _GNU_SOURCE 1
#include "CEntmeshLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int64_t entmesh_read(int32_t descriptor, void *out, size_t count) {
    ssize_t got;
    do {
        got = read(descriptor, out, count);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int64_t entmesh_write(int32_t descriptor, const void *bytes, size_t count) {
    ssize_t put;
    do {
        put = write(descriptor, bytes, count);
    } while (put < 0 && errno == EINTR);
    return put < 0 ? -errno : put;
}

void entmesh_close(int32_t descriptor) { close(descriptor); }

static int32_t open_directory(const char *path) {
    if (path == NULL) return AT_FDCWD;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory < 0 ? -errno : directory;
}

int64_t entmesh_file_read(const char *directory, const char *name, void *out, size_t count) {
    int32_t parent = open_directory(directory);
    if (directory != NULL && parent < 0) return parent;
    int file = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int64_t outcome = file < 0 ? -errno : entmesh_read(file, out, count);
    if (file >= 0) close(file);
    if (directory != NULL) close(parent);
    return outcome;
}

// Writes the whole file; a leftover of a killed predecessor goes first, so O_EXCL holds.
static int32_t write_new(int parent, const char *name, const void *bytes, size_t count) {
    unlinkat(parent, name, 0);
    int file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0) return -errno;
    // Whatever the umask is. Not fchmod(3): musl brings /proc into it.
    int64_t put = syscall(SYS_fchmod, file, 0644) < 0 ? -errno : entmesh_write(file, bytes, count);
    close(file);
    if (put < 0) return (int32_t)put;
    return (size_t)put == count ? 0 : -ENOSPC;
}

int32_t entmesh_file_replace(
    const char *directory, const char *name, const void *bytes, size_t count) {
    char draft[64] = ".";
    size_t length = strlen(name);
    if (1 + length + sizeof ".new" > sizeof draft) return -ENAMETOOLONG;
    memcpy(draft + 1, name, length);
    memcpy(draft + 1 + length, ".new", sizeof ".new");
    int32_t parent = open_directory(directory);
    if (directory != NULL && parent < 0) return parent;
    int32_t outcome = write_new(parent, draft, bytes, count);
    if (outcome == 0 && renameat(parent, draft, parent, name) < 0) outcome = -errno;
    if (outcome < 0) unlinkat(parent, draft, 0);
    if (directory != NULL) close(parent);
    return outcome;
}

int32_t entmesh_directory_make(const char *path) {
    if (mkdir(path, 0755) == 0 || errno == EEXIST) return 0;
    return -errno;
}

int32_t entmesh_file_identify(const char *path, struct entmesh_file_identity *out) {
    struct stat facts;
    if (stat(path, &facts) < 0) return -errno;
    out->inode = facts.st_ino;
    out->changed = (int64_t)facts.st_ctim.tv_sec * 1000000000 + facts.st_ctim.tv_nsec;
    return 0;
}
