"""Looks for a value everywhere on a node where it must not be: files, processes, logs, mounts."""

import base64
import os
import pathlib


def forms(value):
    """The byte strings that give a value away: itself, and what base64 makes of it at each of the three alignments."""
    raw = value.encode()
    found = {raw, value.encode("utf-16-le")}
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw)
        # Characters that also hold bits of a neighbour are cut off.
        first, last = (0, 2, 3)[shift], len(whole) - (0 if (shift + len(raw)) % 3 == 0 else 4)
        found |= {whole[first:last], base64.urlsafe_b64encode(b"\0" * shift + raw)[first:last]}
    return found


def holds(data, value):
    return any(form in data for form in forms(value))


def file_system_types():
    """Device number to file system type, of everything mounted."""
    types = {}
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        major, minor = fields[2].split(":")
        types[os.makedev(int(major), int(minor))] = fields[fields.index("-") + 1]
    return types


def files(root, value, since, memory=False):
    """Files under root that hold the value: those on a disk, or with memory=True those on a tmpfs.

    Files whose inode was last changed before `since` (seconds since 1970) are left out: nobody can write to a file without moving its ctime.
    """
    types = file_system_types()
    found = []
    for directory, subdirectories, names in os.walk(root):
        in_memory = types.get(os.lstat(directory).st_dev) in ("tmpfs", "ramfs")
        for name in names if in_memory == memory else ():
            path = os.path.join(directory, name)
            try:
                status = os.lstat(path)
                if status.st_ctime >= since and os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as file:
                        if holds(file.read(), value):
                            found.append(path)
            except FileNotFoundError:
                pass  # gone since it was listed
    return found


def processes(value, what):
    """Processes of the whole node whose environ or cmdline holds the value."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if holds((process / what).read_bytes(), value):
                found.append(f"{process}/{what} ({(process / 'comm').read_text().strip()})")
        except (FileNotFoundError, ProcessLookupError):
            pass  # ended since it was listed
        except PermissionError:
            # The machine's own first process may be out of reach; a container's may not.
            if "kubepods" in (process / "cgroup").read_text():
                raise
    return found


def mounts_with(text):
    return [line for line in pathlib.Path("/proc/self/mounts").read_text().splitlines() if text in line]


def with_argument(text):
    """Processes of the whole node that were started with this argument."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass  # ended since it was listed, or the machine's own
    return found
