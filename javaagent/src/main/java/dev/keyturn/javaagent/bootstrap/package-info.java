/**
 * What JDK classes see of the agent, and how it gets there. The build renames {@code Answers} to
 * {@code java.lang.KeyturnAnswers} and puts its bytes, and those of {@code Opener}, into {@link
 * dev.keyturn.javaagent.bootstrap.Baked}. What the two need to be given is in the system property
 * {@code keyturn.handover} for the moment of their initialization: that takes no reflection and
 * leaves no way in.
 */
package dev.keyturn.javaagent.bootstrap;
