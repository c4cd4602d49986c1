package dev.keyturn.tmpfs;

import java.nio.file.attribute.PosixFilePermission;
import java.util.OptionalInt;
import java.util.Set;

/**
 * One file of a generation.
 *
 * @param name the stable name that applications open: 1 to 50 of {@code [A-Za-z0-9._-]}, starting
 *     with a letter, a digit or one dot
 * @param content the bytes; owned by the caller, who wipes them when {@link Mount#publish} has
 *     returned
 * @param permissions in force before the content is there; the owner at least may read
 * @param uid the owner by number; empty for the writing process's own
 * @param gid the group by number; empty for the one that new files get in the mount
 * @param facts what the manifest says about it
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; prints no content
public record SecretFile(
    String name,
    byte[] content,
    Set<PosixFilePermission> permissions,
    OptionalInt uid,
    OptionalInt gid,
    FileFacts facts) {}
