/**
 * Where stand-ins become secrets: {@link dev.keyturn.javaagent.sink.Sinks} has the list, and each
 * kind of place is one small class.
 */
package dev.keyturn.javaagent.sink;
