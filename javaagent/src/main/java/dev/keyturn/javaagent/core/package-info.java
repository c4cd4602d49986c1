/**
 * The agent: what it answers, how System is made to ask, and the thread that follows the mount. All
 * of it may run before the application starts: no {@code java.nio.file}, logging, JMX, regular
 * expressions, lambdas or string formatting.
 */
package dev.keyturn.javaagent.core;
