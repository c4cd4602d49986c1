package dev.keyturn.sidecar.usage;

import java.util.Map;

/**
 * What the Java agent of one process says that it uses. Its word for it: another process of the
 * same container could have written this.
 *
 * @param container as the pod calls it
 * @param process its id in its container
 * @param inUse the version of each secret that was used last; a secret that was not used is absent
 * @param loaded the version of each secret that would be used next
 * @param failures of the agent's own, which it kept from the application
 * @param leaksBlocked values that were on their way to a log or a child process
 */
public record Acknowledgement(
    String container,
    int process,
    Map<String, String> inUse,
    Map<String, String> loaded,
    long failures,
    long leaksBlocked) {}
