/**
 * What an application holds in place of a secret, and what that becomes. The agent keeps no value
 * on the heap for longer than a call: files stay in direct memory, which no heap dump shows.
 */
package dev.keyturn.javaagent.standin;
