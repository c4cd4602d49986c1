/** Pools of connections, whose old ones are retired softly after a rotation. */
package dev.keyturn.javaagent.pool;
