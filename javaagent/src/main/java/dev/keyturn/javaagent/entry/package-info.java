/** What the JVM calls first: JDK types only. */
package dev.keyturn.javaagent.entry;
