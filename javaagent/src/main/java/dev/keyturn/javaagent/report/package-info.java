/** What the agent tells: problems, uses, events. No value is in any of it. */
package dev.keyturn.javaagent.report;
