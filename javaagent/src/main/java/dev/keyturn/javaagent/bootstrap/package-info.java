/**
 * What JDK classes see of the agent. The build renames {@link
 * dev.keyturn.javaagent.bootstrap.Answers} to {@code java.lang.KeyturnAnswers} and puts its bytes
 * into {@link dev.keyturn.javaagent.bootstrap.AnswersClass}.
 */
package dev.keyturn.javaagent.bootstrap;
