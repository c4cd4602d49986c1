/** What the JVM calls first, and the loader of all the rest: JDK types only. */
package dev.keyturn.javaagent.entry;
