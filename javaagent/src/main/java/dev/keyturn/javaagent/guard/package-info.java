/** Keeps values, and stand-ins that nothing replaces, from leaving the JVM unseen. */
package dev.keyturn.javaagent.guard;
