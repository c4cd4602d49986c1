/**
 * What JDK classes see of the agent, and how it gets there. The build renames {@code Answers} to
 * {@code java.lang.KeyturnAnswers} and puts its bytes into {@link
 * dev.keyturn.javaagent.bootstrap.Baked}. What it needs to be given is in the system property
 * {@code keyturn.handover} for the moment of its initialization: that takes no reflection and
 * leaves no way in.
 */
package dev.keyturn.javaagent.bootstrap;
