package dev.keyturn.plan;

import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One entry of a plan's {@code secrets}: what to fetch and how to publish it.
 *
 * @param name the file's name in the mount: 1 to 50 of {@code [A-Za-z0-9._-]}, starting with a
 *     letter or digit
 * @param from where the secret is
 * @param format how the fields become a file; {@link Format#RAW} if and only if one field is chosen
 *     by the reference's key, unless the plan says otherwise
 * @param env environment names that the Java agent answers for, to the secret's keys; empty when
 *     the plan does not say: then the agent answers for {@code <NAME>_<KEY>}, see {@code
 *     docs/mount.md}
 * @param properties system properties that the Java agent answers for, to the secret's keys
 * @param mode the file's permissions; at most read and write for owner and group, read for others
 * @param owner the file's owner; empty for the writing process's own
 * @param containers the pod's containers that see the file; empty for all but the injected one
 * @param refresh how long a fetched version is taken as current where the source can only be
 *     polled; 1 s to 24 h
 * @param required whether the workload may not start without it
 */
public record SecretSpec(
    String name,
    Reference from,
    Format format,
    Optional<Map<String, String>> env,
    Map<String, String> properties,
    Set<PosixFilePermission> mode,
    Optional<Owner> owner,
    Set<String> containers,
    Duration refresh,
    boolean required) {}
