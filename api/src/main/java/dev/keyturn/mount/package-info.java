/**
 * Reads a mount (docs/mount.md), for {@code dev.keyturn.Secrets} and, relocated, for the Java
 * agent. Not an API: it changes with the mount's format. Java 8, no {@code java.nio.file}, no
 * logging, and few classes, since the agent loads them before the application starts.
 */
package dev.keyturn.mount;
