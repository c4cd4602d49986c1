/** How classes are made to ask the agent. */
package dev.keyturn.javaagent.weaving;
